#include "capture/proxy/http_body.h"

#include <algorithm>
#include <charconv>

#include "decode/ascii.h"
#include "decode/http_fields.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kLength = "Content-Length", kCoding = "Transfer-Encoding";
constexpr unsigned kMostSizeDigits = 15;                      // fits 64 bits
constexpr std::size_t kMostExtension = 4'096;                 // bytes of one chunk's
constexpr std::size_t kMostTrailers = std::size_t{64} << 10;  // bytes in all

bool is_text(char c) {
  return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t';
}

// Whether "chunked" is the last coding and no other (RFC 9112 §6.1).
bool ends_chunked(std::string_view codings) {
  constexpr std::string_view kChunked = "chunked";
  if (codings.size() < kChunked.size()) return false;
  const std::string_view last = codings.substr(codings.size() - kChunked.size());
  if (!equals_ignoring_case(last, kChunked)) return false;
  std::string_view others = codings.substr(0, codings.size() - kChunked.size());
  while (!others.empty()) {
    const std::size_t comma = others.find(',');
    if (comma == std::string_view::npos) return trim_ows(others).empty();
    const std::string_view coding = trim_ows(others.substr(0, comma));
    if (equals_ignoring_case(coding, kChunked) || !is_token(coding)) return false;
    others.remove_prefix(comma + 1);
  }
  return true;
}

}  // namespace

BodyReader::BodyReader(BodyFraming framing, std::uint64_t length)
    : framing_(framing), done_(framing == BodyFraming::length && length == 0), remaining_(length) {}

Result<BodyReader> BodyReader::by_length(const HttpHead& head) {
  if (head.count(kLength) != 1) {
    return Error{"it has several Content-Length fields (RFC 9112 §6.3)"};
  }
  const std::string_view text = head.field(kLength);
  std::int64_t length = -1;
  const char* end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, length);
  if (error != std::errc() || parsed != end || length < 0 || text.front() == '-') {
    return Error{"its Content-Length is not a number (RFC 9112 §6.3)"};
  }
  return BodyReader(BodyFraming::length, static_cast<std::uint64_t>(length));
}

Result<BodyReader> BodyReader::by_coding(const HttpHead& head, unsigned minor) {
  if (head.count(kLength) > 0) {
    return Error{"it has both Content-Length and Transfer-Encoding (RFC 9112 §6.1)"};
  }
  if (minor == 0) return Error{"HTTP/1.0 has no Transfer-Encoding (RFC 9112 §6.1)"};
  if (head.count(kCoding) != 1 || !ends_chunked(head.field(kCoding))) {
    return Error{"its Transfer-Encoding does not end with one \"chunked\" (RFC 9112 §6.1)"};
  }
  return BodyReader(BodyFraming::chunked, 0);
}

Result<BodyReader> BodyReader::of_request(const HttpHead& head, unsigned minor) {
  if (head.count(kCoding) > 0) return by_coding(head, minor);
  if (head.count(kLength) > 0) return by_length(head);
  return BodyReader();
}

Result<BodyReader> BodyReader::of_response(const HttpHead& head, const StatusLine& status,
                                           std::string_view method) {
  const bool coded = head.count(kCoding) > 0, counted = head.count(kLength) > 0;
  Result<BodyReader> declared = coded     ? by_coding(head, status.minor)
                                : counted ? by_length(head)
                                          : BodyReader(BodyFraming::until_close, 0);
  if (!declared) return declared;
  if (status.status < 200 || status.status == 204) {
    if (coded || (counted && !declared->done())) {
      return Error{"a response with status " + std::to_string(status.status) +
                   " declares content (RFC 9112 §6.3)"};
    }
    return BodyReader();
  }
  if (status.status == 304 || method == "HEAD") return BodyReader();
  return declared;
}

std::size_t BodyReader::take(Bytes bytes) {
  if (done_ || broken()) return 0;
  if (framing_ == BodyFraming::until_close) return bytes.size();
  std::size_t taken = 0;
  while (taken < bytes.size() && !done_) {
    if (framing_ == BodyFraming::length || part_ == Part::data) {
      const auto piece =
          static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, bytes.size() - taken));
      taken += piece;
      remaining_ -= piece;
      if (remaining_ > 0) break;
      done_ = framing_ == BodyFraming::length;
      part_ = Part::data_cr;
      continue;
    }
    if (!chunked_byte(static_cast<char>(bytes[taken]))) {
      if (!broken()) problem_ = "its chunked content is malformed (RFC 9112 §7.1)";
      break;
    }
    ++taken;
  }
  return taken;
}

bool BodyReader::expect(char byte, char wanted, Part next) {
  part_ = next;
  return byte == wanted;
}

bool BodyReader::chunked_byte(char byte) {
  switch (part_) {
    case Part::size:
      return size_byte(byte);
    case Part::extension:
      if (byte == '\r') return expect(byte, '\r', Part::size_lf);
      return is_text(byte) && ++line_bytes_ <= kMostExtension;
    case Part::size_lf:
      digits_ = 0;
      line_bytes_ = 0;
      return expect(byte, '\n', remaining_ > 0 ? Part::data : Part::trailer);
    case Part::data_cr:
      return expect(byte, '\r', Part::data_lf);
    case Part::data_lf:
      return expect(byte, '\n', Part::size);
    case Part::last_lf:
      done_ = byte == '\n';
      return done_;
    case Part::data:
      return false;
    case Part::trailer:
    case Part::trailer_name:
    case Part::trailer_value:
    case Part::trailer_lf:
      break;
  }
  return trailer_byte(byte);
}

bool BodyReader::size_byte(char byte) {
  const int value = hex_value(byte);
  if (value >= 0) {
    remaining_ = remaining_ << 4 | static_cast<std::uint64_t>(value);
    return ++digits_ <= kMostSizeDigits;
  }
  if (digits_ == 0) return false;
  if (byte == '\r') return expect(byte, '\r', Part::size_lf);
  return expect(byte, ';', Part::extension);
}

bool BodyReader::trailer_byte(char byte) {
  if (++line_bytes_ > kMostTrailers) return false;
  switch (part_) {
    case Part::trailer:
      if (byte == '\r') return expect(byte, '\r', Part::last_lf);
      part_ = Part::trailer_name;
      return is_token({&byte, 1});
    case Part::trailer_name:
      if (byte == ':') return expect(byte, ':', Part::trailer_value);
      return is_token({&byte, 1});
    case Part::trailer_value:
      if (byte == '\r') return expect(byte, '\r', Part::trailer_lf);
      return is_text(byte);
    default:
      return expect(byte, '\n', Part::trailer);
  }
}

}  // namespace mpsdscope

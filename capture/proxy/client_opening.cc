#include "capture/proxy/client_opening.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "capture/proxy/http_head.h"
#include "decode/protocol_signature.h"

namespace mpsdscope {
namespace {

constexpr std::uint8_t kHandshakeRecord = 22;  // RFC 8446 §5.1
constexpr std::size_t kRecordHeader = 5;
constexpr std::size_t kMaxFragment = 1 << 14;
constexpr unsigned kMajorVersion = 3;

}  // namespace

ClientOpening::Kind ClientOpening::read(Bytes bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  if (kind_ == Kind::undecided) kind_ = decide();
  return kind_;
}

bool ClientOpening::is_hello() const {
  return !bytes_.empty() && bytes_.front() == kHandshakeRecord;
}

ClientOpening::Kind ClientOpening::decide() {
  if (bytes_.empty()) return Kind::undecided;
  if (is_hello()) return read_hello();
  const Signature signature = identify(bytes_);
  switch (signature.protocol) {
    case Protocol::undecided:
      return bytes_.size() < max_bytes_ ? Kind::undecided : Kind::other;
    case Protocol::http1:
    case Protocol::http2:
      return signature.sender == Direction::to_server ? Kind::http : Kind::other;
    default:
      return Kind::other;
  }
}

// A ClientHello may be spread over several records.
ClientOpening::Kind ClientOpening::read_hello() {
  while (scanned_ < bytes_.size()) {
    const Bytes rest = Bytes(bytes_).subspan(scanned_);
    if (record_left_ == 0) {
      ByteReader header(rest);
      const std::uint8_t type = header.u8();
      const std::uint16_t version = header.u16();
      record_left_ = header.u16();
      if (!header.ok()) {
        record_left_ = 0;
        break;
      }
      if (version >> 8 != kMajorVersion) return scanned_ == 0 ? Kind::other : Kind::damaged;
      if (type != kHandshakeRecord) return Kind::damaged;
      if (record_left_ == 0 || record_left_ > kMaxFragment) return Kind::damaged;
      scanned_ += kRecordHeader;
      continue;
    }
    Bytes fragment = rest.first(std::min(record_left_, rest.size()));
    const std::size_t before = fragment.size();
    const auto message = reader_.next(fragment);
    if (message) {
      if (message->type != HandshakeType::client_hello) return Kind::damaged;
      const std::optional<ClientHello> hello = parse_client_hello(message->body);
      if (!hello) return Kind::damaged;
      hello_ = *hello;
      return Kind::tls;
    }
    if (reader_.damaged()) return Kind::damaged;
    scanned_ += before - fragment.size();
    record_left_ -= before - fragment.size();
  }
  return bytes_.size() < max_bytes_ ? Kind::undecided : Kind::damaged;
}

bool ClientOpening::head_complete() {
  return bytes_.size() >= max_bytes_ || head_length(as_text(bytes_), scanned_) > 0 ||
         identify(bytes_).protocol == Protocol::http2;
}

std::string ClientOpening::http_host() const {
  std::size_t scanned = 0;
  const std::string_view text = as_text(bytes_);
  const Result<HttpHead> head = parse_head(text.substr(0, head_length(text, scanned)));
  return head ? host_of_authority(head.value().field("Host")) : "";
}

ClientOpening::RequestTarget ClientOpening::request() const {
  const std::string_view text = as_text(bytes_);
  const Result<RequestLine> line = parse_request_line(text.substr(0, text.find("\r\n")));
  if (!line) return {};
  return {std::string(line.value().method), std::string(line.value().target)};
}

std::string host_of_authority(std::string_view authority) {
  std::string_view host = authority;
  if (!host.empty() && host.front() == '[') {
    host = host.substr(1, host.find(']') - 1);
  } else if (std::count(host.begin(), host.end(), ':') == 1) {
    host = host.substr(0, host.find(':'));
  }
  std::string lower(host);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace mpsdscope

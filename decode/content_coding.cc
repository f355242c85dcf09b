#include "decode/content_coding.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include "decode/bytes.h"
#include "decode/exchange.h"
#include "decode/result.h"

namespace mpsdscope {
namespace {

using Outcome = DecodedContent::Outcome;

// No sender stacks more; each costs a pass over up to max_output bytes.
constexpr std::size_t kMaxCodings = 4;

// RFC 9659 §3: a zstd content coding must not need a window above 8 MiB.
constexpr int kZstdWindowLog = 23;

// Output that grows as it fills. It may reach one byte more than the cap: that byte proves that the
// cap was not enough.
class Output {
 public:
  // `total` counts what is produced.
  Output(std::size_t input_size, std::size_t cap, std::uint64_t& total) : cap_(cap), total_(total) {
    text_.resize(std::min(cap_ + 1, std::max<std::size_t>(4 * input_size, 256)));
  }
  std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(text_.data()) + used_; }
  std::size_t room() const { return text_.size() - used_; }
  void produced(std::size_t n) {
    used_ += n;
    total_ += n;
  }
  bool over_cap() const { return used_ > cap_; }
  void make_room() {
    if (room() == 0) text_.resize(std::min(cap_ + 1, text_.size() * 2));
  }
  DecodedContent take() {
    text_.resize(used_);
    return {Outcome::decoded, std::move(text_), "", 0};
  }

 private:
  std::string text_;
  std::size_t used_ = 0;
  std::size_t cap_;
  std::uint64_t& total_;
};

DecodedContent failed(std::string reason) {
  return {Outcome::failed, "", std::move(reason), 0};
}
DecodedContent over_cap(std::size_t cap) {
  return {Outcome::over_limit, "",
          "the decoded body exceeds the limit of " + std::to_string(cap) + " bytes", 0};
}
DecodedContent damaged(std::string_view coding) {
  return failed("damaged " + std::string(coding) + " data");
}
DecodedContent cut(std::string_view coding) {
  return failed(std::string(coding) + " data ends too early");
}

class Inflater {
 public:
  explicit Inflater(int window_bits) { ok_ = inflateInit2(&stream_, window_bits) == Z_OK; }
  ~Inflater() {
    if (ok_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  bool ok() const { return ok_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool ok_ = false;
};

constexpr int kGzip = 15 + 16, kZlib = 15, kRaw = -15;  // window bits as zlib wants them

// RFC 1952 §2.2: a gzip file is a series of members. Padding with zeros behind it is common.
bool only_padding(std::string_view rest) {
  return std::all_of(rest.begin(), rest.end(), [](char c) { return c == '\0'; });
}

DecodedContent inflate_body(std::string_view coding, int format, std::string_view body,
                            std::size_t cap, std::uint64_t& total) {
  Inflater inflater(format);
  if (!inflater.ok()) return failed("out of memory for " + std::string(coding));
  z_stream& stream = inflater.stream();
  Output output(body.size(), cap, total);
  while (true) {
    output.make_room();
    const auto step = static_cast<uInt>(std::min<std::size_t>(body.size(), 1u << 30));
    const auto room = static_cast<uInt>(std::min<std::size_t>(output.room(), 1u << 30));
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
    stream.avail_in = step;
    stream.next_out = output.data();
    stream.avail_out = room;
    const int status = inflate(&stream, Z_NO_FLUSH);
    body.remove_prefix(step - stream.avail_in);
    output.produced(room - stream.avail_out);
    if (output.over_cap()) return over_cap(cap);
    if (status == Z_STREAM_END) {
      if (body.empty() || (format == kGzip && only_padding(body))) return output.take();
      if (format != kGzip || inflateReset(&stream) != Z_OK) return damaged(coding);
    } else if (status == Z_BUF_ERROR || (status == Z_OK && body.empty() && stream.avail_out > 0)) {
      return cut(coding);
    } else if (status != Z_OK) {
      return damaged(coding);
    }
  }
}

DecodedContent decode_gzip(std::string_view body, std::size_t cap, std::uint64_t& total) {
  return inflate_body("gzip", kGzip, body, cap, total);
}

// RFC 1950 §2.2: method 8, and a check that makes the first two bytes a multiple of 31.
bool has_zlib_header(std::string_view body) {
  const Bytes bytes = as_bytes(body);
  return bytes.size() >= 2 && (bytes[0] & 0x0f) == 8 && (bytes[0] << 8 | bytes[1]) % 31 == 0;
}

// RFC 9110 §8.4.1.2: "deflate" is the zlib format; some senders leave its header out.
DecodedContent decode_deflate(std::string_view body, std::size_t cap, std::uint64_t& total) {
  if (!has_zlib_header(body)) return inflate_body("deflate", kRaw, body, cap, total);
  DecodedContent with_header = inflate_body("deflate", kZlib, body, cap, total);
  if (with_header.outcome != Outcome::failed) return with_header;
  DecodedContent raw = inflate_body("deflate", kRaw, body, cap, total);
  return raw.outcome == Outcome::decoded ? raw : with_header;
}

DecodedContent decode_brotli(std::string_view body, std::size_t cap, std::uint64_t& total) {
  const std::unique_ptr<BrotliDecoderState, decltype(&BrotliDecoderDestroyInstance)> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), &BrotliDecoderDestroyInstance);
  if (!state) return failed("out of memory for br");
  Output output(body.size(), cap, total);
  auto next_in = reinterpret_cast<const std::uint8_t*>(body.data());
  std::size_t avail_in = body.size();
  while (true) {
    output.make_room();
    std::size_t room = output.room();
    std::uint8_t* next_out = output.data();
    const BrotliDecoderResult status =
        BrotliDecoderDecompressStream(state.get(), &avail_in, &next_in, &room, &next_out, nullptr);
    output.produced(output.room() - room);
    if (output.over_cap()) return over_cap(cap);
    if (status == BROTLI_DECODER_RESULT_SUCCESS) {
      if (avail_in > 0) return damaged("br");
      return output.take();
    }
    if (status == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT) return cut("br");
    if (status == BROTLI_DECODER_RESULT_ERROR) return damaged("br");
  }
}

DecodedContent decode_zstd(std::string_view body, std::size_t cap, std::uint64_t& total) {
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> state(ZSTD_createDCtx(),
                                                                   &ZSTD_freeDCtx);
  if (!state) return failed("out of memory for zstd");
  ZSTD_DCtx_setParameter(state.get(), ZSTD_d_windowLogMax, kZstdWindowLog);
  Output output(body.size(), cap, total);
  ZSTD_inBuffer in{body.data(), body.size(), 0};
  while (true) {
    output.make_room();
    ZSTD_outBuffer out{output.data(), output.room(), 0};
    const std::size_t status = ZSTD_decompressStream(state.get(), &out, &in);
    output.produced(out.pos);
    if (output.over_cap()) return over_cap(cap);
    if (ZSTD_isError(status)) return damaged("zstd");
    if (in.pos == in.size && out.pos < out.size) {
      if (status != 0) return cut("zstd");  // 0: the end of a frame (RFC 8878 §3.1)
      return output.take();
    }
  }
}

using Decode = DecodedContent (*)(std::string_view, std::size_t, std::uint64_t&);
struct Coding {
  std::string_view name;
  Decode decode;  // null: nothing to do
};

// RFC 9110 §18.6 (IANA content coding registry), RFC 8478 zstd, RFC 7932 br.
constexpr Coding kCodings[] = {{"gzip", decode_gzip},       {"x-gzip", decode_gzip},
                               {"deflate", decode_deflate}, {"br", decode_brotli},
                               {"zstd", decode_zstd},       {"identity", nullptr}};

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

Result<std::vector<Decode>> read_list(std::string_view list) {
  std::vector<Decode> decoders;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view name = trim(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (name.empty()) continue;
    const auto coding =
        std::find_if(std::begin(kCodings), std::end(kCodings),
                     [&](const Coding& c) { return equals_ignoring_case(c.name, name); });
    if (coding == std::end(kCodings)) {
      return Error{"unknown content coding \"" + std::string(name.substr(0, 40)) + "\""};
    }
    if (coding->decode) decoders.push_back(coding->decode);
    if (decoders.size() > kMaxCodings) return Error{"too many content codings"};
  }
  return decoders;
}

}  // namespace

DecodedContent decode_content(std::string_view content_encoding, std::string_view body,
                              std::size_t max_output) {
  const auto decoders = read_list(content_encoding);
  if (!decoders) return failed(decoders.error().message);
  std::uint64_t produced = 0;
  DecodedContent decoded;
  // RFC 9110 §8.4: listed in the order applied, so the last comes off first.
  for (auto decode = decoders->rbegin(); decode != decoders->rend(); ++decode) {
    const bool first = decode == decoders->rbegin();
    decoded = (*decode)(first ? body : std::string_view(decoded.body), max_output, produced);
    decoded.produced = produced;
    if (decoded.outcome != Outcome::decoded) return decoded;
  }
  if (!decoders->empty()) return decoded;
  if (body.size() > max_output) return over_cap(max_output);
  decoded.body = body;
  return decoded;
}

}  // namespace mpsdscope

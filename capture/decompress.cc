// Streaming decompression of gzip and zstd input.
#include <algorithm>
#include <array>
#include <utility>

#include <zlib.h>
#include <zstd.h>

#include "capture/byte_source.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kInputSize = std::size_t{64} << 10;

bool is_gzip(Bytes beginning) {
  return beginning.size() >= 3 && beginning[0] == 0x1f && beginning[1] == 0x8b && beginning[2] == 8;
}

// A frame, or a skippable frame, as parallel compressors put in front.
bool is_zstd(Bytes beginning) {
  if (beginning.size() < 4) return false;
  const bool frame = beginning[0] == 0x28 && beginning[1] == 0xb5;
  const bool skippable = (beginning[0] & 0xf0) == 0x50 && beginning[1] == 0x2a;
  return (frame && beginning[2] == 0x2f && beginning[3] == 0xfd) ||
         (skippable && beginning[2] == 0x4d && beginning[3] == 0x18);
}

// What both have in common: a buffer of compressed bytes that is refilled when it is used up.
class CompressedSource : public ByteSource {
 public:
  explicit CompressedSource(std::unique_ptr<ByteSource> source)
      : source_(std::move(source)), input_(kInputSize) {}

  std::uint64_t stored_bytes_read() const override { return source_->stored_bytes_read(); }
  bool compressed() const override { return true; }

 protected:
  // The compressed bytes not yet used, at least one unless the input ended.
  Bytes input() {
    if (rest_.empty()) rest_ = Bytes(input_).first(source_->read(input_));
    return rest_;
  }
  void used(std::size_t count) { rest_ = rest_.subspan(count); }
  void finish() { finished_ = true; }
  bool finished() const { return finished_; }
  void fail(const std::string& problem) {
    set_problem(source_->problem().empty() ? problem : source_->problem());
    finish();
  }

 private:
  std::unique_ptr<ByteSource> source_;
  std::vector<std::uint8_t> input_;
  Bytes rest_;
  bool finished_ = false;
};

class GzipSource final : public CompressedSource {
 public:
  explicit GzipSource(std::unique_ptr<ByteSource> source) : CompressedSource(std::move(source)) {
    constexpr int kGzipOnly = 16;
    if (::inflateInit2(&stream_, MAX_WBITS + kGzipOnly) != Z_OK) fail("out of memory");
  }
  ~GzipSource() override { ::inflateEnd(&stream_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

 private:
  std::size_t fill(std::span<std::uint8_t> out) override {
    std::size_t filled = 0;
    while (filled < out.size() && !finished()) {
      const Bytes in = input();
      if (in_member_ ? in.empty() : !begin_member(in)) {
        if (in_member_) fail("its gzip data is cut short");
        break;
      }
      stream_.next_in = const_cast<Bytef*>(in.data());  // zlib does not write to it
      stream_.avail_in = static_cast<uInt>(in.size());
      stream_.next_out = out.data() + filled;
      stream_.avail_out =
          static_cast<uInt>(std::min<std::size_t>(out.size() - filled, std::size_t{1} << 30));
      const std::size_t room = stream_.avail_out;
      const int status = ::inflate(&stream_, Z_NO_FLUSH);
      filled += room - stream_.avail_out;
      used(in.size() - stream_.avail_in);
      if (status == Z_STREAM_END) {
        in_member_ = false;
        ::inflateReset(&stream_);
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        fail("its gzip data is damaged");
      }
    }
    return filled;
  }

  // Whether another member begins here. Zeros after the last one are padding, as tapes have it.
  bool begin_member(Bytes in) {
    while (!in.empty() && in.front() == 0 && members_ > 0) {
      used(static_cast<std::size_t>(
          std::find_if(in.begin(), in.end(), [](std::uint8_t byte) { return byte != 0; }) -
          in.begin()));
      in = input();
    }
    if (in.empty()) {
      fail("");
      return false;
    }
    if (in.front() != 0x1f) {
      fail("something that is not gzip follows its gzip data");
      return false;
    }
    ++members_;
    return in_member_ = true;
  }

  z_stream stream_{};
  bool in_member_ = false;
  std::uint64_t members_ = 0;
};

class ZstdSource final : public CompressedSource {
 public:
  explicit ZstdSource(std::unique_ptr<ByteSource> source)
      : CompressedSource(std::move(source)), stream_(::ZSTD_createDStream()) {
    if (stream_ == nullptr) fail("out of memory");
  }
  ~ZstdSource() override { ::ZSTD_freeDStream(stream_); }
  ZstdSource(const ZstdSource&) = delete;
  ZstdSource& operator=(const ZstdSource&) = delete;

 private:
  std::size_t fill(std::span<std::uint8_t> out) override {
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    while (output.pos < output.size && !finished()) {
      const Bytes in = input();
      const std::size_t before = output.pos;
      ZSTD_inBuffer piece{in.data(), in.size(), 0};
      // Also without input: a frame may still hold back output.
      const std::size_t status = ::ZSTD_decompressStream(stream_, &output, &piece);
      used(piece.pos);
      if (::ZSTD_isError(status) != 0) {
        fail(in_frame_ || frames_ == 0
                 ? std::string("its zstd data is damaged: ") + ::ZSTD_getErrorName(status)
                 : "something that is not zstd follows its zstd data");
      } else if (in.empty() && output.pos == before) {
        fail(in_frame_ ? "its zstd data is cut short" : "");
      } else {
        in_frame_ = status != 0;
        if (!in_frame_) ++frames_;
      }
    }
    return output.pos;
  }

  ZSTD_DStream* stream_;
  bool in_frame_ = false;
  std::uint64_t frames_ = 0;
};

}  // namespace

std::unique_ptr<ByteSource> decompressed(std::unique_ptr<ByteSource> source) {
  const Bytes beginning = source->peek(4);
  if (is_gzip(beginning)) return std::make_unique<GzipSource>(std::move(source));
  if (is_zstd(beginning)) return std::make_unique<ZstdSource>(std::move(source));
  return source;
}

}  // namespace mpsdscope

#include "capture/byte_source.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>

namespace mpsdscope {
namespace {

std::string reason(int error) {
  return std::string("cannot be read on: ") + std::strerror(error);
}

class FileSource final : public ByteSource {
 public:
  FileSource(std::shared_ptr<const FileDescriptor> file, std::uint64_t offset)
      : file_(std::move(file)), begin_(offset), offset_(offset) {
    ::posix_fadvise(file_->get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  }

  std::uint64_t stored_bytes_read() const override { return offset_ - begin_; }

 private:
  std::size_t fill(std::span<std::uint8_t> out) override {
    std::size_t filled = 0;
    while (filled < out.size()) {
      const ssize_t got = ::pread(file_->get(), out.data() + filled, out.size() - filled,
                                  static_cast<off_t>(offset_));
      if (got == 0) break;
      if (got < 0) {
        if (errno == EINTR) continue;
        set_problem(reason(errno));
        break;
      }
      filled += static_cast<std::size_t>(got);
      offset_ += static_cast<std::uint64_t>(got);
    }
    return filled;
  }

  bool seek_forward(std::uint64_t count) override {
    // A block's length is a 32-bit number: the sum stays far below what off_t holds.
    offset_ += count;
    return true;
  }

  std::shared_ptr<const FileDescriptor> file_;
  std::uint64_t begin_;
  std::uint64_t offset_;
};

class PipeSource final : public ByteSource {
 public:
  explicit PipeSource(std::shared_ptr<const FileDescriptor> pipe) : pipe_(std::move(pipe)) {}

  std::uint64_t stored_bytes_read() const override { return read_; }

 private:
  std::size_t fill(std::span<std::uint8_t> out) override {
    std::size_t filled = 0;
    while (filled < out.size()) {
      const ssize_t got = ::read(pipe_->get(), out.data() + filled, out.size() - filled);
      if (got == 0) break;
      if (got < 0) {
        if (errno == EINTR) continue;
        set_problem(reason(errno));
        break;
      }
      filled += static_cast<std::size_t>(got);
      read_ += static_cast<std::uint64_t>(got);
    }
    return filled;
  }

  std::shared_ptr<const FileDescriptor> pipe_;
  std::uint64_t read_ = 0;
};

}  // namespace

std::size_t ByteSource::read(std::span<std::uint8_t> out) {
  const std::size_t first = std::min(out.size(), peeked_.size());
  if (first == 0) return fill(out);
  std::copy_n(peeked_.begin(), first, out.begin());
  peeked_.erase(peeked_.begin(), peeked_.begin() + static_cast<std::ptrdiff_t>(first));
  return first + fill(out.subspan(first));
}

Bytes ByteSource::peek(std::size_t count) {
  const std::size_t had = peeked_.size();
  if (had < count) {
    peeked_.resize(count);
    peeked_.resize(had + fill(std::span(peeked_).subspan(had)));
  }
  return Bytes(peeked_).first(std::min(count, peeked_.size()));
}

void ByteSource::skip(std::uint64_t count) {
  const auto first = static_cast<std::size_t>(std::min<std::uint64_t>(count, peeked_.size()));
  peeked_.erase(peeked_.begin(), peeked_.begin() + static_cast<std::ptrdiff_t>(first));
  count -= first;
  if (count == 0 || seek_forward(count)) return;
  std::array<std::uint8_t, 16'384> dropped;
  while (count > 0) {
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(count, dropped.size()));
    if (fill(std::span(dropped).first(part)) < part) return;
    count -= part;
  }
}

std::unique_ptr<ByteSource> make_file_source(std::shared_ptr<const FileDescriptor> file,
                                             std::uint64_t offset) {
  return std::make_unique<FileSource>(std::move(file), offset);
}

std::unique_ptr<ByteSource> make_pipe_source(std::shared_ptr<const FileDescriptor> pipe) {
  return std::make_unique<PipeSource>(std::move(pipe));
}

}  // namespace mpsdscope

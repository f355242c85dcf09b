// Bytes of an input in order: a file, a pipe, or what one of them holds compressed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "capture/file_descriptor.h"
#include "decode/bytes.h"
#include "decode/result.h"

namespace mpsdscope {

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Fills `out`; less only at the end of the input, or where it cannot be read on: see problem().
  std::size_t read(std::span<std::uint8_t> out);
  // The next `count` bytes without consuming them; fewer at the end.
  Bytes peek(std::size_t count);
  // Passes over bytes, without reading them where the input allows it.
  void skip(std::uint64_t count);

  // Why reading ended early, a clause for a person; "" if it did not.
  const std::string& problem() const { return problem_; }
  // Bytes taken from the input so far as it is stored, that is, compressed.
  virtual std::uint64_t stored_bytes_read() const = 0;
  virtual bool compressed() const { return false; }

 protected:
  // As read(), for the bytes after the peeked ones.
  virtual std::size_t fill(std::span<std::uint8_t> out) = 0;
  // False: it must be read to be passed over.
  virtual bool seek_forward(std::uint64_t /*count*/) { return false; }
  void set_problem(std::string problem) { problem_ = std::move(problem); }

 private:
  std::vector<std::uint8_t> peeked_;
  std::string problem_;
};

// A regular file from `offset` on, read by position: several sources may share one descriptor.
std::unique_ptr<ByteSource> make_file_source(std::shared_ptr<const FileDescriptor> file,
                                             std::uint64_t offset);
// A pipe, socket or device, read to its end.
std::unique_ptr<ByteSource> make_pipe_source(std::shared_ptr<const FileDescriptor> pipe);

// The source itself, or what it holds if it is compressed with gzip (RFC 1952) or zstd (RFC 8878),
// by its magic number. Several members or frames in a row are one stream.
std::unique_ptr<ByteSource> decompressed(std::unique_ptr<ByteSource> source);

}  // namespace mpsdscope

// One capture file, opened and read to its end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/byte_source.h"
#include "capture/chunk_pool.h"
#include "decode/capture_file.h"
#include "decode/keylog.h"
#include "decode/result.h"

namespace mpsdscope {

// The packets of one open file, a chunk at a time.
class CaptureReader {
 public:
  // `name` is for problems. The source stands at the beginning of a file of the format.
  // `copy_problem`: why the source is not the whole of what it was copied from; "" if it is.
  CaptureReader(std::string name, CaptureFormat format, std::unique_ptr<ByteSource> source,
                std::string copy_problem, ChunkPool& pool);

  // Appends packets, numbered within the file, and sets the chunk that they point into. False at
  // the end. What `packets` receives depends on the file and the pool's chunk size alone.
  bool next(std::size_t max_packets, std::vector<Packet>& packets, std::shared_ptr<Chunk>& chunk);

  std::uint64_t stored_bytes_read() const { return source_->stored_bytes_read(); }
  // Why the file could not be read to its end, a sentence; "" if it could.
  const std::string& problem() const { return problem_; }

 private:
  Bytes window() const { return Bytes(*chunk_).subspan(begin_, end_ - begin_); }
  // Makes the window hold `wanted` bytes at least; false when the input ends before.
  bool fill_window(std::size_t wanted);
  void end_with(const std::string& what);
  const std::string& source_problem() const {
    return source_->problem().empty() ? copy_problem_ : source_->problem();
  }

  std::string name_;
  std::unique_ptr<ByteSource> source_;
  std::string copy_problem_;
  std::unique_ptr<CaptureParser> parser_;
  ChunkPool& pool_;
  std::shared_ptr<Chunk> chunk_;
  std::size_t begin_ = 0;  // of the window in the chunk
  std::size_t end_ = 0;
  std::uint64_t offset_ = 0;  // of the window in the file
  std::uint64_t packets_ = 0;
  bool source_ended_ = false;
  bool ended_ = false;
  std::string problem_;
};

// One input of the command line: where it is, and what it is.
class CaptureInput {
 public:
  // Opens and examines it. "-" is standard input. What cannot be read twice (a pipe) and may hold
  // secrets behind its packets (pcapng) is first copied to a temporary file. Adds the secrets that
  // the file holds, wherever they stand, to `keys`.
  static Result<CaptureInput> open(const std::string& path, KeyLog& keys);

  const std::string& name() const { return name_; }
  // As stored; 0: unknown.
  std::uint64_t size() const { return size_; }
  // Whether read() may be called more than once.
  bool rereadable() const { return rereadable_; }
  // Begins to read it from its beginning. An Error when it can no longer be opened.
  Result<std::unique_ptr<CaptureReader>> read(ChunkPool& pool);

 private:
  Result<Done> examine(KeyLog& keys);
  Result<Done> spool(KeyLog& keys);
  Result<std::unique_ptr<ByteSource>> open_source();

  std::string name_;  // for people
  std::string path_;  // to open again; "" when `file_` stays open
  std::shared_ptr<const FileDescriptor> file_;
  std::uint64_t file_offset_ = 0;
  std::unique_ptr<ByteSource> pipe_;  // read once, decompressed
  bool rereadable_ = true;
  std::string copy_problem_;  // met while a pipe was copied
  std::uint64_t size_ = 0;
  CaptureFormat format_ = CaptureFormat::none;
};

}  // namespace mpsdscope

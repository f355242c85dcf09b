// Where an output's text goes: collected record by record, written in large pieces.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/result.h"

namespace mpsdscope {

// Not thread-safe: belongs to the thread that calls the output.
class TextSink {
 public:
  // Writes all of the text or returns errno.
  using Writer = std::function<int(std::string_view)>;

  // live: every record is written at once, so that a killed process loses at most the record that
  // it was writing. Else 256 KiB and more are written in one go, always whole records: the fewer
  // writes begin and end within a page, the less work they are for the system.
  TextSink(Writer write, bool live);

  // Append a record here, then commit().
  std::string& text() { return buffer_; }
  void commit() {
    if (live_ || buffer_.size() >= kFlushAt) flush();
  }
  void flush();

  // After the first failure nothing more is written.
  int error() const { return error_; }  // errno, 0: none

 private:
  static constexpr std::size_t kFlushAt = std::size_t{256} << 10;
  Writer write_;
  bool live_;
  std::string buffer_;
  int error_ = 0;
};

// write(2) until all is written; takes partial writes, signals and non-blocking descriptors. 0 or
// errno; adds the bytes that were written, of a failure too, to `written`.
int write_all(int fd, std::string_view text, std::size_t* written = nullptr);

// A file for output, or standard output; closed on destruction.
class OutputFile {
 public:
  // `path` "" or "-": standard output. Else the file is created with mode 0600 (a log may hold
  // personal data; an existing regular file is narrowed to it) and emptied. Refuses a path that is
  // the same file as one of `inputs`.
  static Result<OutputFile> open(const std::string& path, const std::vector<std::string>& inputs);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  int fd() const { return fd_; }
  bool is_stdout() const { return !owned_; }
  // For a person: "standard output" or the path.
  const std::string& name() const { return name_; }
  // Closes now: some file systems report a full disk only here. 0 or errno.
  int close();

 private:
  OutputFile(int fd, bool owned, std::string name);
  int fd_;
  bool owned_;
  std::string name_;
};

}  // namespace mpsdscope

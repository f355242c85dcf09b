// A file that a live run appends to. What goes wrong with it is told at once and counted; the run
// goes on, and the file goes on as soon as it can be written again.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "capture/file_descriptor.h"
#include "decode/result.h"
#include "tools/text_queue.h"

namespace mpsdscope {

// Not thread-safe.
class LiveFile {
 public:
  enum class Existing : std::uint8_t {
    append,  // after a new line, if the last one was cut short
    empty,
  };

  // `what`: for messages, "the log". A new file gets mode 0600; an existing regular one is narrowed
  // to it, and locked: an Error if another process writes it. `secret`: refused if others could
  // read it all the same. A path "-" is standard output. A pipe without a reader is an Error.
  static Result<LiveFile> open(const std::string& path, Existing existing, std::string what,
                               bool secret = false);

  // Appends whole records with one write(2), so that a killed process loses at most those of this
  // call. Of a failed write nothing stays in a regular file. What a pipe, a terminal or a socket
  // cannot take at once waits in a queue; what finds no room there is lost.
  void write(std::string_view text, std::uint64_t records);
  // The same for what everything after it needs (a header, secrets): tried again until it is
  // written, before anything else.
  void write_first(std::string_view text);
  // Tries the last of what is owed; says if the system reports a failure only now. Waits for the
  // reader of a pipe as TextQueue::finish(). Nothing may be written afterwards.
  void close();

  // Whether this very file, a regular one, is found there.
  bool is_at(const std::string& path) const;
  const std::string& path() const { return path_; }
  bool regular() const { return regular_; }  // not a device, a pipe or standard output
  std::uint64_t size() const { return size_; }
  std::uint64_t lost() const;  // records

 private:
  LiveFile(FileDescriptor file, std::string path, std::string what);
  int descriptor() const;
  int append(std::string_view text, std::uint64_t records);
  int pay();
  void take_back(std::size_t count);
  void note(int error, std::uint64_t records);

  FileDescriptor file_;
  bool is_stdout_ = false;
  std::unique_ptr<TextQueue> queue_;  // of what can block; before it is closed
  std::string path_;
  std::string what_;
  std::string owed_;  // what write_first() could not write
  std::uint64_t owed_count_ = 0;
  std::chrono::steady_clock::time_point next_attempt_{};  // with what is owed
  std::uint64_t size_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t lost_before_ = 0;  // when the present failure began
  bool regular_ = false;
  bool failing_ = false;
};

}  // namespace mpsdscope

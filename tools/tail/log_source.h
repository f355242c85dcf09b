// The lines of one log: of a file that may grow, be truncated, be replaced by another of its name,
// or not be there yet; or of a pipe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "capture/file_descriptor.h"
#include "decode/result.h"
#include "rules/rule_table.h"
#include "tools/tail/line_buffer.h"

namespace mpsdscope {

// What happened to a log: a sentence.
struct LogNews {
  Severity severity = Severity::info;
  std::string text;
};

class LogSource {
 public:
  // `path` "-": standard input. `longest`: bytes of a line.
  LogSource(std::string path, bool follow, std::size_t longest);

  // An Error when there is nothing to read and none to wait for. A file that is not there is waited
  // for when it is followed.
  Result<Done> open();

  const std::string& path() const { return path_; }
  std::string name() const { return path_ == "-" ? "standard input" : path_; }
  int fd() const { return file_.get(); }
  bool is_pipe() const { return file_ && !regular_; }
  // Bytes of the file when it was opened; what comes behind them is new. 0 of a pipe.
  std::uint64_t size() const { return size_; }
  // Passes over what stands before that offset of a regular file, the beginning of a line.
  void begin_at(std::uint64_t offset);

  // The next line; nullopt: none now, and none ever if ended(). Lives until the next call. Does not
  // wait.
  std::optional<std::string_view> next();
  bool ended() const { return ended_; }
  // The last line that was given came after the file was opened.
  bool fresh() const { return !regular_ || replaced_ || offset_ - lines_.held() > size_; }

  std::uint64_t cut() const { return cut_; }  // lines that got no end before the file was replaced
  std::uint64_t overlong() const { return lines_.overlong(); }
  // What happened to the file since the last time.
  std::vector<LogNews> take_news() { return std::exchange(news_, {}); }

 private:
  bool read_on();
  bool follow_end();
  bool truncated();
  bool switch_over();
  void begin_again();
  void tell(Severity severity, std::string text) { news_.push_back({severity, std::move(text)}); }

  std::string path_;
  bool follow_;
  LineBuffer lines_;
  FileDescriptor file_;
  FileDescriptor successor_;  // another file of the name, that has nothing yet
  bool regular_ = false;
  bool ended_ = false;
  bool gave_rest_ = false;
  bool last_look_ = false;  // the old file was read once more after its successor had something
  bool replaced_ = false;
  std::uint64_t size_ = 0;
  std::uint64_t offset_ = 0;  // of what was read
  std::uint64_t cut_ = 0;
  std::vector<LogNews> news_;
};

}  // namespace mpsdscope

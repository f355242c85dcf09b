// What `mpsdscope tail` writes: pretty lines or the log's own, in frames where a person looks.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "tools/options.h"
#include "tools/pretty_line.h"
#include "tools/tail/log_stream.h"
#include "tools/text_sink.h"

namespace mpsdscope {

// Not thread-safe. Times are those of one clock that never runs backwards.
class TailOutput {
 public:
  // Between two frames on a terminal; elsewhere everything is written as soon as nothing waits.
  static constexpr Duration kFrame = std::chrono::milliseconds(33);

  TailOutput(const OutputOptions& options, int fd);

  // One that is listed. The entry's record may be taken.
  void list(LogEntry& entry);
  // Something waits to be written.
  bool waiting() const { return !frame_.empty() || !sink_.text().empty(); }
  // How long the next frame is to be put off. 0: draw now.
  Duration until_due(CaptureTime now) const;
  // Writes what waits. Of more fresh records than a terminal has lines only the last are shown, and
  // how many are not.
  void draw(CaptureTime now);

  int error() const { return sink_.error(); }  // errno, 0: none

 private:
  void fit();
  void append(const Record& record);

  const OutputOptions options_;
  const int fd_;
  const Format format_;
  const bool terminal_;
  mutable TextSink sink_;
  PrettyOptions pretty_;
  PrettyLines lines_;
  std::deque<Record> frame_;  // fresh ones, for the next frame
  std::size_t rows_ = 0;
  std::uint64_t hidden_ = 0;
  CaptureTime drawn_ = CaptureTime::min();
};

// A line of a log made safe for a terminal: what is not seen in it is escaped (RFC 8259 §7).
void append_log_line(std::string& out, std::string_view line);

}  // namespace mpsdscope

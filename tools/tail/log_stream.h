// Several logs as one: records merged by time, from a place near the end on.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/result.h"
#include "tools/filter/filter.h"
#include "tools/record.h"
#include "tools/tail/log_source.h"
#include "tools/tail/log_watch.h"

namespace mpsdscope {

struct LogStreamOptions {
  std::vector<std::string> paths;     // "-": standard input, which is read from its beginning
  std::optional<std::uint64_t> last;  // of what files hold already, list only that many records
  std::optional<CaptureTime> since;   // list nothing older, ...
  std::optional<CaptureTime> until;   // ... nothing newer
  Filter filter;                      // list nothing else
  bool follow = true;
  bool polling = false;
  std::size_t longest_line = std::size_t{16} << 20;
  std::uint64_t most_searched = std::uint64_t{64} << 20;  // bytes, for the last that match
};

struct LogEntry {
  Record record;
  std::string_view line;  // as it stands in the log, lives until the next call
  bool listed = false;    // else it is only to be counted
  bool fresh = false;     // of a log that is followed: came after it was opened
};

struct LogCounts {
  std::uint64_t records = 0;  // that were read
  std::uint64_t listed = 0;
  std::uint64_t damaged = 0;                   // lines that are no records
  std::uint64_t overlong = 0;                  // lines that were too long to look at
  std::uint64_t calls = 0;                     // multiplayer session calls among the records
  std::array<std::uint64_t, 4> by_severity{};  // their violations
};

// Not thread-safe. Records of a log are given in its order; of several logs the one with the oldest
// time comes first, of those that have one: none is waited for.
class LogStream {
 public:
  enum class Status : std::uint8_t { record, waiting, ended };

  static Result<LogStream> open(const LogStreamOptions& options);

  // Does not wait. `entry` is used again from call to call.
  Status next(LogEntry& entry);
  // Until there may be more, `most` is over, or a signal came.
  void wait(std::chrono::milliseconds most);

  LogCounts counts() const;
  // What happened to the files since the last time.
  std::vector<LogNews> take_news();

 private:
  struct Log {
    LogSource source;
    Record record;  // the next
    std::string_view line;
    bool loaded = false;
    CaptureTime time = CaptureTime::min();  // of its newest record so far
  };

  LogStream(const LogStreamOptions& options, LogWatch watch)
      : options_(options), watch_(std::move(watch)) {}
  Result<Done> open_logs();
  void find_beginnings();
  std::uint64_t beginning_of(Log& log);
  bool wants(const Record& record) const;
  void load(Log& log);
  void count(const Record& record);

  LogStreamOptions options_;
  LogWatch watch_;
  std::vector<std::unique_ptr<Log>> logs_;
  RecordReader reader_;
  std::uint64_t skipped_ = 0;  // of the last records of several logs, still to be passed over
  LogCounts counts_;
  std::vector<LogNews> news_;
};

}  // namespace mpsdscope

// Where records come from other threads to the screen. Who gives one never waits for a terminal,
// and every record is counted, also one that nobody could show in time.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "capture/file_descriptor.h"
#include "tools/screen/title_board.h"

namespace mpsdscope {

// What the screen takes in one turn.
struct ScreenBatch {
  std::vector<Record> records;  // since the last turn
  std::vector<std::pair<Severity, std::string>> messages;
  Totals totals;                                 // of all time
  std::optional<std::vector<TitleLine>> titles;  // if they were asked for
  std::uint64_t dropped = 0;  // records that were counted but could not be listed, of all time
  std::string source;
  bool ended = false;  // nothing comes any more
};

// Thread-safe.
class ScreenFeed {
 public:
  // Records that may wait for the screen, and their bytes.
  static constexpr std::size_t kMostWaiting = 20'000;
  static constexpr std::size_t kMostBytes = std::size_t{64} << 20;

  explicit ScreenFeed(std::string source);

  // Counts it, and hands it on if there is room.
  void push(Record record);
  // Waits for room, unless the screen is closed; false then.
  bool push_waiting(Record record);
  // What a rates record says of limits; it is not listed.
  void take_limits(const Record& rates);
  // Time goes on without records: of a source that is live.
  void tick(CaptureTime now);
  // For the status line.
  void tell(Severity severity, std::string message);
  void set_source(std::string source);
  // Nothing comes any more.
  void end();

  // The screen's side. Titles take a while when there are thousands of users.
  ScreenBatch take(bool with_titles);
  // Readable when there is something to take.
  int wake_fd() const { return wake_.get(); }
  // Nobody looks any more: who waits for room goes on.
  void close();

 private:
  void wake();
  bool has_room() const { return records_.size() < kMostWaiting && bytes_ < kMostBytes; }
  void keep(Record record);

  mutable std::mutex mutex_;
  std::condition_variable room_;
  FileDescriptor wake_;
  TitleBoard board_;
  std::vector<Record> records_;
  std::size_t bytes_ = 0;
  std::vector<std::pair<Severity, std::string>> messages_;
  std::uint64_t dropped_ = 0;
  std::string source_;
  bool ended_ = false;
  bool closed_ = false;
};

}  // namespace mpsdscope

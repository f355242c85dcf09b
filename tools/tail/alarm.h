// Says aloud that a record matches: a bell, or a command with the record on its standard input.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/time.h"

namespace mpsdscope {

struct AlarmOptions {
  bool bell = false;
  std::string command;  // for /bin/sh; "": none
  bool silent = false;  // the command has no terminal: its output goes nowhere
  Duration interval = std::chrono::seconds(1);  // at least, from one alarm to the next
};

// Not thread-safe.
class Alarm {
 public:
  // Commands that run at once; while they do, no further one is started.
  static constexpr std::size_t kMostRunning = 4;

  explicit Alarm(AlarmOptions options) : options_(std::move(options)) {}

  bool wanted() const { return options_.bell || !options_.command.empty(); }
  // `line`: the record. Nothing of it gets into the command: it is only its standard input. The
  // command's own output goes to standard error, unless it is silent.
  void ring(std::string_view line, CaptureTime now);

  std::uint64_t silent() const { return silent_; }  // for which nothing was done, too soon
  std::uint64_t failed() const { return failed_; }  // commands that could not be started
  // Of a command that has ended since the last time: its exit code, if it was not 0; of one that a
  // signal ended 128 and the signal, as shells have it.
  std::optional<int> take_failure();

 private:
  void reap();
  bool run(std::string_view line);

  AlarmOptions options_;
  CaptureTime rung_ = CaptureTime::min();
  std::vector<int> running_;  // process ids
  std::uint64_t silent_ = 0;
  std::uint64_t failed_ = 0;
  std::optional<int> failure_;
};

}  // namespace mpsdscope

// A bar on standard error for input of known size that takes its time.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace mpsdscope {

// "2.0 KiB", "512 MiB"
std::string size_text(std::uint64_t bytes);

// One line of at most `width` columns: share, bar, bytes, speed, time left. Of the parts, those
// that do not fit are left out. Pure text, no control characters.
std::string progress_text(std::uint64_t done, std::uint64_t total,
                          std::chrono::duration<double> spent, std::size_t width);

// Decides when to draw: nothing in the first second, then at most ten times a second.
class ProgressMeter {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit ProgressMeter(Time start) : start_(start) {}
  // The line to draw now, if any.
  std::optional<std::string> update(std::uint64_t done, std::uint64_t total, Time now,
                                    std::size_t width);

 private:
  Time start_;
  std::optional<Time> drawn_;
};

// Draws on a descriptor. update() and hide() may be called from different threads: who writes to
// the same terminal holds hide()'s lock while it writes, so that lines and bar never mix.
class ProgressBar {
 public:
  // Draws nothing unless `fd` is a terminal.
  explicit ProgressBar(int fd);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  bool active() const { return active_; }
  void update(std::uint64_t done, std::uint64_t total);
  // Erases the bar until the next update after the lock is released.
  [[nodiscard]] std::unique_lock<std::mutex> hide();

 private:
  void erase();

  int fd_;
  bool active_;
  ProgressMeter meter_;
  std::mutex mutex_;
  bool visible_ = false;
};

}  // namespace mpsdscope

#include "tools/progress.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "tools/terminal.h"
#include "tools/text_sink.h"

namespace mpsdscope {
namespace {

constexpr auto kQuietFor = std::chrono::seconds(1);
constexpr auto kBetweenDrawings = std::chrono::milliseconds(100);
constexpr std::size_t kBarWidth = 24;
constexpr std::string_view kEraseLine = "\r\x1b[K";

std::string time_left(double seconds) {
  if (seconds < 100) return fmt::format("{:.0f} s left", seconds);
  return fmt::format("{:.0f} min left", seconds / 60);
}

}  // namespace

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < kUnits.size()) value /= 1024, ++unit;
  const bool whole = unit == 0 || value >= 10;
  return fmt::format("{:.{}f} {}", value, whole ? 0 : 1, kUnits[unit]);
}

std::string progress_text(std::uint64_t done, std::uint64_t total,
                          std::chrono::duration<double> spent, std::size_t width) {
  const double share =
      total == 0 ? 0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const double speed = spent.count() > 0 ? static_cast<double>(done) / spent.count() : 0;
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(kBarWidth));
  std::vector<std::string> parts{fmt::format("{:3.0f} %", share * 100),
                                 fmt::format("[{:-<{}}]", std::string(filled, '#'), kBarWidth),
                                 fmt::format("{} of {}", size_text(done), size_text(total)),
                                 size_text(static_cast<std::uint64_t>(speed)) + "/s"};
  if (speed > 0)
    parts.push_back(time_left(static_cast<double>(total - std::min(done, total)) / speed));
  std::string text;
  for (const std::string& part : parts) {
    if (text.size() + 2 + part.size() > width) break;
    if (!text.empty()) text += "  ";
    text += part;
  }
  return text;
}

std::optional<std::string> ProgressMeter::update(std::uint64_t done, std::uint64_t total, Time now,
                                                 std::size_t width) {
  if (total == 0 || now - start_ < kQuietFor) return std::nullopt;
  if (drawn_ && now - *drawn_ < kBetweenDrawings) return std::nullopt;
  drawn_ = now;
  return progress_text(done, total, now - start_, width);
}

ProgressBar::ProgressBar(int fd)
    : fd_(fd), active_(is_terminal(fd)), meter_(std::chrono::steady_clock::now()) {}

ProgressBar::~ProgressBar() {
  static_cast<void>(hide());
}

void ProgressBar::update(std::uint64_t done, std::uint64_t total) {
  if (!active_) return;
  const auto text =
      meter_.update(done, total, std::chrono::steady_clock::now(), terminal_width(fd_, 80) - 1);
  if (!text) return;
  const std::lock_guard lock(mutex_);
  visible_ = true;
  // Erased after the text: a shorter line leaves nothing of a longer one, and nothing flickers.
  write_all(fd_, "\r" + *text + "\x1b[K");
}

std::unique_lock<std::mutex> ProgressBar::hide() {
  std::unique_lock lock(mutex_);
  erase();
  return lock;
}

void ProgressBar::erase() {
  if (!visible_) return;
  visible_ = false;
  write_all(fd_, kEraseLine);
}

}  // namespace mpsdscope

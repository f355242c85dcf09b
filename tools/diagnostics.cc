#include "tools/diagnostics.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <unistd.h>

#include "tools/escape.h"
#include "tools/text_queue.h"

namespace mpsdscope {
namespace {

spdlog::logger& logger() {
  static spdlog::logger instance = [] {
    auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(spdlog::color_mode::never);
    sink->set_pattern("mpsdscope: %^%l%$: %v");
    spdlog::logger made("mpsdscope", std::move(sink));
    // A message that cannot be written (standard error closed) is not worth dying for.
    made.set_error_handler([](const std::string&) {});
    made.flush_on(spdlog::level::trace);
    return made;
  }();
  return instance;
}

constexpr const char* kPattern = "mpsdscope: %^%l%$: %v";

class QueueSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit QueueSink(bool colour) : queue_(STDERR_FILENO, kMostWaiting), colour_(colour) {
    set_pattern_(kPattern);
  }

 private:
  static constexpr std::size_t kMostWaiting = std::size_t{1} << 20;

  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    std::string text(line.data(), line.size());
    if (colour_ && message.color_range_end > message.color_range_start) {
      text.insert(message.color_range_end, "\033[m");
      text.insert(message.color_range_start, colour_of(message.level));
    }
    if (missed_ > 0) {
      text.insert(0, "mpsdscope: warning: " + std::to_string(missed_) + " messages not shown\n");
    }
    missed_ = queue_.push(text) == 0 ? 0 : missed_ + 1;
  }
  void flush_() override {}

  static const char* colour_of(spdlog::level::level_enum level) {
    return level == spdlog::level::err    ? "\033[31m\033[1m"
           : level == spdlog::level::warn ? "\033[33m\033[1m"
                                          : "\033[32m";
  }

  TextQueue queue_;
  const bool colour_;
  std::uint64_t missed_ = 0;
};

struct Diversion {
  std::mutex mutex;
  DivertedDiagnostics::Take take;
  std::deque<std::pair<spdlog::level::level_enum, std::string>> held;  // warnings and errors
  std::uint64_t forgotten = 0;
};
Diversion& diversion() {
  static Diversion instance;
  return instance;
}

Severity severity_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::err:
      return Severity::error;
    case spdlog::level::warn:
      return Severity::warning;
    case spdlog::level::info:
      return Severity::info;
    default:
      return Severity::off;
  }
}

// False: nobody took it.
bool divert(spdlog::level::level_enum level, std::string_view message) {
  constexpr std::size_t kMostHeld = 20;
  Diversion& diverted = diversion();
  const std::lock_guard lock(diverted.mutex);
  if (!diverted.take) return false;
  diverted.take(severity_of(level), message);
  if (level < spdlog::level::warn) return true;
  diverted.held.emplace_back(level, message);
  if (diverted.held.size() <= kMostHeld) return true;
  diverted.held.pop_front();
  ++diverted.forgotten;
  return true;
}

void report(spdlog::level::level_enum level, std::string_view message) {
  if (!logger().should_log(level) || divert(level, message)) return;
  logger().log(level, printable(message));
}

}  // namespace

void set_up_diagnostics(Loudness loudness, bool colour) {
  logger().set_level(loudness == Loudness::quiet     ? spdlog::level::err
                     : loudness == Loudness::verbose ? spdlog::level::debug
                                                     : spdlog::level::info);
  const auto mode = colour ? spdlog::color_mode::always : spdlog::color_mode::never;
  dynamic_cast<spdlog::sinks::stderr_color_sink_mt&>(*logger().sinks().front())
      .set_color_mode(mode);
}

QueuedDiagnostics::QueuedDiagnostics(bool colour) {
  if (!can_block(STDERR_FILENO)) return;
  logger().sinks().insert(logger().sinks().begin(), std::make_shared<QueueSink>(colour));
  logger().sinks().back()->set_level(spdlog::level::off);
}

QueuedDiagnostics::~QueuedDiagnostics() {
  if (logger().sinks().size() < 2) return;
  logger().sinks().erase(logger().sinks().begin());
  logger().sinks().back()->set_level(spdlog::level::trace);
}

DivertedDiagnostics::DivertedDiagnostics(Take take) {
  const std::lock_guard lock(diversion().mutex);
  diversion().take = std::move(take);
}

DivertedDiagnostics::~DivertedDiagnostics() {
  end();
}

void DivertedDiagnostics::end() {
  Diversion& diverted = diversion();
  const std::lock_guard lock(diverted.mutex);
  diverted.take = nullptr;
  if (diverted.forgotten > 0) {
    logger().log(spdlog::level::warn,
                 std::to_string(diverted.forgotten) + " messages before these are not repeated");
  }
  for (const auto& [level, message] : diverted.held) logger().log(level, printable(message));
  diverted.held.clear();
  diverted.forgotten = 0;
}

void report_error(std::string_view message) {
  report(spdlog::level::err, message);
}
void report_warning(std::string_view message) {
  report(spdlog::level::warn, message);
}
void report_note(std::string_view message) {
  report(spdlog::level::info, message);
}
void report_detail(std::string_view message) {
  report(spdlog::level::debug, message);
}

}  // namespace mpsdscope

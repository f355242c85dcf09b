#include "tools/diagnostics.h"

#include <memory>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include "tools/escape.h"

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

void report(spdlog::level::level_enum level, std::string_view message) {
  if (logger().should_log(level)) logger().log(level, printable(message));
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

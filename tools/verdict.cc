#include "tools/verdict.h"

#include <numeric>

#include "tools/options.h"
#include "tools/pretty_text.h"
#include "tools/unread.h"

namespace mpsdscope {

int exit_code_of(const RunSummary& summary, Severity fail_on, const RuleSettings& settings) {
  // Nothing could be read; as soon as anything was, damage further on is only told.
  const bool unreadable =
      !summary.proxy && summary.report[Counter::packets] == 0 && !summary.problems.empty();
  if (unreadable) return exit_code::kFailed;
  if (fail_on == Severity::off) return exit_code::kClean;
  if (summary.calls == 0 && service_unread(summary, settings)) return exit_code::kFailed;
  const std::uint64_t count =
      std::accumulate(summary.by_severity.begin() + static_cast<int>(fail_on),
                      summary.by_severity.end(), std::uint64_t{0});
  return count > 0 ? exit_code::kViolations : exit_code::kClean;
}

std::string verdict_line(const RunSummary& summary) {
  return verdict_line(summary.calls, summary.by_severity);
}

std::string verdict_line(std::uint64_t calls, const std::array<std::uint64_t, 4>& by_severity) {
  const auto of = [&](Severity severity) {
    return by_severity[static_cast<std::size_t>(severity)];
  };
  return counted(calls, "multiplayer session call") + ": " + counted(of(Severity::error), "error") +
         ", " + counted(of(Severity::warning), "warning") + ", " +
         counted(of(Severity::info), "info");
}

}  // namespace mpsdscope

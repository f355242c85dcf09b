#include "tools/verdict.h"

#include <gtest/gtest.h>

#include "tests/tools/testing/sample_calls.h"
#include "tools/options.h"

namespace mpsdscope {
namespace {

TEST(ExitCode, FollowsFailOn) {
  RunSummary summary;
  summary.by_severity = {0, 0, 4, 0};
  EXPECT_EQ(exit_code_of(summary, Severity::off, {}), exit_code::kClean);
  EXPECT_EQ(exit_code_of(summary, Severity::info, {}), exit_code::kViolations);
  EXPECT_EQ(exit_code_of(summary, Severity::warning, {}), exit_code::kViolations);
  EXPECT_EQ(exit_code_of(summary, Severity::error, {}), exit_code::kClean);
  EXPECT_EQ(exit_code_of({}, Severity::info, {}), exit_code::kClean);
}

TEST(ExitCode, NothingToJudgeIsNotClean) {
  RunSummary summary;
  summary.report.add_undecrypted("other.example", TlsFailure::no_key, "");
  EXPECT_EQ(exit_code_of(summary, Severity::error, {}), exit_code::kClean);
  summary.report.add_undecrypted("SessionDirectory.xboxlive.com", TlsFailure::no_key, "");
  EXPECT_EQ(exit_code_of(summary, Severity::error, {}), exit_code::kFailed);
  EXPECT_EQ(exit_code_of(summary, Severity::off, {}), exit_code::kClean);
  summary.calls = 1;
  EXPECT_EQ(exit_code_of(summary, Severity::error, {}), exit_code::kClean);
}

TEST(VerdictLine, Counts) {
  EXPECT_EQ(verdict_line(testing::full_summary()),
            "1,238 multiplayer session calls: 2 errors, 0 warnings, 1 info");
}

}  // namespace
}  // namespace mpsdscope

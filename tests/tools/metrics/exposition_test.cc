#include "tools/metrics/exposition.h"

#include <limits>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

TEST(Exposition, FamiliesHaveHelpAndType) {
  Exposition out;
  out.begin_family("responses_total", MetricKind::counter, "Responses.");
  out.add("", {{"row", "429"}, {"title", "0A6D2730"}}, std::uint64_t{3});
  out.begin_family("wait_seconds", MetricKind::summary, "Waits.");
  out.add("_sum", {}, 0.25);
  out.add("_count", {}, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(out.take(),
            "# HELP mpsdscope_responses_total Responses.\n"
            "# TYPE mpsdscope_responses_total counter\n"
            "mpsdscope_responses_total{row=\"429\",title=\"0A6D2730\"} 3\n"
            "# HELP mpsdscope_wait_seconds Waits.\n"
            "# TYPE mpsdscope_wait_seconds summary\n"
            "mpsdscope_wait_seconds_sum 0.25\n"
            "mpsdscope_wait_seconds_count 18446744073709551615\n");
}

TEST(Exposition, LabelValuesAreEscaped) {
  Exposition out;
  out.begin_family("title_info", MetricKind::gauge, "Names.");
  out.add("", {{"name", "a\\b \"c\"\nd\tü"}}, 1.5);
  const std::string text = out.take();
  EXPECT_NE(text.find("{name=\"a\\\\b \\\"c\\\"\\nd\tü\"} 1.5\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace mpsdscope

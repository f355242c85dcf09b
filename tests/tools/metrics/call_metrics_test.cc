#include "tools/metrics/call_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/testing/sample_calls.h"
#include "tests/tools/testing/sample_records.h"
#include "tools/metrics/metrics_output.h"
#include "tools/metrics/metrics_page.h"

namespace mpsdscope {
namespace {

using namespace std::chrono_literals;
using testing::exchange;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::second;
using testing::throttled;
using testing::with_finding;

std::string text_of(const CallMetrics& metrics, CaptureTime now) {
  Exposition out;
  metrics.append_to(out, now);
  return out.take();
}

std::string ratio(std::string_view window, std::string_view value) {
  return "mpsdscope_throttled_ratio{title=\"0A6D2730\",window=\"" + std::string(window) + "\"} " +
         std::string(value) + "\n";
}

TEST(CallMetrics, AnEmptyRunHasItsFamiliesAndNoTitles) {
  const std::string text = text_of(CallMetrics(), second(0));
  EXPECT_THAT(text, HasSubstr("# TYPE mpsdscope_responses_total counter\n# HELP"));
  EXPECT_THAT(text, HasSubstr("mpsdscope_queue_wait_seconds_count 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("title=")));
}

TEST(CallMetrics, RatesFallWhileNothingComes) {
  CallMetrics metrics;
  metrics.count(exchange(0), second(100), false);
  metrics.count(throttled(10), second(110), false);
  const struct {
    CaptureTime now;
    const char *burst, *sustained;
  } looks[] = {
      {second(110), "0.5", "0.5"},
      {second(110) - 1s, "0.5", "0.5"},  // clocks may disagree: no time has passed
      {second(114) + 999ms, "0.5", "0.5"},
      {second(115), "1", "0.5"},
      {second(124) + 999ms, "1", "0.5"},
      {second(125), "0", "0.5"},
      {second(399) + 999ms, "0", "0.5"},
      {second(400), "0", "1"},
      {second(410), "0", "0"},
  };
  for (const auto& look : looks) {
    const std::string text = text_of(metrics, look.now);
    EXPECT_THAT(text, HasSubstr(ratio("15s", look.burst)));
    EXPECT_THAT(text, HasSubstr(ratio("300s", look.sustained)));
  }
}

TEST(CallMetrics, ADateThatIsWrongStopsNoRate) {
  CallMetrics metrics;
  metrics.count(throttled(1'000'000'000), second(0), true);
  metrics.count(exchange(0), second(1), true);
  EXPECT_THAT(text_of(metrics, second(1)), HasSubstr(ratio("300s", "0")));
}

TEST(CallMetrics, DurationsFallIntoTheBucketTheyAreNotAbove) {
  CallMetrics metrics;
  for (const Duration elapsed :
       {Duration(0ms), Duration(5ms), Duration(5ms) + 1ns, Duration(60s), Duration(60s) + 1ns}) {
    Record record = exchange(0);
    record.elapsed = elapsed;
    metrics.count(record, second(0), true);
  }
  Record unmeasured = exchange(0);
  unmeasured.elapsed.reset();
  metrics.count(unmeasured, second(0), true);
  const std::string text = text_of(metrics, second(0));
  const auto bucket = [](std::string_view le, int count) {
    return "mpsdscope_call_duration_seconds_bucket{title=\"0A6D2730\",le=\"" + std::string(le) +
           "\"} " + std::to_string(count) + "\n";
  };
  EXPECT_THAT(text, HasSubstr(bucket("0.005", 2) + bucket("0.01", 3)));
  EXPECT_THAT(text, HasSubstr(bucket("30", 3) + bucket("60", 4) + bucket("+Inf", 5)));
  EXPECT_THAT(text, HasSubstr("seconds_sum{title=\"0A6D2730\"} 120.010000002\n"));
  EXPECT_THAT(text, HasSubstr("seconds_count{title=\"0A6D2730\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("responses_total{title=\"0A6D2730\",row=\"200\"} 6\n"));
}

TEST(CallMetrics, TitlesBeyondTheLimitAreOne) {
  CallMetrics metrics;
  Record record = exchange(0);
  record.title_name = "name";
  for (std::uint32_t title = 1; title <= CallMetrics::kMostTitles + 20; ++title) {
    record.title_id = title;
    metrics.count(record, second(0), true);
  }
  record.title_id.reset();
  metrics.count(record, second(0), true);
  record.title_id = 100;
  metrics.count(record, second(0), true);
  const std::string text = text_of(metrics, second(0));
  EXPECT_THAT(text, HasSubstr("responses_total{title=\"00000064\",row=\"200\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("responses_total{title=\"other\",row=\"200\"} 21\n"));
  EXPECT_THAT(text, HasSubstr("title_info{title=\"00000064\",name=\"name\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("title_info{title=\"other\"")));
  EXPECT_THAT(text, Not(HasSubstr("00000065")));
}

TEST(CallMetrics, OnlyNamesThatAreKnownBecomeLabels) {
  CallMetrics metrics;
  metrics.count(with_finding(exchange(0, 799, "Bearer x"), "x=\"y\"", Severity::error), second(0),
                true);
  metrics.count(with_finding(exchange(0), "polling", Severity::info), second(0), true);
  Record other = with_finding(exchange(0), "rate-burst", Severity::warning);
  other.target.clear();
  metrics.count(other, second(0), true);
  Record unanswered = exchange(0, 0, "");
  metrics.count(unanswered, second(0), true);
  const std::string text = text_of(metrics, second(0));
  EXPECT_THAT(text, HasSubstr("responses_total{title=\"0A6D2730\",row=\"other\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("responses_total{title=\"0A6D2730\",row=\"200\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("unanswered_calls_total{title=\"0A6D2730\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("violations_total{rule=\"other\",severity=\"error\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("violations_total{rule=\"polling\",severity=\"info\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("violations_total{rule=\"rate-burst\",severity=\"warning\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("Bearer")));
  EXPECT_THAT(text, Not(HasSubstr("2533274908811003")));
}

TEST(CallMetrics, WaitsAreThoseOfWhatHasJustHappened) {
  CallMetrics metrics;
  metrics.count(exchange(0), second(0) + 1500ms, true);
  metrics.count(exchange(5), second(0), true);          // clocks may disagree
  metrics.count(exchange(0), second(3'600), false);     // an old log
  metrics.count(exchange(0, 0, ""), second(60), true);  // given up long after
  const std::string text = text_of(metrics, second(0));
  EXPECT_THAT(text, HasSubstr("queue_wait_seconds_sum 1.5\n"));
  EXPECT_THAT(text, HasSubstr("queue_wait_seconds_count 2\n"));
}

TEST(CallMetrics, ACallCountsAsItsRecord) {
  CallMetrics of_calls, of_records;
  std::vector<Call> calls;
  calls.push_back(testing::created_session());
  calls.push_back(testing::read_session(429, Row::r429, 1'000));
  calls.push_back(testing::other_exchange());
  Record record;
  for (const Call& call : calls) {
    of_calls.count(call, testing::at(5'000));
    record_of(record, call);
    of_records.count(record, testing::at(5'000), true);
  }
  EXPECT_EQ(text_of(of_calls, testing::at(5'000)), text_of(of_records, testing::at(5'000)));
  EXPECT_THAT(text_of(of_calls, testing::at(5'000)), HasSubstr("row=\"429\"} 1\n"));
}

TEST(MetricsPage, WhatDecodingLostHasAKindForEachCounter) {
  DecodeCounters counters{};
  counters[static_cast<std::size_t>(Counter::tcp_gaps)] = 3;
  counters[static_cast<std::size_t>(Counter::packets)] = 100;
  const LostCounts lost = lost_in_decoding(counters);
  EXPECT_THAT(lost, ::testing::Contains(LostCounts::value_type("tcp_gap", 3)));
  std::uint64_t sum = 0;
  for (const auto& [kind, count] : lost) sum += count;
  EXPECT_EQ(sum, 3U);
}

TEST(MetricsPage, HasWhatTheRunAdds) {
  CallMetrics metrics;
  ProxyCounters counters;
  counters.accepted = 7;
  counters.events[static_cast<std::size_t>(ProxyEventKind::unresolved)] = 3;
  const ServedPage page = metrics_page(metrics, [&](Exposition& out) {
    append_proxy(out, counters);
    append_lost(out, {{"log_record", 2}});
  });
  const std::string text = page.text();
  EXPECT_EQ(page.path, "/metrics");
  EXPECT_THAT(text, HasSubstr("mpsdscope_build_info{version=\"" MPSDSCOPE_VERSION "\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("mpsdscope_connections_total 7\n"));
  EXPECT_THAT(text, HasSubstr("mpsdscope_proxy_events_total{event=\"unresolved\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("mpsdscope_lost_total{kind=\"log_record\"} 2\n"));
}

}  // namespace
}  // namespace mpsdscope

#include "tools/event_log.h"

#include <gtest/gtest.h>

#include "tests/tools/testing/live_run.h"
#include "tools/options.h"
#include "tools/unread.h"
#include "tools/verdict.h"

namespace mpsdscope {
namespace {

using testing::LiveRun;

ProxyEvent event(ProxyEventKind kind, std::string host = "", std::string message = "it happened") {
  return {kind, 7, LiveRun::v4(1, 50'000), std::move(host), std::move(message), LiveRun::kStart};
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; ++at) ++found;
  return found;
}

class EventLogTest : public ::testing::Test {
 protected:
  LiveRun run_;
  EventLog events_{run_.rules, *run_.recorder};
};

TEST_F(EventLogTest, TellsPeopleAndTheLog) {
  ::testing::internal::CaptureStderr();
  events_.on_event(event(ProxyEventKind::upstream_untrusted, "a.example", "it lies\x1b[2J"));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "mpsdscope: error: 192.0.2.1:50000: it lies\\u{001b}[2J\n");
  EXPECT_EQ(count(run_.read("play.jsonl"), "\"event\":\"upstream_untrusted\""), 1U);
}

TEST_F(EventLogTest, AnEventHasItsOwnTime) {
  ::testing::internal::CaptureStderr();
  ProxyEvent late = event(ProxyEventKind::unresolved);
  late.time = run_.now + std::chrono::milliseconds(700);  // no tick came since
  events_.on_event(late);
  ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(count(run_.read("play.jsonl"), "\"ts\":\"2027-01-15T08:00:00.700000Z\""), 1U);
}

TEST_F(EventLogTest, AFloodIsCutShortAndCounted) {
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 1'000; ++i) events_.on_event(event(ProxyEventKind::client_error));
  events_.on_event(event(ProxyEventKind::unresolved));
  events_.every_second();
  events_.every_second();
  events_.on_event(event(ProxyEventKind::client_error));
  const std::string told = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(count(told, "it happened"), EventLog::kMostPerSecond + 2);
  EXPECT_EQ(count(told, "980 more within a second, not told: client_error"), 1U);
  EXPECT_EQ(count(run_.read("play.jsonl"), "\"type\":\"event\""), EventLog::kMostPerSecond + 2);
}

TEST_F(EventLogTest, AClientThatRefusesTheServicesCertificateIsServiceUnread) {
  ::testing::internal::CaptureStderr();
  RunSummary summary;
  summary.proxy.emplace();
  events_.on_event(event(ProxyEventKind::client_distrusts_ca, "other.example"));
  events_.summarize(summary);
  EXPECT_FALSE(service_unread(summary, run_.rules));
  EXPECT_EQ(exit_code_of(summary, Severity::error, run_.rules), exit_code::kClean);
  events_.on_event(event(ProxyEventKind::tunnelled_pinned, "sessiondirectory.xboxlive.com"));
  events_.summarize(summary);
  EXPECT_TRUE(service_unread(summary, run_.rules));
  EXPECT_EQ(exit_code_of(summary, Severity::error, run_.rules), exit_code::kFailed);
  ::testing::internal::GetCapturedStderr();
}

TEST_F(EventLogTest, KnowsWhetherTheServiceCouldBeReached) {
  ::testing::internal::CaptureStderr();
  events_.on_event(event(ProxyEventKind::upstream_untrusted, "other.example"));
  events_.on_event(event(ProxyEventKind::idle_timeout, "sessiondirectory.xboxlive.com"));
  EXPECT_FALSE(events_.service_failed());
  events_.on_event(event(ProxyEventKind::upstream_untrusted, "sessiondirectory.xboxlive.com"));
  EXPECT_TRUE(events_.service_failed());
  ::testing::internal::GetCapturedStderr();
}

}  // namespace
}  // namespace mpsdscope

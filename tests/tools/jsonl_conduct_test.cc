#include "tools/jsonl_conduct.h"

#include <gtest/gtest.h>

#include "tests/tools/testing/sample_calls.h"

namespace mpsdscope {
namespace {

Conduct honoured() {
  Conduct conduct;
  conduct.end = ConductEnd::honoured;
  conduct.answer = {17, 3, testing::at(0)};
  conduct.status = 429;
  conduct.retry_after_s = 5;
  conduct.method = "PUT";
  conduct.target = TargetKind::session;
  conduct.title_id = 0x0A6D2730;
  conduct.user = "2814646326226712";
  conduct.next = ExchangeRef{18, 1, testing::at(5'300)};
  conduct.after = std::chrono::microseconds(5'250'125);
  conduct.same_kind = true;
  conduct.automatic = false;
  return conduct;
}

std::string written(const Conduct& conduct) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  write_conduct(json, conduct);
  json.end_object();
  json.finish();
  return text;
}

TEST(JsonlConduct, TellsHowAWaitEnded) {
  EXPECT_EQ(
      written(honoured()),
      "{\"ts\":\"2026-11-23T08:11:44.423456Z\",\"end\":\"honoured\",\"title_id\":\"0A6D2730\","
      "\"user\":\"2814646326226712\",\"status\":429,\"retry_after_s\":5,\"method\":\"PUT\","
      "\"target\":\"session\",\"answer\":{\"conn\":17,\"stream\":3,"
      "\"ts\":\"2026-11-23T08:11:39.123456Z\"},\"request\":{\"conn\":18,\"stream\":1,"
      "\"ts\":\"2026-11-23T08:11:44.423456Z\"},\"after_ms\":5250.125,\"same_kind\":true,"
      "\"automatic\":false}");
}

TEST(JsonlConduct, LeavesOutWhatIsNotKnown) {
  Conduct open = honoured();
  open.end = ConductEnd::open;
  open.next.reset();
  open.title_id.reset();
  open.user.clear();
  EXPECT_EQ(written(open),
            "{\"ts\":\"2026-11-23T08:11:39.123456Z\",\"end\":\"open\",\"status\":429,"
            "\"retry_after_s\":5,\"method\":\"PUT\",\"target\":\"session\",\"answer\":{\"conn\":17,"
            "\"stream\":3,\"ts\":\"2026-11-23T08:11:39.123456Z\"}}");
}

TEST(JsonlConduct, SaysWhatItCorrectsAndHidesSecrets) {
  Conduct ignored = honoured();
  ignored.end = ConductEnd::ignored;
  ignored.corrects = ConductEnd::honoured;
  ignored.method = "Bearer\x1b eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
  const std::string text = written(ignored);
  EXPECT_NE(text.find("\"end\":\"ignored\",\"corrects\":\"honoured\""), std::string::npos);
  EXPECT_EQ(text.find("eyJhbGci"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace mpsdscope

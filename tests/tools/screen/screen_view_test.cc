#include "tools/screen/screen_view.h"

#include <initializer_list>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/tools/testing/sample_records.h"
#include "tools/text_width.h"
#include "tools/utf8.h"

namespace mpsdscope {
namespace {

using testing::exchange;
using testing::throttled;
using testing::with_finding;

ScreenModel model_of(ScreenSize size, const std::vector<Record>& records) {
  ScreenModel model;
  model.resize(size);
  ScreenFeed feed("play.jsonl");
  for (const Record& record : records) feed.push(record);
  model.take(feed.take(true), Duration::zero(), std::chrono::milliseconds(200));
  return model;
}

std::vector<Record> story() {
  Record created = exchange(0, 201, "201");
  created.method = "PUT";
  Record element = exchange(2, 412, "412-session");
  element.method = "PUT";
  element.target = "element";
  element.element = "members/me";
  element.user_id = "2533274908822001";
  Record limited = throttled(3);
  limited.limit = ThrottleLimit{31, 30, 15, "Rate"};
  Record event;
  event.kind = RecordKind::event;
  event.type = "event";
  event.time = testing::second(4);
  event.event = "client_distrusts_ca";
  event.client = "192.0.2.9:4711";
  event.message = "the client refused our certificate";
  event.event_severity = Severity::warning;
  return {created, exchange(1),
          with_finding(element, "412-no-etag", Severity::error, "the 412 has no ETag"), limited,
          event};
}

TEST(ScreenView, LogAt80x24) {
  const Grid grid = render(model_of({80, 24}, story()));
  const std::vector<std::string> expected{
      " Log  Titles  Detail  5 of 5 ─────────────────────────────────────────────────────",
      "  08:11:39.000 0A6D2730 …811003 PUT    session foundry 201              35.0 ms",
  };
  for (std::size_t row = 0; row < expected.size(); ++row) {
    EXPECT_EQ(grid.row_text(row), expected[row]);
  }
  for (std::size_t row = 6; row < 23; ++row) EXPECT_EQ(grid.row_text(row), "") << row;
}

}  // namespace
}  // namespace mpsdscope

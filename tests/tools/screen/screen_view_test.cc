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
  limited.limit.emplace();
  limited.limit->current = 31;
  limited.limit->max = 30;
  limited.limit->period_s = 15;
  limited.limit->type = "Rate";
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

// The rows that hold something, without the lines that fill up headings.
std::vector<std::string> rows_of(const Grid& grid) {
  std::vector<std::string> rows;
  for (std::size_t row = 0; row < grid.height(); ++row) {
    std::string text = grid.row_text(row);
    for (std::size_t at = 0; (at = text.find("─")) != text.npos;) text.erase(at, 3);
    text.erase(text.find_last_not_of(' ') + 1);
    if (!text.empty()) rows.push_back(std::move(text));
  }
  return rows;
}

const std::string kStatus80 =
    " FOLLOW  5 records, 1 error  0.0/s  lag 200.0 ms  play.jsonl             ? help";

TEST(ScreenView, LogAt80x24) {
  const Grid grid = render(model_of({80, 24}, story()));
  EXPECT_EQ(rows_of(grid),
            (std::vector<std::string>{
                " Log  Titles  Detail  5 of 5",
                "  08:11:39.000 0A6D2730 …11003 PUT    session foundry   201              35.0 ms",
                "  08:11:40.000 0A6D2730 …11003 GET    session foundry   200              35.0 ms",
                "E 08:11:41.000 0A6D2730 …22001 PUT    element …mbers/me 412-session      35.0 ms",
                "  08:11:42.000 0A6D2730 …11003 GET    session foundry   429              35.0 ms",
                "W 08:11:43.000 client_distrusts_ca 192.0.2.9:4711: the client refused our certi…",
                kStatus80}));
  EXPECT_EQ(grid.row_text(23), kStatus80);
  EXPECT_EQ(grid.at(3, 0).ink.style, Style::bold_red);
  EXPECT_TRUE(grid.at(5, 79).ink.reversed);  // selected
  EXPECT_FALSE(grid.at(4, 0).ink.reversed);
}

TEST(ScreenView, TitlesAt80x24) {
  ScreenModel model = model_of({80, 24}, story());
  model.key(keys::kTab);
  EXPECT_EQ(rows_of(render(model)),
            (std::vector<std::string>{
                " Log  Titles  Detail  1 title, 4 calls",
                "TITLE           CALLS   429s  429/15s 5 MIN              BURST  SUST.      FOUND",
                "0A6D2730            4      1   25.0 %                ▁▄   10 %    1 %         1e",
                kStatus80}));
}

// Of another limit, of which the log tells that there were more than it counts one by one.
TEST(ScreenView, SharesThatMayBeMoreSaySo) {
  std::vector<Record> records = story();
  Record rates;
  rates.kind = RecordKind::rates;
  rates.type = "rates";
  rates.time = testing::second(4);
  rates.title_id = records.front().title_id;
  rates.rates.resize(2);
  rates.rates[1].user = "2533274908811003";
  rates.rates[1].limits = {{"stats", {15, 1'000, 16'384, 16'384, true}, {}}};
  records.push_back(rates);
  ScreenModel model = model_of({80, 24}, records);
  model.key(keys::kTab);
  const std::string row = render(model).row_text(2);
  EXPECT_NE(row.find(" ≥1638%    1 % "), row.npos) << row;
}

TEST(ScreenView, DetailAt80x24) {
  ScreenModel model = model_of({80, 24}, story());
  for (const Key key : {Key{U'g'}, Key{U'j'}, Key{U'j'}, keys::kEnter}) model.key(key);
  EXPECT_EQ(
      rows_of(render(model)),
      (std::vector<std::string>{
          " Log  Titles  Detail  1-22 of 34",
          "PUT          https://sessiondirectory.xboxlive.com/serviceconfigs/7492baca/sessi",
          "             ontemplates/quick/sessions/foundry",
          "answer       412 Precondition failed, row 412-session",
          "meaning      If-Match of a PUT or DELETE does not hold; the session as it is now",
          "             is returned whole, with its current ETag.",
          "completed    2026-11-23 08:11:41.000 UTC",
          "took         35.0 ms",
          "Findings",
          "error 412-no-etag",
          "  the 412 has no ETag",
          "  The session comes with its current ETag so that the client can write again at",
          "  once. Without it the client has to read the session first, or will be refused",
          "  again with the old one.",
          "  Source: MPSD status table, row 412 with session",
          "Facts",
          "title        0A6D2730",
          "target       element",
          "user         2533274908822001",
          "SCID         7492baca",
          "template     quick",
          " f follows  5 records, 1 error  0.0/s  lag 200.0 ms  play.jsonl          ? help"}));
  model.key(U'G');
  const std::string text = render(model).text();
  EXPECT_NE(text.find("Session foundry\n"
                      "  08:11:39.000  PUT    session              201              "
                      "2533274908811003\n"
                      "  08:11:40.000  GET    session              200              "
                      "2533274908811003\n"
                      "> 08:11:41.000  PUT    members/me           412-session      "
                      "2533274908822001  !\n"
                      "  08:11:42.000  GET    session              429              "
                      "2533274908811003\n"),
            std::string::npos)
      << text;
}

TEST(ScreenView, DetailHasAdviceHeadsAndBodies) {
  Record record =
      with_finding(exchange(5, 412, "412-session"), "stale-etag-retry", Severity::error);
  record.findings[0].advice = "write with the ETag that came";
  record.findings[0].exchanges = {{4, 9, testing::second(1)}, {7, 1, testing::second(5)}};
  record.request.headers = {{"Authorization", "REDACTED"}, {"X-Odd", "a\x1b"}};
  record.request.body = R"({"members":{"me":null}})";
  record.response.body = "slow down";
  record.response.cut = true;
  const ScreenModel model = model_of({300, 100}, {record});
  std::string text;
  for (const TextLine& line : model.detail()) {
    for (const TextSpan& span : line) text += span.text;
    text += '\n';
  }
  EXPECT_NE(text.find("  after 08:11:40.000 (conn 4, stream 9)\n  write with the ETag that came\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("Request\nAuthorization: REDACTED\nX-Odd: a\\u{001b}\n\n{\n  \"members\": {\n"
                      "    \"me\": null\n  }\n}\n\nResponse\nslow down\n"
                      "… the log holds no more of it\n"),
            std::string::npos)
      << text;
}

TEST(ScreenView, NotificationsStandInColumns) {
  Record told;
  told.kind = RecordKind::notification;
  told.type = "notification";
  told.event = "tap";
  told.time = testing::second(0);
  told.scid = "7492baca";
  told.template_name = "quick";
  told.session = "foundry";
  told.change_number = 12;
  ScreenModel model = model_of({80, 24}, {exchange(0), told});
  EXPECT_EQ(render(model).row_text(2).substr(0, 15), "  08:11:39.000 ");
  model.key(keys::kEnter);
  const std::string text = render(model).text();
  EXPECT_NE(text.find("change       12"), std::string::npos) << text;
  EXPECT_NE(text.find("Session foundry"), std::string::npos) << text;
}

TEST(ScreenView, AllPanesBesideEachOtherAt300x100) {
  ScreenModel model = model_of({300, 100}, story());
  for (const Key key : {Key{U'g'}, Key{U'j'}, Key{U'j'}}) model.key(key);
  const Grid grid = render(model);
  const auto expect = [&](std::size_t row, const std::string& left, const std::string& right) {
    std::string line = left;
    line.append(180 - std::min<std::size_t>(180, columns_of(left)), ' ');
    EXPECT_EQ(grid.row_text(row), line + "│" + right) << row;
  };
  EXPECT_EQ(grid.row_text(0).substr(0, 13), " Log  3 of 5 ");
  EXPECT_NE(grid.row_text(0).find("│ Titles  1 title, 4 calls ─"), std::string::npos);
  expect(1,
         "  08:11:39.000  0A6D2730  2533274908811003  PUT     session quick/foundry        201     "
         "201               35.0 ms",
         "TITLE           CALLS   429s  429/15s 5 MIN                           BURST  SUST.      "
         "FOUND BUSIEST USER");
  expect(
      2,
      "  08:11:40.000  0A6D2730  2533274908811003  GET     session quick/foundry        200     "
      "200               35.0 ms",
      "0A6D2730            4      1   25.0 %                             ▁▄   10 %    1 %        "
      " 1e 2533274908811003");
  expect(3,
         "E 08:11:41.000  0A6D2730  2533274908822001  PUT     element foundry/members/me   412     "
         "412-session       35.0 ms  412-no-etag: the 412 has no ETag",
         "");
  expect(4,
         "  08:11:42.000  0A6D2730  2533274908811003  GET     session quick/foundry        429     "
         "429               35.0 ms  limit 30 in 15 s (Rate), 31 counted by the service",
         "");
  EXPECT_NE(grid.row_text(12).find("│ Detail ─"), std::string::npos);
  expect(13, "",
         "PUT          "
         "https://sessiondirectory.xboxlive.com/serviceconfigs/7492baca/sessiontemplates/quick/"
         "sessions/foundry");
  for (std::size_t row = 50; row < 99; ++row) expect(row, "", "");
  EXPECT_EQ(grid.row_text(99).substr(0, 24), " f follows  5 records, 1");
}

TEST(ScreenView, AllPanesBeneathEachOtherAt70x50) {
  EXPECT_EQ(rows_of(render(model_of({70, 50}, story()))),
            (std::vector<std::string>{
                " Titles  1 title, 4 calls",
                "TITLE           CALLS   429s  429/15s 5 MIN    BURST  SUST.      FOUND",
                "0A6D2730            4      1   25.0 %      ▁▄   10 %    1 %         1e",
                " Log  5 of 5", "  08:11:39.000 0A6D2730 …11003 PUT    session foundry  201",
                "  08:11:40.000 0A6D2730 …11003 GET    session foundry  200",
                "E 08:11:41.000 0A6D2730 …22001 PUT    element…mbers/me 412-session",
                "  08:11:42.000 0A6D2730 …11003 GET    session foundry  429",
                "W 08:11:43.000 client_distrusts_ca 192.0.2.9:4711: the client refused…", " Detail",
                "client_distrusts_ca", "time         2026-11-23 08:11:43.000 UTC",
                "client       192.0.2.9:4711", "the client refused our certificate",
                " FOLLOW  5 records, 1 error  0.0/s  lag 200.0 ms  play.jsonl   ? help"}));
}

TEST(ScreenView, TinySizes) {
  EXPECT_EQ(rows_of(render(model_of({30, 4}, story()))),
            (std::vector<std::string>{" Log  Titles  Detail  5 of 5", "  sessi…oundry 429",
                                      "W 08:11:43.000 client_distrus…",
                                      " FOLLOW                ? help"}));
  EXPECT_EQ(render(model_of({1, 1}, story())).text(), "\n");
  EXPECT_EQ(render(model_of({0, 0}, story())).text(), "");
}

TEST(ScreenView, WideCharactersKeepTheColumns) {
  Record record = exchange(0);
  record.session = "中文中文中文中文中文中文中文中文";
  const Grid grid = render(model_of({80, 24}, {record, exchange(1)}));
  EXPECT_EQ(grid.row_text(1),
            "  08:11:39.000 0A6D2730 …11003 GET    session …中文中文 200              35.0 ms");
  EXPECT_EQ(columns_of(grid.row_text(1)), columns_of(grid.row_text(2)));
}

TEST(ScreenView, SaysWhatItDoesNotHoldOrList) {
  ScreenModel model({3, std::size_t{1} << 30});
  model.resize({80, 24});
  EXPECT_EQ(render(model).row_text(1), "No record yet.");
  ScreenFeed feed("");
  for (const Record& record : story()) feed.push(record);
  ScreenBatch batch = feed.take(true);
  batch.dropped = 1'234;
  model.take(std::move(batch), Duration::zero(), std::nullopt);
  EXPECT_NE(render(model).row_text(0).find("3 of 3  (the last 3 are held)"), std::string::npos);
  EXPECT_NE(render(model).row_text(23).find("1,234 not listed: too fast"), std::string::npos);
  for (const char32_t key : std::u32string_view(U"/row:409\n")) model.key(key);
  EXPECT_EQ(render(model).row_text(1), "Nothing matches the filter: / changes it, a lists all.");
}

// Everything that a log may hold, at every size and in every pane: only characters that print.
TEST(ScreenView, NothingRawGetsIntoAGrid) {
  const std::string hostile =
      std::string("\x1b]0;pwned\x07\x1b[2J\x9b\xff\xc3 \xe2\x80\xae\r\n\t") + '\0' +
      "e\xcc\x81 \xf0\x9f\x91\xa9\xe2\x80\x8d 中" + std::string(70'000, 'x');
  Record record = with_finding(exchange(0, 412, hostile), hostile, Severity::error, hostile);
  for (std::string Record::*text :
       {&Record::host, &Record::method, &Record::uri, &Record::variant, &Record::target,
        &Record::scid, &Record::template_name, &Record::session, &Record::element, &Record::handle,
        &Record::user_id, &Record::user_hash, &Record::etag, &Record::correlation_id,
        &Record::client, &Record::server, &Record::malformed}) {
    record.*text += hostile;
  }
  record.defects = {hostile};
  record.limit.emplace();
  record.limit->type = hostile;
  Record event;
  event.kind = RecordKind::event;
  event.event = event.client = event.message = event.host = hostile;
  Record other;
  other.type = other.message = hostile;
  for (const ScreenSize size : std::initializer_list<ScreenSize>{
           {1, 2}, {2, 3}, {9, 5}, {30, 8}, {80, 24}, {100, 50}, {300, 100}}) {
    ScreenModel model = model_of(size, {record, event, other});
    model.set_filter("");
    for (const char32_t key : std::u32string_view(U"g\t\t\tjGkky\x1bm\x1b?\x1b/\xe9(\n")) {
      model.key(key);
      const Grid grid = render(model);
      for (std::size_t row = 0; row < size.height; ++row) {
        for (std::size_t column = 0; column < size.width; ++column) {
          const char32_t code = grid.at(row, column).code;
          const bool half =
              code == 0 && column > 0 && columns_of(grid.at(row, column - 1).code) == 2;
          ASSERT_TRUE(half || (columns_of(code) > 0 && !is_invisible_control(code)))
              << row << ' ' << column << ' ' << static_cast<unsigned>(code);
        }
      }
    }
  }
}

}  // namespace
}  // namespace mpsdscope

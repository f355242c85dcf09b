#include "tools/screen/screen_model.h"

#include <initializer_list>
#include <string>

#include <gtest/gtest.h>

#include "tests/tools/testing/sample_records.h"
#include "tools/screen/screen_view.h"

namespace mpsdscope {
namespace {

using testing::exchange;
using testing::throttled;
using testing::with_finding;

struct Screen {
  explicit Screen(ScreenSize size = {80, 24}) { model.resize(size); }

  void take(std::vector<Record> records, std::int64_t at_ms = 0) {
    for (const Record& record : records) feed.push(record);
    model.take(feed.take(true), std::chrono::milliseconds(at_ms), std::chrono::milliseconds(200));
  }
  ScreenEffect press(Key key) { return model.key(key); }
  void type(std::u32string_view keys) {
    for (const char32_t key : keys) model.key(key);
  }
  std::string text() const { return render(model).text(); }
  std::string row(std::size_t row) const { return render(model).row_text(row); }
  bool shows(std::string_view what) const { return text().find(what) != std::string::npos; }

  ScreenFeed feed{"play.jsonl"};
  ScreenModel model;
};

std::vector<Record> some(int count) {
  std::vector<Record> records;
  for (int i = 0; i < count; ++i) {
    records.push_back(i % 4 == 3 ? throttled(i) : exchange(i));
  }
  return records;
}

TEST(ScreenModel, TheMouseScrollsAndSelects) {
  using Kind = MouseEvent::Kind;
  Screen screen({200, 40});  // all panes: the log on the left
  screen.take(some(100));
  EXPECT_FALSE(screen.model.takes_mouse());
  screen.type(U"M");
  EXPECT_TRUE(screen.model.takes_mouse());
  const auto selected = [&] { return screen.model.list().selected(); };
  screen.model.mouse({Kind::wheel_up, 5, 5});
  EXPECT_EQ(selected(), 96U);
  screen.model.mouse({Kind::wheel_down, 5, 5});
  EXPECT_EQ(selected(), 99U);
  screen.type(U"g");
  screen.model.mouse({Kind::press, 1, 5});  // beneath the heading
  EXPECT_EQ(selected(), 0U);
  screen.model.mouse({Kind::press, 8, 5});
  EXPECT_EQ(selected(), 7U);
  screen.model.mouse({Kind::press, 0, 5});  // on the heading
  EXPECT_EQ(selected(), 7U);

  const Area& detail = screen.model.layout().detail;
  screen.model.mouse({Kind::wheel_down, detail.top + 1, detail.left});
  EXPECT_EQ(screen.model.focus(), Pane::log);
  EXPECT_EQ(selected(), 7U);
  screen.model.mouse({Kind::press, detail.top + 1, detail.left});
  EXPECT_EQ(screen.model.focus(), Pane::detail);
  for (const std::size_t row : {39U, 40U, 100'000U}) {  // the status line, and nowhere
    screen.model.mouse({Kind::press, row, 5});
    screen.model.mouse({Kind::wheel_down, row, 5});
  }
  EXPECT_EQ(screen.model.focus(), Pane::detail);

  screen.type(U"?");
  screen.model.mouse({Kind::press, 8, 5});  // not through what is above it
  EXPECT_EQ(screen.model.focus(), Pane::detail);
  screen.press(keys::kEscape);
  screen.model.mouse({Kind::press, 30, 5});
  EXPECT_EQ(selected(), 29U);
  Screen few({200, 40});
  few.take(some(3));
  few.model.mouse({Kind::press, 20, 5});  // beneath the last one
  EXPECT_EQ(few.model.list().selected(), 2U);
  Screen none({200, 40});
  none.model.mouse({Kind::press, 1, 5});
  none.model.mouse({Kind::wheel_up, 1, 5});
  EXPECT_FALSE(none.model.list().selected());
}

TEST(ScreenModel, KeysMoveInTheList) {
  Screen screen;
  screen.take(some(100));
  const auto selected = [&] { return screen.model.list().selected(); };
  EXPECT_EQ(selected(), 99U);
  screen.type(U"kk");
  screen.press(keys::kUp);
  EXPECT_EQ(selected(), 96U);
  screen.type(U"j");
  screen.press(keys::kDown);
  EXPECT_EQ(selected(), 98U);
  screen.type(U"g");
  EXPECT_EQ(selected(), 0U);
  screen.type(U" ");
  EXPECT_EQ(selected(), 21U);  // a page is one row less than the 22 rows of the list
  screen.type(U"b");
  EXPECT_EQ(selected(), 0U);
  screen.press(keys::kPageDown);
  screen.press(keys::kPageUp);
  screen.press(keys::kEnd);
  EXPECT_EQ(selected(), 99U);
  screen.press(keys::kHome);
  EXPECT_FALSE(screen.model.list().follows());
  screen.type(U"f");
  EXPECT_TRUE(screen.model.list().follows());
  EXPECT_EQ(selected(), 99U);
}

TEST(ScreenModel, TheFilterIsTypedAndItsErrorsPoint) {
  Screen screen;
  screen.take(some(20));
  screen.type(U"/row:429 and (");
  EXPECT_TRUE(screen.shows("filter: row:429 and ("));
  screen.press(keys::kEnter);
  EXPECT_TRUE(screen.model.prompt().is_open());
  EXPECT_EQ(screen.model.list().size(), 20U);
  EXPECT_NE(screen.row(23).find("column 14"), std::string::npos) << screen.text();
  screen.press(keys::kEnd);
  screen.press(keys::kBackspace);
  for (int i = 0; i < 5; ++i) screen.press(keys::kBackspace);
  screen.press(keys::kEnter);
  EXPECT_FALSE(screen.model.prompt().is_open());
  EXPECT_EQ(screen.model.filter_text(), "row:429");
  EXPECT_EQ(screen.model.list().size(), 5U);
  EXPECT_TRUE(screen.shows("filter row:429"));

  screen.type(U"/ x");  // what is there already is not lost by leaving
  screen.press(keys::kEscape);
  EXPECT_EQ(screen.model.filter_text(), "row:429");
  screen.type(U"/");
  screen.press(keys::kEraseLine);
  screen.press(keys::kEnter);
  EXPECT_EQ(screen.model.list().size(), 20U);
}

TEST(ScreenModel, LettersInThePromptAreNoCommands) {
  Screen screen;
  screen.take(some(4));
  screen.press(U'/');
  for (const Key key : {Key{U'q'}, Key{U'?'}, Key{U'p'}}) EXPECT_FALSE(screen.press(key).quit);
  EXPECT_EQ(screen.model.prompt().text(), "q?p");
  EXPECT_FALSE(screen.model.list().paused());
}

TEST(ScreenModel, MatchesAreFoundAmongAll) {
  Screen screen;
  screen.take(some(20));
  screen.type(U"/row:429\n");
  screen.type(U"ag");
  EXPECT_EQ(screen.model.list().size(), 20U);
  screen.type(U"nn");
  EXPECT_EQ(screen.model.list().selected(), 7U);
  screen.type(U"N");
  EXPECT_EQ(screen.model.list().selected(), 3U);
  screen.type(U"N");
  EXPECT_TRUE(screen.shows("no match before this one"));
}

TEST(ScreenModel, GoesToViolations) {
  Screen screen;
  screen.take(some(5));
  screen.take({with_finding(exchange(5), "412-no-etag", Severity::error), exchange(6)});
  screen.type(U"g");
  screen.type(U"e");
  EXPECT_EQ(screen.model.list().selected(), 5U);
  screen.type(U"e");
  EXPECT_TRUE(screen.shows("no further violation"));
  screen.type(U"GE");
  EXPECT_EQ(screen.model.list().selected(), 5U);
}

TEST(ScreenModel, PanesAreVisitedInTurn) {
  Screen screen;
  screen.take(some(3));
  EXPECT_EQ(screen.model.focus(), Pane::log);
  screen.press(keys::kTab);
  EXPECT_EQ(screen.model.focus(), Pane::titles);
  screen.press(keys::kTab);
  EXPECT_EQ(screen.model.focus(), Pane::detail);
  screen.press(keys::kTab);
  screen.press(keys::kBackTab);
  EXPECT_EQ(screen.model.focus(), Pane::detail);
  screen.press(keys::kEscape);
  EXPECT_EQ(screen.model.focus(), Pane::log);
  screen.press(keys::kEnter);
  EXPECT_EQ(screen.model.focus(), Pane::detail);
  EXPECT_TRUE(screen.shows("Facts"));
  screen.type(U"h");
  EXPECT_EQ(screen.model.focus(), Pane::log);
  screen.type(U"l");
  EXPECT_EQ(screen.model.focus(), Pane::detail);
}

TEST(ScreenModel, DetailScrollsAndBeginsAnewWithAnotherRecord) {
  Screen screen({80, 10});
  screen.take({with_finding(exchange(0), "412-no-etag", Severity::error), exchange(1)});
  screen.type(U"g\n");
  const std::size_t lines = screen.model.detail().size();
  ASSERT_GT(lines, 20U);
  screen.type(U"jj");
  EXPECT_EQ(screen.model.first_detail(), 2U);
  screen.type(U"G");
  EXPECT_EQ(screen.model.first_detail(), lines - 8);  // 8 rows between heading and status line
  screen.type(U"jb");
  EXPECT_EQ(screen.model.first_detail(), lines - 15);
  screen.type(U"hjl");
  EXPECT_EQ(screen.model.first_detail(), 0U);
}

TEST(ScreenModel, PauseHoldsListAndTitles) {
  Screen screen;
  screen.take(some(4));
  screen.type(U"p");
  screen.take(some(3));
  EXPECT_EQ(screen.model.list().size(), 4U);
  EXPECT_EQ(screen.model.titles().front().calls, 4U);
  EXPECT_EQ(screen.model.totals().records, 7U);
  EXPECT_TRUE(screen.shows("PAUSED +3"));
  screen.type(U"p");
  screen.take({});
  EXPECT_EQ(screen.model.list().size(), 7U);
  EXPECT_EQ(screen.model.titles().front().calls, 7U);
}

TEST(ScreenModel, CopiesTheRequestAsCurl) {
  Screen screen;
  EXPECT_EQ(screen.press(U'y').copy, "");
  EXPECT_TRUE(screen.shows("nothing to copy"));
  screen.take(some(1));
  const ScreenEffect effect = screen.press(U'y');
  EXPECT_EQ(effect.copy.substr(0, 14), "curl -X 'GET' ");
  EXPECT_TRUE(screen.shows("curl -X 'GET'"));
  EXPECT_FALSE(screen.press(keys::kEscape).quit);
  EXPECT_FALSE(screen.shows("curl"));
}

TEST(ScreenModel, HelpHasEveryKeyAndQuitQuits) {
  Screen screen({100, 30});
  screen.type(U"?");
  for (const char* key : {"previous, next record", "follow", "filter", "curl", "quit"}) {
    EXPECT_TRUE(screen.shows(key)) << key;
  }
  EXPECT_FALSE(screen.press(U'q').quit);  // closes the help
  EXPECT_TRUE(screen.press(U'q').quit);
  EXPECT_TRUE(screen.press(keys::kRedraw).redraw);
}

TEST(ScreenModel, MessagesStandInTheStatusLineForAWhile) {
  Screen screen;
  screen.feed.tell(Severity::warning, "the disk is full");
  screen.take(some(1), 1'000);
  EXPECT_NE(screen.row(23).find("the disk is full"), std::string::npos);
  screen.take({}, 12'000);
  EXPECT_EQ(screen.row(23).find("the disk is full"), std::string::npos);
  screen.type(U"m");
  EXPECT_TRUE(screen.shows("the disk is full"));
}

TEST(ScreenModel, RecordsPerSecond) {
  Screen screen;
  screen.take(some(100), 0);
  screen.take(some(50), 1'000);
  EXPECT_DOUBLE_EQ(screen.model.records_per_second(), 50);
  screen.take({}, 2'000);
  screen.take({}, 3'000);
  screen.take({}, 4'000);
  EXPECT_DOUBLE_EQ(screen.model.records_per_second(), 0);
}

TEST(ScreenModel, EverySizeTakesEveryKey) {
  for (const ScreenSize size : std::initializer_list<ScreenSize>{
           {0, 0}, {1, 1}, {2, 1}, {1, 40}, {7, 3}, {80, 2}, {80, 24}, {300, 100}, {159, 60}}) {
    Screen screen(size);
    for (int round = 0; round < 2; ++round) {
      for (Key key = 1; key < 128; ++key) screen.press(key == U'q' ? Key{U'j'} : key);
      for (Key key = keys::kUp; key <= keys::kUnknown; ++key) screen.press(key);
      const Grid grid = render(screen.model);
      EXPECT_EQ(grid.width(), size.width);
      EXPECT_EQ(grid.height(), size.height);
      screen.take({with_finding(exchange(0), "412-no-etag", Severity::error), throttled(1)});
    }
  }
}

}  // namespace
}  // namespace mpsdscope

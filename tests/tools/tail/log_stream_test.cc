#include "tools/tail/log_stream.h"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/capture/temporary_folder.h"

namespace mpsdscope {
namespace {

const CaptureTime kStart{std::chrono::seconds(1'800'000'000)};

// A record of that second, told apart by its session.
std::string record(int second, const std::string& session) {
  return R"({"type":"exchange","ts":")" + format_rfc3339(kStart + std::chrono::seconds(second)) +
         R"(","target":"session","session":")" + session + R"(","defects":[],"violations":[]})";
}

class LogStreamTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name = "log") const { return folder_.path(name); }
  void append(const std::string& text, const std::string& name = "log") const {
    std::ofstream(path(name), std::ios::binary | std::ios::app) << text;
  }
  void add(int second, const std::string& session, const std::string& name = "log") const {
    append(record(second, session) + "\n", name);
  }

  void open(LogStreamOptions options = {}) {
    if (options.paths.empty()) options.paths = {path()};
    auto opened = LogStream::open(options);
    if (!opened) {
      why_ = opened.error().message;
    } else {
      stream_.emplace(std::move(*opened));
    }
  }

  // What is listed until nothing more comes: "a b".
  std::string listed() {
    std::string sessions;
    while (stream_->next(entry_) == LogStream::Status::record) {
      if (!entry_.listed) continue;
      if (!sessions.empty()) sessions += ' ';
      sessions += entry_.record.session;
    }
    return sessions;
  }
  bool has_ended() { return stream_->next(entry_) == LogStream::Status::ended; }
  std::string news() {
    std::string all;
    for (const auto& [severity, text] : stream_->take_news()) {
      all += (severity == Severity::warning ? "warning: " : "") + text + "\n";
    }
    return all;
  }

  testing::TemporaryFolder folder_;
  std::optional<LogStream> stream_;
  LogEntry entry_;
  std::string why_;
};

TEST_F(LogStreamTest, GrowsAndWaitsForTheRestOfALine) {
  add(0, "a");
  open();
  EXPECT_EQ(listed(), "a");
  EXPECT_FALSE(entry_.fresh);
  const std::string line = record(1, "b");
  append(line.substr(0, 20));
  EXPECT_EQ(listed(), "");
  append(line.substr(20));
  EXPECT_EQ(listed(), "");
  append("\n");
  EXPECT_EQ(listed(), "b");
  EXPECT_TRUE(entry_.fresh);
  EXPECT_EQ(stream_->counts().damaged, 0u);
  EXPECT_FALSE(has_ended());
}

TEST_F(LogStreamTest, EndsWhenItDoesNotFollow) {
  add(0, "a");
  append(record(1, "b"));  // its line has no end
  LogStreamOptions options;
  options.follow = false;
  open(options);
  EXPECT_EQ(listed(), "a b");
  EXPECT_FALSE(entry_.fresh);
  EXPECT_TRUE(has_ended());
}

TEST_F(LogStreamTest, AHalfRecordAtTheEndIsDamage) {
  add(0, "a");
  append(record(1, "b").substr(0, 30));
  LogStreamOptions options;
  options.follow = false;
  open(options);
  EXPECT_EQ(listed(), "a");
  EXPECT_EQ(stream_->counts().damaged, 1u);
}

TEST_F(LogStreamTest, TheLastRecords) {
  for (int i = 0; i < 30; ++i) add(i, "s" + std::to_string(i));
  LogStreamOptions options;
  options.last = 3;
  open(options);
  EXPECT_EQ(listed(), "s27 s28 s29");
  add(30, "s30");
  EXPECT_EQ(listed(), "s30");
  options.last = 0;
  open(options);
  EXPECT_EQ(listed(), "");
}

TEST_F(LogStreamTest, TheLastThatMatch) {
  for (int i = 0; i < 30; ++i) add(i, (i % 10 == 0 ? "tenth" : "s") + std::to_string(i));
  LogStreamOptions options;
  options.last = 2;
  options.filter = std::get<Filter>(Filter::parse("session:tenth"));
  open(options);
  EXPECT_EQ(listed(), "tenth10 tenth20");
  EXPECT_EQ(stream_->counts().records, 20u);
  EXPECT_EQ(stream_->counts().listed, 2u);
}

TEST_F(LogStreamTest, SaysWhenItGaveUpSearching) {
  for (int i = 0; i < 10'000; ++i) append(record(i, "s") + "\n");
  LogStreamOptions options;
  options.last = 1;
  options.most_searched = 300'000;
  options.filter = std::get<Filter>(Filter::parse("session:nowhere"));
  open(options);
  EXPECT_NE(news().find("-n all searches everything"), std::string::npos);
}

TEST_F(LogStreamTest, OnlyRecordsAreCountedAsTheLast) {
  for (int i = 0; i < 20; ++i) {
    add(i, "a" + std::to_string(i), "a");
    add(i, "b" + std::to_string(i), "b");
  }
  for (const char* name : {"a", "b"}) {
    for (int i = 0; i < 20; ++i) append("warning: not a record\n{\"type\":\"exch\n", name);
  }
  LogStreamOptions options;
  options.paths = {path("a")};
  options.last = 3;
  open(options);
  EXPECT_EQ(listed(), "a17 a18 a19");
  options.paths = {path("a"), path("b")};
  open(options);
  EXPECT_EQ(listed(), "b18 a19 b19");
  for (int i = 20; i < 24; ++i) add(i, "a" + std::to_string(i), "a");
  EXPECT_EQ(listed(), "a20 a21 a22 a23");
}

TEST_F(LogStreamTest, WhatIsNewIsNeverPassedOver) {
  for (const char* name : {"a", "b"}) {
    for (int i = 0; i < 20; ++i) add(i, name + std::to_string(i), name);
  }
  LogStreamOptions options;
  options.paths = {path("a"), path("b")};
  options.last = 5;
  open(options);
  // The records that were to be passed over are gone.
  for (const char* name : {"a", "b"}) {
    std::filesystem::resize_file(path(name), 0);
    add(30, name + std::string("30"), name);
  }
  EXPECT_EQ(listed(), "a30 b30");
}

TEST_F(LogStreamTest, AHalfWrittenLineIsNotLostWhereNothingIsListedYet) {
  const std::string half = record(1, "half");
  for (const char* filter : {"", "session:half"}) {
    std::filesystem::remove(path());
    add(0, "a");
    append(half.substr(0, 25));
    LogStreamOptions options;
    options.last = *filter == '\0' ? 0 : 20;
    options.filter = std::get<Filter>(Filter::parse(filter));
    open(options);
    EXPECT_EQ(listed(), "");
    append(half.substr(25) + "\n");
    EXPECT_EQ(listed(), "half");
    EXPECT_TRUE(entry_.fresh);
    EXPECT_EQ(stream_->counts().damaged, 0u);
  }
}

TEST_F(LogStreamTest, SinceAndUntil) {
  append("{\"type\":\"header\"}\n");
  for (int i = 0; i < 10; ++i) add(i, "s" + std::to_string(i));
  LogStreamOptions options;
  options.since = kStart + std::chrono::seconds(4);
  options.until = kStart + std::chrono::seconds(6);
  options.follow = false;
  open(options);
  EXPECT_EQ(listed(), "s4 s5 s6");
}

TEST_F(LogStreamTest, SeveralLogsMergeByTime) {
  for (const int second : {0, 2, 4, 6}) add(second, "a" + std::to_string(second), "a");
  for (const int second : {1, 2, 3, 7}) add(second, "b" + std::to_string(second), "b");
  LogStreamOptions options;
  options.paths = {path("a"), path("b")};
  open(options);
  EXPECT_EQ(listed(), "a0 b1 a2 b2 b3 a4 a6 b7");
  options.last = 3;
  open(options);
  EXPECT_EQ(listed(), "a4 a6 b7");
  add(8, "a8", "a");  // the other one is not waited for
  EXPECT_EQ(listed(), "a8");
}

TEST_F(LogStreamTest, AStepBackOfOneLogDoesNotHoldUpTheOthers) {
  add(5, "a5", "a");
  add(1, "a1", "a");
  add(6, "a6", "a");
  add(4, "b4", "b");
  add(7, "b7", "b");
  LogStreamOptions options;
  options.paths = {path("a"), path("b")};
  open(options);
  EXPECT_EQ(listed(), "b4 a5 a1 a6 b7");
}

TEST_F(LogStreamTest, ReplacedByAnotherFile) {
  add(0, "a");
  open();
  EXPECT_EQ(listed(), "a");
  std::filesystem::rename(path(), path("log.1"));
  add(1, "b", "log.1");  // its writer does not know yet
  EXPECT_EQ(listed(), "b");
  append("", "log");
  add(2, "c", "log.1");
  EXPECT_EQ(listed(), "c");
  add(3, "d", "log.1");
  add(4, "e");
  EXPECT_EQ(listed(), "d e");
  EXPECT_NE(news().find("was replaced"), std::string::npos);
  add(5, "f");
  EXPECT_EQ(listed(), "f");
  EXPECT_EQ(stream_->counts().damaged, 0u);
}

TEST_F(LogStreamTest, AHalfLineBeforeAReplacementIsDamage) {
  add(0, "a");
  append("{\"type\":");
  open();
  EXPECT_EQ(listed(), "a");
  std::filesystem::remove(path());
  EXPECT_EQ(listed(), "");
  add(1, "b");
  EXPECT_EQ(listed(), "b");
  EXPECT_EQ(stream_->counts().damaged, 1u);
}

TEST_F(LogStreamTest, Truncated) {
  for (int i = 0; i < 5; ++i) add(i, "s" + std::to_string(i));
  open();
  EXPECT_EQ(listed(), "s0 s1 s2 s3 s4");
  std::filesystem::resize_file(path(), 0);
  EXPECT_EQ(listed(), "");
  EXPECT_NE(news().find("was truncated"), std::string::npos);
  add(6, "t");
  EXPECT_EQ(listed(), "t");
  EXPECT_TRUE(entry_.fresh);
}

TEST_F(LogStreamTest, NotThereYet) {
  open();
  EXPECT_EQ(listed(), "");
  EXPECT_NE(news().find("waiting for it"), std::string::npos);
  append("");
  EXPECT_EQ(listed(), "");
  add(0, "a");
  EXPECT_EQ(listed(), "a");
  EXPECT_TRUE(entry_.fresh);
}

TEST_F(LogStreamTest, AFileThatIsNotThereBesideOthersIsAWarning) {
  add(0, "a");
  LogStreamOptions options;
  options.paths = {path(), path("typo")};
  open(options);
  EXPECT_EQ(news(), "warning: " + path("typo") + " is not there yet; waiting for it\n");
  options.paths = {path("typo")};
  open(options);
  EXPECT_EQ(news(), path("typo") + " is not there yet; waiting for it\n");
}

TEST_F(LogStreamTest, SaysWhatWasReplacedBetweenTwoLooks) {
  using std::filesystem::rename;
  const auto at = [this](const std::string& name, int hours) {
    std::filesystem::last_write_time(
        path(name), std::filesystem::file_time_type::clock::now() + std::chrono::hours(hours));
  };
  for (const auto& [once, twice] : {std::pair("log.1", "log.2"), std::pair("log.8", "log.7")}) {
    add(0, "a");
    at("log", 1);
    open();
    EXPECT_EQ(listed(), "a");
    rename(path(), path(twice));
    append("", "log.3");  // older, another log's, and no log's
    at("log.3", 0);
    append("", "log.1.gz");
    append("", "logs.4");
    add(1, "b");
    at("log", 2);
    rename(path(), path(once));
    add(2, "c");
    EXPECT_EQ(listed(), "c");
    EXPECT_EQ(news(), path() + " was replaced by another file; that one is read now\nwarning: " +
                          path(once) +
                          " came and went too fast: its records are not in this list\n");
    for (const char* name : {"log", once, twice}) std::filesystem::remove(path(name));
  }
  // What was put aside once is read to its end.
  add(0, "a");
  at("log", 1);
  open();
  EXPECT_EQ(listed(), "a");
  rename(path(), path("log.9"));
  add(1, "b");
  EXPECT_EQ(listed(), "b");
  EXPECT_EQ(news().find("warning"), std::string::npos);
}

TEST_F(LogStreamTest, WhatCannotBeReadIsAnError) {
  LogStreamOptions options;
  options.follow = false;
  open(options);
  EXPECT_NE(why_.find("No such file"), std::string::npos) << why_;
  options.follow = true;
  options.paths = {path(".")};
  open(options);
  EXPECT_NE(why_.find("is a directory"), std::string::npos) << why_;
}

TEST_F(LogStreamTest, RubbishIsCountedAndNeverFatal) {
  append("\n\x1b[2J\n{\"type\":\n\xff\xfe\n" + std::string(5'000, 'x') + "\n[1]\n");
  add(0, "a");
  append(std::string("\0\0\n", 3));
  LogStreamOptions options;
  options.longest_line = 1'000;
  options.follow = false;
  open(options);
  EXPECT_EQ(listed(), "a");
  EXPECT_EQ(stream_->counts().damaged, 5u);
  EXPECT_EQ(stream_->counts().overlong, 1u);
  EXPECT_EQ(stream_->counts().records, 1u);
}

}  // namespace
}  // namespace mpsdscope

#include "tools/live_log.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "tests/capture/temporary_folder.h"
#include "tests/tools/testing/sample_calls.h"

namespace mpsdscope {
namespace {

using testing::TemporaryFolder;

class LiveLogTest : public ::testing::Test {
 protected:
  void open(LogFileOptions options) {
    options.path = folder_.path(options.path);
    log_ = open_live_log(std::move(options), {"proxy"}, now_).value();
    log_->begin();
  }
  void write(Duration later = {}) {
    now_ += later;
    log_->call(testing::created_session());
    log_->flush(now_);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& file : std::filesystem::directory_iterator(folder_.path("."))) {
      found.push_back(file.path().filename());
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  // "header exchange exchange"
  std::string types(const std::string& name) const {
    std::ifstream file(folder_.path(name));
    std::string text;
    for (std::string line; std::getline(file, line);) {
      const std::size_t begin = line.find(":\"") + 2;
      text += (text.empty() ? "" : " ") + line.substr(begin, line.find('"', begin) - begin);
      EXPECT_EQ(line.back(), '}');
    }
    return text;
  }

  const TemporaryFolder folder_;
  CaptureTime now_ = testing::at();  // 2026-11-23T08:11:39Z
  std::unique_ptr<LiveOutput> log_;
};

TEST_F(LiveLogTest, EachRecordIsInTheFileWhenItsBatchIsFlushed) {
  open({"play.jsonl", 0, {}});
  EXPECT_EQ(types("play.jsonl"), "header");
  write();
  EXPECT_EQ(types("play.jsonl"), "header exchange");
  write();
  EXPECT_EQ(types("play.jsonl"), "header exchange exchange");
  RunSummary summary;
  log_->end(summary);
  EXPECT_EQ(types("play.jsonl"), "header exchange exchange summary");
}

TEST_F(LiveLogTest, NamesAreFilledInInUtc) {
  open({"play-%Y%m%d-%H%M%S.jsonl", 0, {}});
  EXPECT_EQ(names(), std::vector<std::string>{"play-20261123-081139.jsonl"});
  EXPECT_EQ(log_file_name("100%.jsonl", now_), log_file_name("100%.jsonl", now_));
  EXPECT_EQ(log_file_name("plain", now_), "plain");
}

TEST_F(LiveLogTest, ANewFileAtEveryMultipleOfTheTime) {
  open({"play-%H.jsonl", 0, std::chrono::hours(1)});
  write(std::chrono::minutes(48));  // 08:59
  write(std::chrono::minutes(1));   // 09:00
  write(std::chrono::minutes(30));
  write(std::chrono::hours(5));
  EXPECT_EQ(names(), (std::vector<std::string>{"play-08.jsonl", "play-09.jsonl", "play-14.jsonl"}));
  EXPECT_EQ(types("play-08.jsonl"), "header exchange");
  EXPECT_EQ(types("play-09.jsonl"), "header exchange exchange");
  EXPECT_EQ(types("play-14.jsonl"), "header exchange");
}

TEST_F(LiveLogTest, AFullFileIsPutAsideUnderTheNextFreeNumber) {
  folder_.write("play.1.jsonl", "somebody else's");
  open({"play.jsonl", 2'000, {}});
  for (int i = 0; i < 5; ++i) write();
  EXPECT_EQ(names(), (std::vector<std::string>{"play.1.jsonl", "play.2.jsonl", "play.3.jsonl",
                                               "play.jsonl"}));
  EXPECT_EQ(types("play.2.jsonl"), "header exchange exchange");
  EXPECT_EQ(types("play.3.jsonl"), "header exchange exchange");
  EXPECT_EQ(types("play.jsonl"), "header exchange");
  for (const char* name : {"play.2.jsonl", "play.3.jsonl"}) {
    EXPECT_LE(std::filesystem::file_size(folder_.path(name)), 2'000U);
  }
}

TEST_F(LiveLogTest, ARecordLargerThanTheSizeHasAFileOfItsOwn) {
  open({"play.jsonl", 300, {}});
  write();
  write();
  EXPECT_EQ(types("play.1.jsonl"), "header exchange");
  EXPECT_EQ(types("play.jsonl"), "header exchange");
}

TEST_F(LiveLogTest, ReopeningBeginsAFileWhereTheOldOneWasMovedAway) {
  open({"play.jsonl", 0, {}});
  write();
  std::filesystem::rename(folder_.path("play.jsonl"), folder_.path("moved.jsonl"));
  write();
  log_->reopen(now_);
  write();
  EXPECT_EQ(types("moved.jsonl"), "header exchange exchange");
  EXPECT_EQ(types("play.jsonl"), "header exchange");
}

TEST_F(LiveLogTest, ItGoesOnInTheOldFileWhenANewOneCannotBeMade) {
  std::filesystem::create_directory(folder_.path("09"));
  open({"%H.jsonl", 0, std::chrono::hours(1)});
  std::filesystem::create_directory(folder_.path("09.jsonl"));
  ::testing::internal::CaptureStderr();
  write(std::chrono::hours(1));
  write(std::chrono::milliseconds(1));  // not tried again at once
  EXPECT_EQ(types("08.jsonl"), "header exchange exchange");
  std::filesystem::remove(folder_.path("09.jsonl"));
  write(std::chrono::seconds(2));
  EXPECT_EQ(types("09.jsonl"), "header exchange");
  const std::string told = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(told.find("Is a directory"), told.rfind("Is a directory"));
  EXPECT_NE(told.find("goes on in"), std::string::npos);
}

TEST_F(LiveLogTest, ABatchIsSplitWhereTheFileIsFull) {
  open({"play.jsonl", 2'000, {}});
  for (int i = 0; i < 5; ++i) log_->call(testing::created_session());
  log_->flush(now_);
  EXPECT_EQ(types("play.1.jsonl"), "header exchange exchange");
  EXPECT_EQ(types("play.2.jsonl"), "header exchange exchange");
  EXPECT_EQ(types("play.jsonl"), "header exchange");
}

TEST_F(LiveLogTest, AReopenedFileIsNotRotatedAgainAndOneWithoutRecordsNever) {
  open({"play.jsonl", 0, std::chrono::hours(1)});
  write(std::chrono::hours(3));  // nothing to put aside
  std::filesystem::rename(folder_.path("play.jsonl"), folder_.path("moved.jsonl"));
  log_->reopen(now_ + std::chrono::hours(1));
  write(std::chrono::hours(1));
  EXPECT_EQ(names(), (std::vector<std::string>{"moved.jsonl", "play.jsonl"}));
}

TEST_F(LiveLogTest, AReopeningThatFailsIsTriedAgain) {
  open({"play.jsonl", 0, {}});
  std::filesystem::rename(folder_.path("play.jsonl"), folder_.path("moved.jsonl"));
  std::filesystem::create_directory(folder_.path("play.jsonl"));
  ::testing::internal::CaptureStderr();
  log_->reopen(now_);
  ::testing::internal::GetCapturedStderr();
  std::filesystem::remove(folder_.path("play.jsonl"));
  write(std::chrono::seconds(2));
  EXPECT_EQ(types("play.jsonl"), "header exchange");
}

TEST_F(LiveLogTest, EventsAreRecordsWithoutSecrets) {
  open({"play.jsonl", 0, {}});
  log_->event(
      {ProxyEventKind::upstream_untrusted, 7, {}, "x\x1b.example", "Bearer abcdefghijklmnop"},
      now_);
  std::ifstream file(folder_.path("play.jsonl"));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(text.find("{\"type\":\"event\",\"ts\":\"2026-11-23T08:11:39.123456Z\",\"event\":"
                      "\"upstream_untrusted\",\"conn\":7,"),
            std::string::npos);
  EXPECT_NE(text.find("x\\u001b.example"), std::string::npos);
  EXPECT_EQ(text.find("abcdefghijklmnop"), std::string::npos);
}

}  // namespace
}  // namespace mpsdscope

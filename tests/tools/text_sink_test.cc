#include "tools/text_sink.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mpsdscope {
namespace {

class Directory {
 public:
  Directory() {
    char name[] = "/tmp/text_sink_test.XXXXXX";
    path_ = mkdtemp(name);
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

unsigned mode_of(const std::string& path) {
  struct stat status {};
  stat(path.c_str(), &status);
  return status.st_mode & 0777u;
}

TEST(TextSink, LiveWritesEveryRecord) {
  std::vector<std::string> pieces;
  TextSink sink([&](std::string_view text) { return pieces.emplace_back(text), 0; }, true);
  sink.text() += "one\n";
  sink.commit();
  sink.text() += "two\n";
  sink.commit();
  sink.flush();
  EXPECT_EQ(pieces, (std::vector<std::string>{"one\n", "two\n"}));
}

TEST(TextSink, ElseItWritesWholeRecordsInLargePieces) {
  std::vector<std::string> pieces;
  TextSink sink([&](std::string_view text) { return pieces.emplace_back(text), 0; }, false);
  const std::string record(1'000, 'x');
  for (int i = 0; i < 300; ++i) {
    sink.text() += record;
    sink.commit();
  }
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_EQ(pieces[0].size(), 263'000u);
  sink.flush();
  EXPECT_EQ(pieces.size(), 2u);
}

TEST(TextSink, StopsAtTheFirstFailure) {
  int calls = 0;
  TextSink sink([&](std::string_view) { return ++calls, EPIPE; }, true);
  for (int i = 0; i < 3; ++i) {
    sink.text() += "x\n";
    sink.commit();
  }
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(sink.error(), EPIPE);
}

TEST(WriteAll, TellsTheFailure) {
  EXPECT_EQ(write_all(-1, "x"), EBADF);
  EXPECT_EQ(write_all(-1, ""), 0);
}

TEST(OutputFile, IsForTheUserAlone) {
  const Directory directory;
  const std::string path = directory.file("log");
  {
    auto file = OutputFile::open(path, {});
    ASSERT_TRUE(file);
    EXPECT_EQ(write_all(file->fd(), "text"), 0);
    EXPECT_EQ(file->close(), 0);
  }
  EXPECT_EQ(mode_of(path), 0600u);
  EXPECT_EQ(std::filesystem::file_size(path), 4u);
  chmod(path.c_str(), 0644);
  ASSERT_TRUE(OutputFile::open(path, {}));
  EXPECT_EQ(mode_of(path), 0600u);
  EXPECT_EQ(std::filesystem::file_size(path), 0u);
}

TEST(OutputFile, NeverOverwritesAnInput) {
  const Directory directory;
  const std::string path = directory.file("capture");
  std::ofstream(path) << "packets";
  std::filesystem::create_hard_link(path, directory.file("other"));
  const auto file = OutputFile::open(directory.file("other"), {"-", path});
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().message.find("one of the inputs"), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(path), 7u);
}

TEST(OutputFile, SaysWhatCannotBeOpened) {
  const auto file = OutputFile::open("/nonexistent/log", {});
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message, "cannot write /nonexistent/log: No such file or directory");
  EXPECT_TRUE(OutputFile::open("-", {})->is_stdout());
}

}  // namespace
}  // namespace mpsdscope

#include "tools/live_file.h"

#include <csignal>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/capture/temporary_folder.h"

namespace mpsdscope {
namespace {

using testing::TemporaryFolder;

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(stat(path.c_str(), &status), 0);
  return status.st_mode & 0777;
}

// Files of this process cannot grow beyond a size while it lives: as a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t size) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit full{size, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &full);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

TEST(LiveFile, ANewFileIsTheOwnersWhateverTheUmask) {
  const TemporaryFolder folder;
  const mode_t before = umask(0);
  auto file = LiveFile::open(folder.path("log"), LiveFile::Existing::append, "the log");
  umask(before);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(mode_of(folder.path("log")), 0600U);
  EXPECT_TRUE(file->regular());
}

TEST(LiveFile, AnExistingFileIsNarrowedAndAddedTo) {
  const TemporaryFolder folder;
  const std::string path = folder.write("log", "whole\n");
  chmod(path.c_str(), 0644);
  auto file = LiveFile::open(path, LiveFile::Existing::append, "the log");
  file->write("more\n", 1);
  EXPECT_EQ(mode_of(path), 0600U);
  EXPECT_EQ(read(path), "whole\nmore\n");
  EXPECT_EQ(file->size(), 11U);
}

TEST(LiveFile, ARecordThatWasCutShortByAKillIsEnded) {
  const TemporaryFolder folder;
  const std::string path = folder.write("log", "whole\nha");
  auto file = LiveFile::open(path, LiveFile::Existing::append, "the log");
  file->write("more\n", 1);
  EXPECT_EQ(read(path), "whole\nha\nmore\n");
}

TEST(LiveFile, OrItIsEmptied) {
  const TemporaryFolder folder;
  const std::string path = folder.write("log", "before");
  auto file = LiveFile::open(path, LiveFile::Existing::empty, "the capture");
  file->write("new", 1);
  EXPECT_EQ(read(path), "new");
}

TEST(LiveFile, WhatCannotBeOpenedIsAnErrorThatNamesIt) {
  const auto file = LiveFile::open("/nonexistent/x", LiveFile::Existing::append, "the log");
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().message,
            "cannot write the log /nonexistent/x: No such file or directory: "
            "make its directory first");
}

TEST(LiveFile, AFullDeviceLosesAndCounts) {
  auto file = LiveFile::open("/dev/full", LiveFile::Existing::append, "the log");
  ASSERT_TRUE(file.ok());
  ::testing::internal::CaptureStderr();
  file->write("one\ntwo\n", 2);
  file->write("three\n", 1);
  const std::string told = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(file->lost(), 3U);
  // Told at once, and once.
  EXPECT_EQ(told.find("cannot write the log /dev/full: No space left on device"),
            told.rfind("cannot write the log /dev/full: No space left on device"));
  EXPECT_NE(told.find("traffic goes on"), std::string::npos);
}

TEST(LiveFile, AFullDiskLeavesNoHalfRecordAndIsWrittenAgain) {
  const TemporaryFolder folder;
  const std::string path = folder.path("log");
  auto file = LiveFile::open(path, LiveFile::Existing::append, "the log");
  file->write("first\n", 1);
  ::testing::internal::CaptureStderr();
  {
    const FullDisk disk(10);
    file->write("second\n", 1);  // four bytes of it find room
    EXPECT_EQ(read(path), "first\n");
    file->write("third\n", 1);
    EXPECT_EQ(read(path), "first\n");
  }
  file->write("fourth\n", 1);
  EXPECT_EQ(read(path), "first\nfourth\n");
  EXPECT_EQ(file->lost(), 2U);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("is written again; 2 records lost"),
            std::string::npos);
}

TEST(LiveFile, WhatEverythingNeedsIsOwedAndComesFirst) {
  const TemporaryFolder folder;
  const std::string path = folder.path("log");
  auto file = LiveFile::open(path, LiveFile::Existing::append, "the log");
  {
    const FullDisk disk(3);
    file->write_first("header\n");
    file->write("lost\n", 1);
    EXPECT_EQ(read(path), "");
  }
  file->write("kept\n", 1);
  EXPECT_EQ(read(path), "header\nkept\n");
  EXPECT_EQ(file->lost(), 1U);
}

TEST(LiveFile, WhatIsOwedAtTheEndIsLost) {
  auto file = LiveFile::open("/dev/full", LiveFile::Existing::append, "the log");
  ::testing::internal::CaptureStderr();
  file->write_first("header\n");
  file->close();
  ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(file->lost(), 1U);
}

TEST(LiveFile, SecretsOwedBeyondAMebibyteAreLostAndCounted) {
  const TemporaryFolder folder;
  const std::string path = folder.path("keys.log");
  auto file = LiveFile::open(path, LiveFile::Existing::append, "the key log", true);
  const std::string lines(std::size_t{600} << 10, 'x');
  ::testing::internal::CaptureStderr();
  {
    const FullDisk disk(1000);  // what is told goes to a file too
    file->write_first(lines);
    EXPECT_EQ(file->lost(), 0U);
    file->write_first(lines);
    EXPECT_EQ(file->lost(), 1U);
    file->write_first("more\n");
  }
  file->close();
  EXPECT_EQ(file->lost(), 1U);
  EXPECT_EQ(read(path), lines + "more\n");
  const std::string told = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(told.find("cannot write the key log " + path), std::string::npos) << told;
}

// A file of this process that is always as readable as it is: chmod is refused.
TEST(LiveFile, SecretsAreNotWrittenWhereOthersCouldReadThem) {
  const std::string path = "/proc/self/comm";
  const auto secrets = LiveFile::open(path, LiveFile::Existing::append, "the key log", true);
  ASSERT_FALSE(secrets.ok());
  EXPECT_NE(secrets.error().message.find("its mode cannot be narrowed"), std::string::npos);
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(LiveFile::open(path, LiveFile::Existing::append, "the log").ok());
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("others may be able to read the log"),
            std::string::npos);
}

TEST(LiveFile, AFileThatIsWrittenByAnotherIsNotTouched) {
  const TemporaryFolder folder;
  const std::string path = folder.path("play.pcapng");
  auto first = LiveFile::open(path, LiveFile::Existing::empty, "the capture");
  first->write("packets", 1);
  const auto second = LiveFile::open(path, LiveFile::Existing::empty, "the capture");
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message.find("another mpsdscope writes it"), std::string::npos);
  EXPECT_EQ(read(path), "packets");
  first->close();
  EXPECT_TRUE(LiveFile::open(path, LiveFile::Existing::append, "the capture").ok());
}

TEST(LiveFile, APipeMakesNobodyWait) {
  const TemporaryFolder folder;
  const std::string path = folder.path("pipe");
  std::signal(SIGPIPE, SIG_IGN);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const auto unread = LiveFile::open(path, LiveFile::Existing::append, "the log");
  ASSERT_FALSE(unread.ok());
  EXPECT_NE(unread.error().message.find("start its reader first"), std::string::npos);
  FileDescriptor reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK));
  auto file = LiveFile::open(path, LiveFile::Existing::append, "the log");
  ASSERT_TRUE(file.ok());
  ::testing::internal::CaptureStderr();
  const std::string record(std::size_t{1} << 20, 'x');
  for (int i = 0; i < 20; ++i) file->write(record, 1);  // more than pipe and queue hold
  EXPECT_GE(file->lost(), 11U);
  reader.reset();
  file->close();
  EXPECT_EQ(file->lost(), 20U);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("its reader is too slow"),
            std::string::npos);
}

TEST(LiveFile, ADanglingLinkIsCalledOne) {
  const TemporaryFolder folder;
  ASSERT_EQ(symlink("/nonexistent/x", folder.path("log").c_str()), 0);
  const auto file = LiveFile::open(folder.path("log"), LiveFile::Existing::append, "the log");
  ASSERT_FALSE(file.ok());
  EXPECT_NE(file.error().message.find("a link to a file that does not exist"), std::string::npos);
}

}  // namespace
}  // namespace mpsdscope

#include "capture/key_log_file.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/capture/temporary_folder.h"
#include "tests/decode/testing/capture_bytes.h"

namespace mpsdscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::secret_line;
using testing::TemporaryFolder;

void append(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::app) << text;
}

TEST(ReadKeyLog, AddsItsSecrets) {
  const TemporaryFolder folder;
  std::string text = "# comment\n\n";
  for (unsigned i = 0; i < 256; ++i) text += secret_line(i);
  text.pop_back();  // the last line without its end
  KeyLog keys;
  const auto read = read_key_log(folder.write("keys", text), keys);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->secrets, 256U);
  EXPECT_EQ(keys.size(), 256U);
  EXPECT_THAT(read->warnings, IsEmpty());
}

TEST(ReadKeyLog, LinesAcrossItsPiecesOfReading) {
  const TemporaryFolder folder;
  std::string text;
  for (unsigned i = 0; i < 256; ++i) text += std::string(3'001, '#') + "\n" + secret_line(i);
  KeyLog keys;
  const auto read = read_key_log(folder.write("keys", text), keys);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->secrets, 256U);
  EXPECT_EQ(keys.malformed(), 0U);
}

TEST(ReadKeyLog, WarnsOfWhatItCannotRead) {
  const TemporaryFolder folder;
  KeyLog keys;
  const auto some =
      read_key_log(folder.write("some", secret_line(1) + "nonsense\nCLIENT_RANDOM 12\n"), keys);
  ASSERT_TRUE(some.ok());
  EXPECT_EQ(some->secrets, 1U);
  EXPECT_THAT(some->warnings, ElementsAre(HasSubstr("some: 2 lines are not of the key log")));
  const auto none = read_key_log(folder.write("none", std::string(1'000'000, 'x')), keys);
  ASSERT_TRUE(none.ok());
  EXPECT_THAT(none->warnings, ElementsAre(HasSubstr("not of the key log format"),
                                          HasSubstr("holds no TLS secrets")));
}

TEST(ReadKeyLog, SaysWhyItCannotBeRead) {
  const TemporaryFolder folder;
  KeyLog keys;
  EXPECT_THAT(read_key_log(folder.path("none"), keys).error().message,
              HasSubstr("cannot be opened: No such file"));
  EXPECT_THAT(read_key_log(folder.path("."), keys).error().message,
              HasSubstr("cannot be read: Is a directory"));
}

TEST(KeyLogFollower, WaitsForTheFileAndForTheEndOfALine) {
  const TemporaryFolder folder;
  const std::string path = folder.path("keys");
  KeyLog keys;
  KeyLogFollower follower(path);
  EXPECT_EQ(follower.poll(keys), 0U);
  EXPECT_EQ(follower.problem(), "");
  append(path, secret_line(1));
  EXPECT_EQ(follower.poll(keys), 1U);
  EXPECT_EQ(follower.poll(keys), 0U);
  const std::string line = secret_line(2);
  for (const char c : line.substr(0, line.size() - 1)) {
    append(path, std::string(1, c));
    EXPECT_EQ(follower.poll(keys), 0U);
  }
  append(path, "\n" + secret_line(3) + secret_line(4).substr(0, 20));
  EXPECT_EQ(follower.poll(keys), 2U);
  append(path, secret_line(4).substr(20));
  EXPECT_EQ(follower.poll(keys), 1U);
  EXPECT_EQ(keys.size(), 4U);
  EXPECT_EQ(keys.malformed(), 0U);
}

TEST(KeyLogFollower, BeginsAgainWhenTheFileIsTruncated) {
  const TemporaryFolder folder;
  const std::string path = folder.write("keys", secret_line(1) + secret_line(2) + "CLIENT");
  KeyLog keys;
  KeyLogFollower follower(path);
  EXPECT_EQ(follower.poll(keys), 2U);
  folder.write("keys", secret_line(3));
  EXPECT_EQ(follower.poll(keys), 1U);
  EXPECT_EQ(keys.malformed(), 0U);
}

TEST(KeyLogFollower, TakesTheLastBytesOfAFileThatIsReplaced) {
  const TemporaryFolder folder;
  const std::string path = folder.write("keys", secret_line(1));
  KeyLog keys;
  KeyLogFollower follower(path);
  EXPECT_EQ(follower.poll(keys), 1U);
  const std::string last = secret_line(2);
  append(path, last.substr(0, last.size() - 1));
  std::filesystem::rename(path, folder.path("keys.1"));
  EXPECT_EQ(follower.poll(keys), 0U);  // renamed, no new one yet: its writer may go on
  folder.write("keys", secret_line(3) + secret_line(4));
  EXPECT_EQ(follower.poll(keys), 3U);
  EXPECT_EQ(keys.size(), 4U);
}

TEST(KeyLogFollower, SaysWhatKeepsItFromReading) {
  const TemporaryFolder folder;
  KeyLog keys;
  KeyLogFollower follower(folder.path("."));
  EXPECT_EQ(follower.poll(keys), 0U);
  EXPECT_THAT(follower.problem(), HasSubstr("cannot be read: Is a directory"));
}

}  // namespace
}  // namespace mpsdscope

#include "tools/tail/log_search.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "capture/file_descriptor.h"
#include "tests/capture/temporary_folder.h"

namespace mpsdscope {
namespace {

constexpr std::uint64_t kAll = ~std::uint64_t{0};
const auto kAnything = [](std::string_view) { return true; };

class LogSearch : public ::testing::Test {
 protected:
  int open(std::string_view text) {
    size_ = text.size();
    file_ = FileDescriptor(::open(folder_.write("log", text).c_str(), O_RDONLY | O_CLOEXEC));
    return file_.get();
  }
  LastLines last(std::string_view text, std::uint64_t count, std::uint64_t most = kAll,
                 std::size_t longest = 1'000'000,
                 const std::function<bool(std::string_view)>& wanted = kAnything) {
    const int fd = open(text);
    return find_last_lines(fd, size_, count, most, longest, wanted);
  }

  testing::TemporaryFolder folder_;
  FileDescriptor file_;
  std::uint64_t size_ = 0;
};

TEST_F(LogSearch, LastLines) {
  struct Case {
    std::string text;
    std::uint64_t count, offset, found;
  };
  for (const Case& one : std::vector<Case>{{"", 3, 0, 0},
                                           {"a\nb\nc\n", 0, 6, 0},
                                           {"a\nb\nc\n", 1, 4, 1},
                                           {"a\nb\nc\n", 3, 0, 3},
                                           {"a\nb\nc\n", 9, 0, 3},
                                           {"a\nb\nunfinished", 1, 2, 1},
                                           {"unfinished", 1, 0, 0},
                                           {"a\nunfinished", 0, 2, 0},
                                           {"a\n\n\n\nb\n", 2, 0, 2},
                                           {"\n", 1, 1, 0}}) {
    const LastLines found = last(one.text, one.count);
    EXPECT_EQ(found.offset, one.offset) << one.text;
    EXPECT_EQ(found.count, one.found) << one.text;
    EXPECT_FALSE(found.gave_up);
  }
}

TEST_F(LogSearch, LastLinesAcrossBlocks) {
  std::string text;
  std::vector<std::uint64_t> begins;
  for (int i = 0; i < 2'000; ++i) {
    begins.push_back(text.size());
    text += std::to_string(i) + std::string(static_cast<std::size_t>(i) % 700, 'x') + "\n";
  }
  ASSERT_GT(text.size(), std::size_t{600'000});
  for (const std::size_t count : {1u, 2u, 10u, 700u, 1'500u, 2'000u}) {
    EXPECT_EQ(last(text, count).offset, begins[begins.size() - count]) << count;
  }
}

TEST_F(LogSearch, LastThatAreWanted) {
  const auto wanted = [](std::string_view line) { return line.front() == 'y'; };
  const LastLines found = last("y1\nn\ny2\nn\ny3\nn\n", 2, kAll, 100, wanted);
  EXPECT_EQ(found.offset, 5u);
  EXPECT_EQ(found.count, 2u);
  const LastLines none = last("n\nn\n", 2, kAll, 100, wanted);
  EXPECT_EQ(none.offset, 4u);
  EXPECT_EQ(none.count, 0u);
}

TEST_F(LogSearch, NeverBeginsInTheMiddleOfALine) {
  const auto nothing = [](std::string_view) { return false; };
  // The unfinished line is longer than what is read at once.
  const std::string text = "a\nb\n" + std::string(700'000, 'x');
  for (const std::uint64_t count : {0u, 1u, 5u}) {
    EXPECT_EQ(last(text, count, kAll, 1'000'000, nothing).offset, 4u) << count;
  }
  const LastLines gave_up = last("\n" + std::string(900'000, '\n') + "x", 1, 300'000, 100, nothing);
  EXPECT_TRUE(gave_up.gave_up);
  EXPECT_EQ(gave_up.offset, 900'001u);
  // Of a line that will be passed over the rest is still too long to be taken for a line.
  const LastLines overlong = last(text, 0, kAll, 1'000);
  EXPECT_GT(text.size() - overlong.offset, 1'000u);
  EXPECT_EQ(last("a\nb\n" + std::string(700'000, 'x'), 1, kAll, 1'000).offset, 2u);
}

TEST_F(LogSearch, GivesUpAfterSoManyBytes) {
  const std::string text = "y\n" + std::string(1 << 20, '\n') + "n\n";
  const auto wanted = [](std::string_view line) { return line.front() == 'y'; };
  EXPECT_TRUE(last(text, 1, 1 << 19, 100, wanted).gave_up);
  EXPECT_FALSE(last(text, 1, kAll, 100, wanted).gave_up);
  EXPECT_EQ(last(text, 1, kAll, 100, wanted).offset, 0u);
}

TEST_F(LogSearch, LinesThatAreTooLongAreNone) {
  const std::string longest(1'000'000, 'x');
  const std::string text = "a\n" + longest + "y\nb\n" + longest + "\nc\n";
  const LastLines found = last(text, 4, kAll, 1'000'000);
  EXPECT_EQ(found.count, 4u);
  EXPECT_EQ(found.offset, 0u);
  const LastLines small = last(text, 2, kAll, 1'000);
  EXPECT_EQ(small.offset, text.find("\nb\n") + 1);
}

TEST_F(LogSearch, ByTime) {
  std::string text = R"({"type":"header"})"
                     "\n";
  const CaptureTime start{std::chrono::seconds(1'800'000'000)};
  std::vector<std::uint64_t> begins;
  for (int i = 0; i < 50'000; ++i) {
    begins.push_back(text.size());
    text += R"({"type":"exchange","ts":")" + format_rfc3339(start + std::chrono::seconds(i)) +
            R"(","host":"sessiondirectory.xboxlive.com","filler":"......................"})"
            "\n";
  }
  const int fd = open(text);
  ASSERT_GT(text.size(), std::size_t{5} << 20);
  for (const int i : {0, 1, 100, 25'000, 49'999}) {
    const std::uint64_t found = find_time(fd, size_, start + std::chrono::seconds(i));
    EXPECT_LE(found, begins[static_cast<std::size_t>(i)]);
    EXPECT_TRUE(found == 0 || text[found - 1] == '\n');
    EXPECT_LE(begins[static_cast<std::size_t>(i)] - found, std::uint64_t{2} << 20) << i;
  }
  EXPECT_GE(find_time(fd, size_, start + std::chrono::hours(100)),
            size_ - (std::uint64_t{2} << 20));
  const std::string unfinished = text + std::string(3'000'000, 'x');
  const std::uint64_t found = find_time(open(unfinished), size_, start + std::chrono::hours(100));
  EXPECT_EQ(unfinished[found - 1], '\n');
  const int rubbish = open(std::string(3'000'000, 'x'));
  EXPECT_EQ(find_time(rubbish, size_, start), 0u);
}

}  // namespace
}  // namespace mpsdscope

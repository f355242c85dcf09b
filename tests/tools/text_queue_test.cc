#include "tools/text_queue.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/file_descriptor.h"

namespace mpsdscope {
namespace {

enum class Kind { pipe, socket, terminal };

// Two connected descriptors: what is written to one is read from the other.
struct Ends {
  explicit Ends(Kind kind) {
    std::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> ends{-1, -1};
    if (kind == Kind::pipe) {
      EXPECT_EQ(pipe(ends.data()), 0);
    } else if (kind == Kind::socket) {
      EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    } else {
      ends[0] = posix_openpt(O_RDWR | O_NOCTTY);
      EXPECT_EQ(grantpt(ends[0]), 0);
      EXPECT_EQ(unlockpt(ends[0]), 0);
      ends[1] = ::open(ptsname(ends[0]), O_RDWR | O_NOCTTY);
    }
    reading = FileDescriptor(ends[0]);
    writing = FileDescriptor(ends[1]);
  }
  FileDescriptor reading;
  FileDescriptor writing;
};

class TextQueueTest : public ::testing::TestWithParam<Kind> {};

TEST_P(TextQueueTest, AReaderThatStopsIsGivenUpAndWhatItMissedIsCounted) {
  const Ends ends(GetParam());
  TextQueue queue(ends.writing.get(), 100'000, std::chrono::milliseconds(50));
  const std::string record(100, 'x');
  std::uint64_t taken = 0;
  // As much as pipe and queue hold: far less than this.
  for (int i = 0; i < 100'000 && queue.push(record) == 0; ++i) ++taken;
  EXPECT_EQ(queue.push(std::string(100'000, 'y')), EAGAIN);
  EXPECT_LT(taken, 100'000U);
  queue.push_last("the end");
  const std::uint64_t lost = queue.finish();
  EXPECT_GT(lost, 300U);  // a pipe takes 64 KiB of the 100'000 bytes at most
  EXPECT_LE(lost, taken + 1);
  EXPECT_EQ(queue.lost(), lost);
  EXPECT_EQ(queue.error(), 0);
  // The flags of the open file are shared with other programs.
  EXPECT_EQ(fcntl(ends.writing.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_P(TextQueueTest, WritesInOrder) {
  const Ends ends(GetParam());
  {
    TextQueue queue(ends.writing.get(), 100);
    EXPECT_EQ(queue.push("one "), 0);
    EXPECT_EQ(queue.push("two "), 0);
    queue.push_last("three");
    EXPECT_EQ(queue.finish(), 0U);
  }
  // A terminal hands on what was written a while later, and in parts.
  const std::string expected = "one two three";
  std::string text;
  while (text.size() < expected.size()) {
    std::array<char, 100> part{};
    const ssize_t count = read(ends.reading.get(), part.data(), part.size());
    ASSERT_GT(count, 0) << text;
    text.append(part.data(), static_cast<std::size_t>(count));
  }
  EXPECT_EQ(text, expected);
}

INSTANTIATE_TEST_SUITE_P(Kinds, TextQueueTest,
                         ::testing::Values(Kind::pipe, Kind::socket, Kind::terminal));

TEST(TextQueue, AReaderThatLeavesIsAnErrorAndWhatWasTakenIsLost) {
  Ends ends(Kind::pipe);
  ends.reading.reset();
  TextQueue queue(ends.writing.get(), 1'000);
  queue.push("one", 3);
  EXPECT_EQ(queue.finish(), 3U);
  EXPECT_EQ(queue.error(), EPIPE);
  EXPECT_EQ(queue.push("two"), EPIPE);
}

}  // namespace
}  // namespace mpsdscope

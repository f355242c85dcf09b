#include "tools/live_screen.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <regex>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/tools/testing/sample_calls.h"

namespace mpsdscope {
namespace {

class Pipe {
 public:
  Pipe() {
    std::signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(pipe(ends_.data()), 0);
  }
  ~Pipe() {
    close_read();
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int write_end() const { return ends_[1]; }
  void close_read() { close_end(ends_[0]); }
  void close_write() { close_end(ends_[1]); }
  // To its end: the write end must be closed by then.
  std::string read_all() const {
    std::string text;
    std::array<char, 4096> piece;
    for (ssize_t n = 0; (n = ::read(ends_[0], piece.data(), piece.size())) > 0;) {
      text.append(piece.data(), static_cast<std::size_t>(n));
    }
    return text;
  }

 private:
  static void close_end(int& fd) {
    if (fd >= 0) ::close(std::exchange(fd, -1));
  }
  std::array<int, 2> ends_{};
};

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; ++at) ++found;
  return found;
}

// The sum of "1,234 lines not shown".
std::size_t not_shown(const std::string& text) {
  static const std::regex pattern("([0-9,]+) lines? not shown");
  std::size_t sum = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
    std::string number = (*at)[1];
    number.erase(std::remove(number.begin(), number.end(), ','), number.end());
    sum += std::stoul(number);
  }
  return sum;
}

TEST(LiveScreen, ShowsEveryCallAndTheReport) {
  Pipe pipe;
  auto screen = make_live_screen(pipe.write_end(), {});
  screen->begin();
  for (int i = 0; i < 3; ++i) screen->call(testing::read_session(200, Row::r200));
  screen->end(testing::full_summary());
  pipe.close_write();
  const std::string text = pipe.read_all();
  EXPECT_EQ(count(text, " GET "), 3U);
  EXPECT_NE(text.find("Summary"), std::string::npos);
  EXPECT_EQ(screen->lost(), 0U);
}

TEST(LiveScreen, AReaderThatIsSlowMakesNobodyWaitAndIsToldWhatItMissed) {
  Pipe pipe;
  auto screen = make_live_screen(pipe.write_end(), {}, {}, 4'096);
  screen->begin();
  // Far more than the pipe (64 KiB) and the queue hold: this returns although nobody reads.
  for (int i = 0; i < 3'000; ++i) screen->call(testing::read_session(200, Row::r200));
  std::string text;
  std::thread reader([&] { text = pipe.read_all(); });
  screen->end(testing::full_summary());
  pipe.close_write();
  reader.join();
  EXPECT_GT(not_shown(text), 1'000U);
  EXPECT_EQ(count(text, " GET ") + not_shown(text), 3'000U);
  EXPECT_EQ(screen->lost(), 0U);  // of the log nothing is missing
  EXPECT_NE(text.find("Summary"), std::string::npos);
}

TEST(LiveScreen, AReaderThatLeavesIsMissedByNobody) {
  Pipe pipe;
  auto screen = make_live_screen(pipe.write_end(), {});
  screen->begin();
  pipe.close_read();
  for (int i = 0; i < 100; ++i) screen->call(testing::read_session(200, Row::r200));
  screen->end(testing::full_summary());
}

}  // namespace
}  // namespace mpsdscope

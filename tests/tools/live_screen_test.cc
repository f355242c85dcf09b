#include "tools/live_screen.h"

#include <array>
#include <csignal>
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
  auto screen = make_live_screen(pipe.write_end(), {}, 4'096);
  screen->begin();
  // Far more than the pipe (64 KiB) and the queue hold: this returns although nobody reads.
  for (int i = 0; i < 3'000; ++i) screen->call(testing::read_session(200, Row::r200));
  EXPECT_GT(screen->lost(), 1'000U);
  std::string text;
  std::thread reader([&] { text = pipe.read_all(); });
  screen->end(testing::full_summary());
  pipe.close_write();
  reader.join();
  EXPECT_EQ(count(text, " GET ") + screen->lost(), 3'000U);
  EXPECT_NE(text.find("lines not shown"), std::string::npos);
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

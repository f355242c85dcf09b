#include "tools/screen/screen_loop.h"

#include <algorithm>
#include <chrono>
#include <ctime>

#include <poll.h>

#include "capture/wall_clock.h"
#include "tools/screen/curses_terminal.h"
#include "tools/screen/screen_view.h"

namespace mpsdscope {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr auto kFrame = milliseconds(34);    // at most 30 a second
constexpr auto kTitles = milliseconds(200);  // between two looks at the titles
constexpr auto kIdle = milliseconds(1'000);  // lag and rate go on without records

// What this thread has had of a processor.
Duration thread_time() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

class Screen {
 public:
  Screen(CursesTerminal& terminal, ScreenFeed& feed, const ScreenOptions& options)
      : terminal_(terminal), feed_(feed), model_(), start_(Clock::now()) {
    if (!options.filter.empty()) model_.set_filter(options.filter);
  }

  ScreenTimes run(const std::atomic<bool>& stop) {
    while (!quit_ && !stop) {
      take();
      draw();
      wait_for_news();
      read_keys();
    }
    feed_.close();
    return times_;
  }

 private:
  void draw() {
    const auto begun = Clock::now();
    const Duration worked = thread_time();
    model_.resize(terminal_.size());
    const Grid grid = render(model_);
    const auto made = Clock::now();
    terminal_.paint(grid);
    drawn_ = Clock::now();
    ++times_.frames;
    times_.made += made - begun;
    times_.longest = std::max<Duration>(times_.longest, made - begun);
    times_.written += drawn_ - made;
    const Duration work = thread_time() - worked;
    times_.worked += work;
    times_.hardest = std::max(times_.hardest, work);
  }

  void take() {
    const auto now = Clock::now();
    const bool titles = !titled_ || now - *titled_ >= kTitles;
    if (titles) titled_ = now;
    ScreenBatch batch = feed_.take(titles);
    std::optional<Duration> behind;
    if (batch.totals.newest) behind = wall_clock_now() - *batch.totals.newest;
    model_.take(std::move(batch), now - start_, behind);
  }

  // Records wait for the next frame; keys do not.
  void wait_for_news() {
    pollfd news[] = {{terminal_.key_fd(), POLLIN, 0}, {feed_.wake_fd(), POLLIN, 0}};
    const auto until_frame = [this] {
      const auto rest = std::chrono::ceil<milliseconds>(drawn_ + kFrame - Clock::now());
      return static_cast<int>(std::max<milliseconds::rep>(0, rest.count()));
    };
    poll(news, 2, static_cast<int>(kIdle.count()));
    // A terminal that is gone reads as an end without end.
    if ((news[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) quit_ = true;
    if (const int rest = until_frame(); rest > 0) poll(nullptr, 0, rest);
  }

  void read_keys() {
    while (const auto key = terminal_.read_key()) {
      if (*key == keys::kMouse) {
        if (const auto did = terminal_.mouse()) model_.mouse(*did);
        continue;
      }
      const ScreenEffect effect = model_.key(*key);
      if (effect.redraw) terminal_.forget();
      if (!effect.copy.empty()) terminal_.copy(effect.copy);
      if (effect.quit) quit_ = true;
    }
    terminal_.take_mouse(model_.takes_mouse());
  }

  CursesTerminal& terminal_;
  ScreenFeed& feed_;
  ScreenModel model_;
  Clock::time_point start_;
  Clock::time_point drawn_;
  ScreenTimes times_;
  std::optional<Clock::time_point> titled_;
  bool quit_ = false;
};

}  // namespace

ScreenTimes run_screen(CursesTerminal& terminal, ScreenFeed& feed, const ScreenOptions& options,
                       const std::atomic<bool>& stop) {
  return Screen(terminal, feed, options).run(stop);
}

}  // namespace mpsdscope

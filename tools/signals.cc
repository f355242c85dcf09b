#include "tools/signals.h"

#include <csignal>

#include <unistd.h>

namespace mpsdscope {
namespace {

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set in a signal handler");

// Whoever stops the program may send the signal twice at once, to it and to its group, as
// timeout(1) does. Only one that comes this much later means that the end takes too long.
constexpr unsigned kPatience = 1;  // s

extern "C" void end_at_once_from_now_on(int) {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

extern "C" void request_stop(int) {
  if (!stop_requested.exchange(true, std::memory_order_relaxed)) alarm(kPatience);
}

void expect_alarm() {
  struct sigaction action {};
  action.sa_handler = end_at_once_from_now_on;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGALRM, &action, nullptr);
}

// Whoever started the program may have blocked it.
void unblock_alarm() {
  sigset_t alarm_only;
  sigemptyset(&alarm_only);
  sigaddset(&alarm_only, SIGALRM);
  pthread_sigmask(SIG_UNBLOCK, &alarm_only, nullptr);
}

void install() {
  struct sigaction action {};
  action.sa_handler = request_stop;
  // Not SA_RESTART: what waits for packets or records returns.
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  expect_alarm();
  unblock_alarm();
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace

SignalWaiter::SignalWaiter(bool hangup) {
  sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&signals_, signal);
  if (hangup) {
    sigaddset(&signals_, SIGHUP);
    std::signal(SIGHUP, SIG_DFL);  // nohup(1) ignores it; what is ignored does not wait
  }
  sigset_t blocked = signals_;
  sigaddset(&blocked, SIGALRM);  // for the thread that waits, too
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  expect_alarm();
  std::signal(SIGPIPE, SIG_IGN);
}

int SignalWaiter::wait() {
  int signal = 0;
  while (sigwait(&signals_, &signal) != 0) continue;
  if (signal == SIGHUP) return signal;
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGALRM);
  for (const int one : {SIGINT, SIGTERM}) {
    std::signal(one, SIG_IGN);
    sigaddset(&ends, one);
  }
  alarm(kPatience);
  pthread_sigmask(SIG_UNBLOCK, &ends, nullptr);
  return signal;
}

std::atomic<bool>& stop_on_signals() {
  static const bool installed = (install(), true);
  static_cast<void>(installed);
  return stop_requested;
}

}  // namespace mpsdscope

#include "tools/signals.h"

#include <csignal>

namespace mpsdscope {
namespace {

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set in a signal handler");

extern "C" void request_stop(int) {
  stop_requested.store(true, std::memory_order_relaxed);
}

void install() {
  struct sigaction action {};
  action.sa_handler = request_stop;
  // Not SA_RESTART: a read that waits for a pipe returns.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
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
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int SignalWaiter::wait() {
  int signal = 0;
  while (sigwait(&signals_, &signal) != 0) continue;
  if (signal == SIGHUP) return signal;
  sigset_t ends;
  sigemptyset(&ends);
  for (const int one : {SIGINT, SIGTERM}) {
    std::signal(one, SIG_DFL);
    sigaddset(&ends, one);
  }
  pthread_sigmask(SIG_UNBLOCK, &ends, nullptr);
  return signal;
}

std::atomic<bool>& stop_on_signals() {
  static const bool installed = (install(), true);
  static_cast<void>(installed);
  return stop_requested;
}

}  // namespace mpsdscope

#include "tools/screen/crash_restore.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <termios.h>
#include <unistd.h>

namespace mpsdscope {
namespace {

constexpr std::array<int, 7> kSignals{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT, SIGHUP};

// All that the handler needs: it may not allocate, lock or call into the library of the terminal.
struct State {
  int fd = -1;
  termios modes{};
  bool has_modes = false;
  std::array<char, 512> sequence{};
  std::size_t length = 0;
  std::array<struct sigaction, kSignals.size()> before{};
  stack_t stack_before{};
};
State state;
// A stack that overflowed cannot run a handler.
std::array<char, 16'384> handler_stack;

extern "C" void restore_terminal(int signal) {
  for (std::size_t sent = 0; sent < state.length;) {
    const ssize_t n = write(state.fd, state.sequence.data() + sent, state.length - sent);
    if (n <= 0) break;
    sent += static_cast<std::size_t>(n);
  }
  if (state.has_modes) tcsetattr(state.fd, TCSANOW, &state.modes);
  // The handler that was there before (a sanitizer's, a debugger's) tells more than the default.
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    if (kSignals[i] == signal) sigaction(signal, &state.before[i], nullptr);
  }
  raise(signal);
}

}  // namespace

CrashRestore::CrashRestore(int fd, const std::string& sequence) {
  state.fd = fd;
  state.has_modes = tcgetattr(fd, &state.modes) == 0;
  state.length = std::min(sequence.size(), state.sequence.size());
  std::memcpy(state.sequence.data(), sequence.data(), state.length);
  stack_t stack{};
  stack.ss_sp = handler_stack.data();
  stack.ss_size = handler_stack.size();
  sigaltstack(&stack, &state.stack_before);
  struct sigaction action {};
  action.sa_handler = restore_terminal;
  action.sa_flags = SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &action, &state.before[i]);
  }
}

CrashRestore::~CrashRestore() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &state.before[i], nullptr);
  }
  sigaltstack(&state.stack_before, nullptr);
}

}  // namespace mpsdscope

// How the program is told to stop, and that a closed pipe is an error and not its death.
#pragma once

#include <atomic>
#include <csignal>

namespace mpsdscope {

// SIGINT and SIGTERM set the returned flag, so that what was seen is still reported; another one,
// a second later or more, ends the program at once. SIGPIPE is ignored: writes fail instead. Called
// before input is opened (opening may wait for a pipe); further calls only return the flag.
std::atomic<bool>& stop_on_signals();

// For a program whose threads do the work: the signals wait until the main thread asks for them.
// Made before any other thread.
class SignalWaiter {
 public:
  // `hangup`: SIGHUP is waited for too; else it ends the program.
  explicit SignalWaiter(bool hangup);
  // The next SIGINT, SIGTERM or SIGHUP. A second after the first of the former two they end the
  // program at once.
  int wait();

 private:
  sigset_t signals_;
};

}  // namespace mpsdscope

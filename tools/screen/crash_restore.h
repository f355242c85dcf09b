// Gives a terminal back however the program ends.
#pragma once

#include <string>

namespace mpsdscope {

// From construction on, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT and SIGHUP write
// `sequence` to the terminal, set its modes back to what they were at construction, and then do
// what they would have done. One at a time.
class CrashRestore {
 public:
  CrashRestore(int fd, const std::string& sequence);
  // The handlers are what they were before; the terminal is not touched.
  ~CrashRestore();
  CrashRestore(const CrashRestore&) = delete;
  CrashRestore& operator=(const CrashRestore&) = delete;
};

}  // namespace mpsdscope

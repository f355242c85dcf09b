// The screen of a run in this process, on a thread of its own.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "decode/result.h"
#include "tools/diagnostics.h"
#include "tools/screen/curses_terminal.h"
#include "tools/screen/screen_loop.h"

namespace mpsdscope {

class LiveView {
 public:
  // An Error when there is no terminal for it. Made before other threads that report; signals that
  // the main thread waits for are blocked by then. `source`: what the records come from.
  static Result<std::unique_ptr<LiveView>> open(const ScreenOptions& options, std::string source);
  // As close(). Nobody else reports by then.
  ~LiveView();
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;

  ScreenFeed& feed() { return feed_; }
  // Starts to draw. A key that quits sends this process SIGINT, once the terminal is back.
  void start();
  // Gives the terminal back. Messages are on standard error from then on.
  void close();

 private:
  LiveView(const ScreenOptions& options, std::string source,
           std::unique_ptr<CursesTerminal> terminal);
  void run();

  ScreenOptions options_;
  ScreenFeed feed_;
  std::unique_ptr<CursesTerminal> terminal_;
  DivertedDiagnostics diverted_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace mpsdscope

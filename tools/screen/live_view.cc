#include "tools/screen/live_view.h"

#include <csignal>
#include <initializer_list>
#include <utility>

#include <unistd.h>

#include "tools/pretty_line.h"
#include "tools/pretty_text.h"

namespace mpsdscope {
namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

}  // namespace

Result<std::unique_ptr<LiveView>> LiveView::open(const ScreenOptions& options, std::string source) {
  auto terminal = CursesTerminal::open(options.colour);
  if (!terminal) return terminal.error();
  return std::unique_ptr<LiveView>(new LiveView(options, std::move(source), std::move(*terminal)));
}

LiveView::LiveView(const ScreenOptions& options, std::string source,
                   std::unique_ptr<CursesTerminal> terminal)
    : options_(options),
      feed_(std::move(source)),
      terminal_(std::move(terminal)),
      diverted_([this](Severity severity, std::string_view message) {
        feed_.tell(severity, std::string(message));
      }) {}

LiveView::~LiveView() {
  close();
}

// Another size, and Ctrl-Z, are for the thread that draws; signals that end the program are for the
// one that made it.
void LiveView::start() {
  const sigset_t drawing = set_of({SIGWINCH, SIGTSTP});
  const sigset_t others = set_of({SIGWINCH, SIGTSTP, SIGINT, SIGTERM, SIGHUP});
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &others, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_sigmask(SIG_BLOCK, &drawing, nullptr);
}

void LiveView::run() {
  const sigset_t drawing = set_of({SIGWINCH, SIGTSTP});
  pthread_sigmask(SIG_UNBLOCK, &drawing, nullptr);
  const ScreenTimes times = run_screen(*terminal_, feed_, options_, stop_);
  terminal_.reset();
  diverted_.end();
  report_detail("drew the screen " + counted(times.frames, "time") + ": made in " +
                duration_text(times.made) + " in all, " + duration_text(times.longest) +
                " at most; written in " + duration_text(times.written) + "; processor time " +
                duration_text(times.worked) + ", " + duration_text(times.hardest) + " at most");
  if (!stop_) kill(getpid(), SIGINT);
}

void LiveView::close() {
  stop_ = true;
  feed_.end();
  if (thread_.joinable()) thread_.join();
  terminal_.reset();
  diverted_.end();
}

}  // namespace mpsdscope

#include "tools/tail/log_watch.h"

#include <algorithm>
#include <array>

#include <poll.h>
#include <sys/inotify.h>

namespace mpsdscope {
namespace {

// Even with inotify, which does not tell what other machines write to a network file system.
constexpr std::chrono::milliseconds kLongest{250};
constexpr std::chrono::milliseconds kLongestPolling{100};
constexpr std::uint32_t kChanges = IN_MODIFY | IN_CREATE | IN_MOVED_TO;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? "." : path.substr(0, slash + 1);
}

}  // namespace

LogWatch::LogWatch(const std::vector<std::string>& files, bool polling) {
  if (polling || files.empty()) return;
  FileDescriptor events(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!events) return;
  for (const std::string& file : files) {
    if (inotify_add_watch(events.get(), folder_of(file).c_str(), kChanges) < 0) return;
  }
  events_ = std::move(events);
}

void LogWatch::wait(std::chrono::milliseconds most, const std::vector<int>& pipes) {
  std::vector<pollfd> fds;
  fds.reserve(pipes.size() + 1);
  for (const int pipe : pipes) fds.push_back({pipe, POLLIN, 0});
  if (events_) fds.push_back({events_.get(), POLLIN, 0});
  most = std::min(most, events_ || !pipes.empty() ? kLongest : kLongestPolling);
  if (poll(fds.data(), fds.size(), static_cast<int>(most.count())) <= 0 || !events_) return;
  std::array<char, 16'384> changes;  // which ones does not matter
  while (read(events_.get(), changes.data(), changes.size()) > 0) continue;
}

}  // namespace mpsdscope

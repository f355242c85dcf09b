#include "capture/proxy/event_loop.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <sys/eventfd.h>

namespace mpsdscope {
namespace {

constexpr int kTickMilliseconds = 250;  // the longest sleep: timeouts are looked at after it

Error system_error(const char* what) {
  return Error{std::string(what) + ": " + std::strerror(errno)};
}

}  // namespace

Result<std::unique_ptr<EventLoop>> EventLoop::create() {
  FileDescriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return system_error("cannot wait for sockets");
  FileDescriptor wakeup(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wakeup) return system_error("cannot make an eventfd");
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = nullptr;
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wakeup.get(), &event) != 0) {
    return system_error("cannot wait for an eventfd");
  }
  return std::unique_ptr<EventLoop>(new EventLoop(std::move(epoll), std::move(wakeup)));
}

EventLoop::EventLoop(FileDescriptor epoll, FileDescriptor wakeup)
    : epoll_(std::move(epoll)), wakeup_(std::move(wakeup)) {}

Result<Done> EventLoop::add(int descriptor, Handler& handler) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &handler;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
    return system_error("cannot wait for a socket");
  }
  return Done{};
}

void EventLoop::again(Handler& handler) {
  if (!std::exchange(handler.queued_, true)) again_.push_back(&handler);
}

void EventLoop::forget(Handler& handler) {
  for (std::size_t i = batch_next_; i < batch_size_; ++i) {
    if (batch_[i].data.ptr == &handler) batch_[i].events = 0;
  }
  if (!std::exchange(handler.queued_, false)) return;
  for (auto* list : {&again_, &again_now_}) {
    for (Handler*& entry : *list) {
      if (entry == &handler) entry = nullptr;
    }
  }
}

void EventLoop::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
  }
  const std::uint64_t one = 1;
  // It fails only when the counter is full: then a wakeup is due anyway.
  [[maybe_unused]] const auto written = ::write(wakeup_.get(), &one, sizeof one);
}

void EventLoop::run_posted() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto taken = ::read(wakeup_.get(), &count, sizeof count);
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (const auto& task : tasks) task();
}

void EventLoop::run(const std::function<void()>& on_wake, const std::function<void()>& on_turn) {
  while (!stopped_) {
    const int timeout = again_.empty() ? kTickMilliseconds : 0;
    const int count =
        ::epoll_wait(epoll_.get(), batch_.data(), static_cast<int>(batch_.size()), timeout);
    steady_ = std::chrono::steady_clock::now();
    on_wake();
    again_now_.swap(again_);
    batch_size_ = count > 0 ? static_cast<std::size_t>(count) : 0;
    for (batch_next_ = 0; batch_next_ < batch_size_;) {
      const epoll_event event = batch_[batch_next_++];
      if (event.data.ptr == nullptr) {
        run_posted();
      } else if (event.events != 0) {
        static_cast<Handler*>(event.data.ptr)->on_events(event.events);
      }
    }
    batch_size_ = 0;
    for (std::size_t i = 0; i < again_now_.size(); ++i) {
      Handler* handler = again_now_[i];
      if (handler == nullptr) continue;
      handler->queued_ = false;
      handler->on_events(0);
    }
    again_now_.clear();
    on_turn();
  }
}

}  // namespace mpsdscope

// A thread's loop over epoll. Sockets are registered once, edge-triggered for both directions, so
// that a turn costs one system call beside the reads and writes themselves.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <sys/epoll.h>

#include "capture/file_descriptor.h"
#include "decode/result.h"

namespace mpsdscope {

class EventLoop {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    // `events` of epoll; 0 after again().
    virtual void on_events(std::uint32_t events) = 0;

   private:
    friend class EventLoop;
    bool queued_ = false;  // by again()
  };
  using SteadyTime = std::chrono::steady_clock::time_point;

  static Result<std::unique_ptr<EventLoop>> create();

  // The handler lives until forget(). Closing the descriptor takes it out of the loop.
  Result<Done> add(int descriptor, Handler& handler);
  // Calls the handler in the next turn, once.
  void again(Handler& handler);
  // No call any more, also not of events that came already.
  void forget(Handler& handler);

  // Runs `task` in the loop. From any thread; everything else is for the loop's own.
  void post(std::function<void()> task);

  // Until stop(). `on_wake` is called before the events of every turn, `on_turn` after them: what
  // has arrived counts before a time that has run out, however late this thread is.
  void run(const std::function<void()>& on_wake, const std::function<void()>& on_turn);
  void stop() { stopped_ = true; }

  // Read once per turn: for timeouts.
  SteadyTime steady() const { return steady_; }

 private:
  EventLoop(FileDescriptor epoll, FileDescriptor wakeup);
  void run_posted();

  FileDescriptor epoll_;
  FileDescriptor wakeup_;
  // Few enough that what waits for the end of a turn does not wait for long.
  std::array<epoll_event, 64> batch_{};
  std::size_t batch_next_ = 0;
  std::size_t batch_size_ = 0;
  std::vector<Handler*> again_;
  std::vector<Handler*> again_now_;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
  SteadyTime steady_ = std::chrono::steady_clock::now();
  bool stopped_ = false;
};

}  // namespace mpsdscope

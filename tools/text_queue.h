// Text on its way to a descriptor that may be slow: who gives it never waits.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace mpsdscope {

// A thread of its own writes. Thread-safe.
class TextQueue {
 public:
  // `most`: bytes that may wait. Does not close `fd`.
  TextQueue(int fd, std::size_t most);
  // As finish().
  ~TextQueue();
  TextQueue(const TextQueue&) = delete;
  TextQueue& operator=(const TextQueue&) = delete;

  // False, and nothing is taken, when there is no room or nobody reads any more.
  bool push(std::string_view text);
  // Takes it whether there is room or not.
  void push_last(std::string_view text);
  // Waits until all is written, but not for a reader that takes nothing for five seconds.
  void finish();

 private:
  void run();
  bool write(std::string_view text);
  bool wait_for_reader() const;

  const int fd_;
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;
  bool finishing_ = false;
  bool broken_ = false;  // nobody reads
  std::thread writer_;
};

}  // namespace mpsdscope

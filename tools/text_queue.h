// Text on its way to a descriptor that may be slow: who gives it never waits.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <thread>

namespace mpsdscope {

// Whether writing to it can wait for a reader: a pipe, a socket, a terminal.
bool can_block(int fd);

// A thread of its own writes. Thread-safe, apart from finish().
class TextQueue {
 public:
  // `most`: bytes that may wait. `patience`: how long finish() waits for a reader that takes
  // nothing. Does not close `fd`, which must stay open.
  TextQueue(int fd, std::size_t most, std::chrono::milliseconds patience = std::chrono::seconds(5));
  // As finish().
  ~TextQueue();
  TextQueue(const TextQueue&) = delete;
  TextQueue& operator=(const TextQueue&) = delete;

  // Takes all of it and returns 0, or nothing: EAGAIN when there is no room, or the error that
  // ended the writing for good.
  int push(std::string_view text, std::uint64_t records = 1);
  // Takes it whether there is room or not.
  void push_last(std::string_view text);
  // Waits until all is written, or the reader took nothing for as long as the patience. Returns how
  // many records were taken and never written, in all. Nothing may be pushed afterwards.
  std::uint64_t finish();

  std::uint64_t lost() const;  // records that were taken and are known not to get there
  int error() const;           // 0 or what ended the writing

 private:
  struct State;
  // Shared with the writer: it may be stuck in a write(2) of which nobody can tell when it returns.
  std::shared_ptr<State> state_;
  const std::chrono::milliseconds patience_;
  std::thread writer_;
};

}  // namespace mpsdscope

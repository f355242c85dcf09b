#include "tools/text_queue.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/file_descriptor.h"

namespace mpsdscope {
namespace {

constexpr int kLookMs = 100;  // how often it is looked whether there is still somebody who waits
constexpr auto kLastLook = std::chrono::milliseconds(5 * kLookMs);

struct Piece {
  std::string text;
  std::uint64_t records;
};

// The same pipe or terminal as an open file of its own, so that making it non-blocking changes
// nothing for the programs that share `fd`. Sockets cannot be opened that way.
FileDescriptor reopened(int fd) {
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  return FileDescriptor(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
}

}  // namespace

bool can_block(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return false;
  return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || isatty(fd) == 1;
}

struct TextQueue::State {
  State(int fd, std::size_t capacity)
      : own(can_block(fd) ? reopened(fd) : FileDescriptor()),
        target(own ? own.get() : fd),
        most(capacity) {}

  void run();
  bool write(std::string_view text);
  ssize_t write_some(std::string_view text) const;
  bool wait_for_room();
  void fail(int why);

  FileDescriptor own;
  const int target;
  const std::size_t most;

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Piece> waiting;
  std::size_t waiting_bytes = 0;
  std::uint64_t in_hand = 0;   // records that the writer took and has not written
  std::uint64_t progress = 0;  // grows with every byte
  std::uint64_t lost = 0;
  int error = 0;
  bool finishing = false;
  bool abandoned = false;
  bool done = false;
};

void TextQueue::State::run() {
  for (;;) {
    Piece piece;
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return finishing || abandoned || !waiting.empty(); });
      if (waiting.empty() || abandoned) break;
      piece = std::move(waiting.front());
      waiting.pop_front();
      waiting_bytes -= piece.text.size();
      in_hand = piece.records;
    }
    if (!write(piece.text)) break;
    const std::lock_guard lock(mutex);
    in_hand = 0;
  }
  own.reset();  // whoever reads shall see the end
  const std::lock_guard lock(mutex);
  done = true;
  changed.notify_all();
}

bool TextQueue::State::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write_some(text);
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
      const std::lock_guard lock(mutex);
      ++progress;
      if (abandoned) return false;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_for_room()) return false;
    } else if (errno != EINTR) {
      fail(errno);
      return false;
    }
  }
  return true;
}

ssize_t TextQueue::State::write_some(std::string_view text) const {
  if (own) return ::write(target, text.data(), text.size());
  const ssize_t sent = send(target, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0 || errno != ENOTSOCK) return sent;
  // A terminal of another user, or what never blocks: as little as any that is ready should take.
  return ::write(target, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
}

bool TextQueue::State::wait_for_room() {
  for (;;) {
    pollfd ready{target, POLLOUT, 0};
    const bool room = poll(&ready, 1, kLookMs) > 0;
    const std::lock_guard lock(mutex);
    if (abandoned) return false;
    if (room) return true;
  }
}

void TextQueue::State::fail(int why) {
  const std::lock_guard lock(mutex);
  error = why;
  lost += in_hand;
  in_hand = 0;
  for (const Piece& piece : waiting) lost += piece.records;
  waiting.clear();
  waiting_bytes = 0;
}

TextQueue::TextQueue(int fd, std::size_t most, std::chrono::milliseconds patience)
    : state_(std::make_shared<State>(fd, most)),
      patience_(patience),
      writer_([state = state_] { state->run(); }) {}

TextQueue::~TextQueue() {
  finish();
}

int TextQueue::push(std::string_view text, std::uint64_t records) {
  const std::lock_guard lock(state_->mutex);
  if (state_->error != 0) return state_->error;
  if (text.size() > state_->most - std::min(state_->most, state_->waiting_bytes)) return EAGAIN;
  state_->waiting.push_back({std::string(text), records});
  state_->waiting_bytes += text.size();
  state_->changed.notify_all();
  return 0;
}

void TextQueue::push_last(std::string_view text) {
  const std::lock_guard lock(state_->mutex);
  if (state_->error != 0) return;
  state_->waiting.push_back({std::string(text), 1});
  state_->waiting_bytes += text.size();
  state_->changed.notify_all();
}

std::uint64_t TextQueue::finish() {
  if (!writer_.joinable()) return lost();
  std::unique_lock lock(state_->mutex);
  state_->finishing = true;
  state_->changed.notify_all();
  std::uint64_t before = 0;
  do {
    before = state_->progress;
    state_->changed.wait_for(lock, patience_, [this] { return state_->done; });
  } while (!state_->done && state_->progress != before);
  bool done = state_->done;
  if (!done) {
    state_->abandoned = true;
    state_->lost += state_->in_hand;
    for (const Piece& piece : state_->waiting) state_->lost += piece.records;
    state_->waiting.clear();
    // Unless it is stuck in write(2) it sees this within the next look.
    done = state_->changed.wait_for(lock, kLastLook, [this] { return state_->done; });
  }
  const std::uint64_t lost = state_->lost;
  lock.unlock();
  if (done) {
    writer_.join();
  } else {
    writer_.detach();
  }
  return lost;
}

std::uint64_t TextQueue::lost() const {
  const std::lock_guard lock(state_->mutex);
  return state_->lost;
}

int TextQueue::error() const {
  const std::lock_guard lock(state_->mutex);
  return state_->error;
}

}  // namespace mpsdscope

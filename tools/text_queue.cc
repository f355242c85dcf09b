#include "tools/text_queue.h"

#include <cerrno>
#include <utility>

#include <limits.h>
#include <poll.h>
#include <unistd.h>

namespace mpsdscope {
namespace {

constexpr int kLookMs = 100;        // how often it is looked whether finish() was called
constexpr int kPatienceLooks = 50;  // of a reader that takes nothing, once finish() was called

}  // namespace

TextQueue::TextQueue(int fd, std::size_t most) : fd_(fd), most_(most), writer_([this] { run(); }) {}

TextQueue::~TextQueue() {
  finish();
}

bool TextQueue::push(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (broken_ || waiting_.size() + text.size() > most_) return false;
  waiting_.append(text);
  changed_.notify_one();
  return true;
}

void TextQueue::push_last(std::string_view text) {
  const std::lock_guard lock(mutex_);
  waiting_.append(text);
  changed_.notify_one();
}

void TextQueue::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
    changed_.notify_one();
  }
  if (writer_.joinable()) writer_.join();
}

void TextQueue::run() {
  std::string text;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return finishing_ || !waiting_.empty(); });
      text.clear();
      std::swap(text, waiting_);
      if (text.empty()) return;
    }
    if (write(text)) continue;
    const std::lock_guard lock(mutex_);
    broken_ = true;
    waiting_.clear();
    return;
  }
}

// A descriptor that is ready takes this much without blocking, even if it is a pipe.
bool TextQueue::write(std::string_view text) {
  while (!text.empty()) {
    if (!wait_for_reader()) return false;
    const ssize_t count = ::write(fd_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR && errno != EAGAIN) {
      return false;
    }
  }
  return true;
}

bool TextQueue::wait_for_reader() const {
  for (int looks = 0; looks < kPatienceLooks;) {
    pollfd ready{fd_, POLLOUT, 0};
    if (poll(&ready, 1, kLookMs) > 0) return true;
    const std::lock_guard lock(mutex_);
    if (finishing_) ++looks;
  }
  return false;
}

}  // namespace mpsdscope

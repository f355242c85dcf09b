#include "tools/screen/screen_feed.h"

#include <sys/eventfd.h>

#include "tools/screen/record_store.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kMostMessages = 200;  // between two turns of the screen

}  // namespace

ScreenFeed::ScreenFeed(std::string source)
    : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), source_(std::move(source)) {}

void ScreenFeed::wake() {
  eventfd_write(wake_.get(), 1);
}

void ScreenFeed::keep(Record record) {
  bytes_ += size_of(record);
  const bool first = records_.empty();
  records_.push_back(std::move(record));
  if (first) wake();
}

void ScreenFeed::push(Record record) {
  const std::lock_guard lock(mutex_);
  board_.count(record);
  if (!has_room()) {
    ++dropped_;
    return;
  }
  keep(std::move(record));
}

bool ScreenFeed::push_waiting(Record record) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [this] { return has_room() || closed_; });
  if (closed_) return false;
  board_.count(record);
  keep(std::move(record));
  return true;
}

void ScreenFeed::take_limits(const Record& rates) {
  const std::lock_guard lock(mutex_);
  board_.take_limits(rates);
}

void ScreenFeed::tick(CaptureTime now) {
  const std::lock_guard lock(mutex_);
  board_.tick(now);
}

void ScreenFeed::tell(Severity severity, std::string message) {
  const std::lock_guard lock(mutex_);
  if (messages_.size() >= kMostMessages) messages_.erase(messages_.begin());
  messages_.emplace_back(severity, std::move(message));
  wake();
}

void ScreenFeed::set_source(std::string source) {
  const std::lock_guard lock(mutex_);
  source_ = std::move(source);
  wake();
}

void ScreenFeed::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  wake();
}

ScreenBatch ScreenFeed::take(bool with_titles) {
  ScreenBatch batch;
  eventfd_t woken = 0;
  eventfd_read(wake_.get(), &woken);
  const std::lock_guard lock(mutex_);
  batch.records.swap(records_);
  batch.messages.swap(messages_);
  bytes_ = 0;
  batch.totals = board_.totals();
  if (with_titles) batch.titles = board_.lines();
  batch.dropped = dropped_;
  batch.source = source_;
  batch.ended = ended_;
  room_.notify_all();
  return batch;
}

void ScreenFeed::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  room_.notify_all();
}

}  // namespace mpsdscope

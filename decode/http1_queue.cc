#include "decode/http1_queue.h"

#include <algorithm>
#include <utility>

namespace mpsdscope {

void Http1Queue::push(PendingRequest request) {
  requests_.push_back(std::move(request));
  lost_behind_newest_ = false;
}

PendingRequest Http1Queue::pop_oldest() {
  PendingRequest request = std::move(requests_[first_]);
  ++first_;
  if (first_ == requests_.size()) {
    requests_.clear();
    first_ = 0;
  } else if (first_ >= 64 && 2 * first_ >= requests_.size()) {
    requests_.erase(requests_.begin(), requests_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  if (certain_ != kAll && certain_ > 0) --certain_;
  return request;
}

PendingRequest Http1Queue::evict() {
  const std::size_t i = oldest().answering && size() > 1 ? 1 : 0;
  std::swap(at(0), at(i));
  PendingRequest evicted = pop_oldest();
  certain_ = 0;
  pipelines_ = true;
  return evicted;
}

void Http1Queue::requests_lost(bool surely) {
  certain_ = std::min(certain_, size());
  lost_behind_newest_ = true;
  surely_lost_ = surely_lost_ || surely;
}

void Http1Queue::responses_lost() {
  for (std::size_t i = 0; i < size(); ++i) at(i).maybe_answered = !at(i).response_done;
  lost_accounted_ = true;
}

void Http1Queue::settle() {
  certain_ = kAll;
  surely_lost_ = lost_accounted_ = false;
}

Http1Queue::Match Http1Queue::unmatched() {
  lost_accounted_ = true;
  return {false, 0};
}

// The response may answer any of the requests that wait, so none of them is certain any more.
Http1Queue::Match Http1Queue::in_doubt() {
  certain_ = 0;
  return unmatched();
}

Http1Queue::Match Http1Queue::match_response() {
  if (empty() || oldest().response_done) return unmatched();
  if (certain(0)) {
    if (size() > 1) pipelines_ = true;
    if (certain_ == kAll) lost_accounted_ = false;
    return {true, 0};
  }
  if (pipelines_) return in_doubt();
  std::size_t waiting = 0;
  for (std::size_t i = 0; i < size() && waiting < 2; ++i) waiting += !at(i).maybe_answered;
  const bool lost_one_is_next = certain_ != kAll && surely_lost_ && !lost_accounted_;
  if (waiting > 1 || lost_one_is_next) {
    pipelines_ = true;
    return in_doubt();
  }
  if (lost_behind_newest_) return in_doubt();
  settle();
  newest().maybe_answered = false;
  return {true, size() - 1};
}

}  // namespace mpsdscope

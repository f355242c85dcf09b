#include "rules/stories/stories.h"

#include <algorithm>
#include <utility>

namespace mpsdscope {
namespace {

constexpr std::size_t kMaxKey = 512;  // bytes; longer names are none of the service's

SessionName name_of(const Target& target) {
  return {target.scid, target.template_name, target.session};
}

SessionName name_of(const DocumentFacts& handle) {
  return {handle.ref_scid, handle.ref_template, handle.ref_session};
}

bool created_handle(const Call& call) {
  return call.target.kind == TargetKind::handles && call.exchange->response.present &&
         call.exchange->response.status / 100 == 2;
}

}  // namespace

void Stories::take(const Call& call) {
  clock_.take(*call.exchange);
  forget_old();
  if (created_handle(call)) {
    SessionName name = name_of(*call.response_document);
    if (!name.known()) name = name_of(*call.request_document);
    tell_of(name, [&](StoryState& state) { state.tell_handle(call, limits_); });
  } else if (call.target.within_session()) {
    tell_of(name_of(call.target), [&](StoryState& state) { state.tell(call, limits_); });
  }
}

void Stories::take(const Notification& notification) {
  if (notification.kind != Notification::Kind::tap) return;
  clock_.take(notification.at);
  forget_old();
  tell_of(notification.session,
          [&](StoryState& state) { state.tell_notification(notification, limits_); });
}

void Stories::forget_old() {
  const CaptureTime over = clock_.settled() - limits_.max_age;
  while (!entries_.empty() && entries_.front().used < over) forget_oldest();
}

template <class Tell>
void Stories::tell_of(const SessionName& name, Tell tell) {
  const std::string key = session_key(name);
  if (key.empty() || key.size() > kMaxKey) {
    ++unresolved_;
    return;
  }
  Entry& entry = obtain(key, name);
  entry.used = clock_.settled();
  const std::size_t events = entry.state.story().events.size();
  const std::uint64_t dropped = entry.state.story().dropped;
  tell(entry.state);
  entry.state.forget_before(clock_.settled() - limits_.max_age);
  events_ += entry.state.story().events.size() - events;
  events_forgotten_ += entry.state.story().dropped - dropped;
  while (events_ > limits_.max_events && entries_.size() > 1) forget_oldest();
}

Stories::Entry& Stories::obtain(const std::string& key, const SessionName& name) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) {
    entries_.splice(entries_.end(), entries_, found->second);
    return entries_.back();
  }
  if (entries_.size() >= std::max<std::size_t>(1, limits_.max_sessions)) forget_oldest();
  entries_.push_back({key, seen_++, clock_.settled(), StoryState(name)});
  by_key_.emplace(key, std::prev(entries_.end()));
  return entries_.back();
}

void Stories::forget_oldest() {
  const Entry& oldest = entries_.front();
  ++sessions_forgotten_;
  events_ -= oldest.state.story().events.size();
  events_forgotten_ += oldest.state.story().events.size();
  by_key_.erase(oldest.key);
  entries_.pop_front();
}

std::vector<const Story*> Stories::tell(CaptureTime now) {
  std::vector<const Entry*> order;
  for (Entry& entry : entries_) {
    entry.state.finish(now);
    order.push_back(&entry);
  }
  std::sort(order.begin(), order.end(),
            [](const Entry* a, const Entry* b) { return a->number < b->number; });
  std::vector<const Story*> stories;
  stories.reserve(order.size());
  for (const Entry* entry : order) stories.push_back(&entry->state.story());
  return stories;
}

}  // namespace mpsdscope

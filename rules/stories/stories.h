// The sessions of a whole input, followed over time, in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <vector>

#include "rules/bounded_map.h"
#include "rules/stepping_clock.h"
#include "rules/stories/story_state.h"

namespace mpsdscope {

// Single-threaded. Calls and notifications in order of completion, complete in their identity.
class Stories {
 public:
  explicit Stories(const StoryLimits& limits = {}) : limits_(limits) {}

  void take(const Call& call);
  void take(const Notification& notification);

  // What happened until `now`, by session in the order in which they were first seen. Valid until
  // the next call.
  std::vector<const Story*> tell(CaptureTime now);

  std::uint64_t sessions_forgotten() const { return sessions_forgotten_; }
  // Of all sessions, also of those that are forgotten.
  std::uint64_t events_forgotten() const { return events_forgotten_; }
  // Calls, and notifications, whose session is not known: by a handle never seen before.
  std::uint64_t unresolved() const { return unresolved_; }

 private:
  struct Entry {
    std::string key;
    std::uint64_t number = 0;  // order of appearance
    CaptureTime used{};        // by what the clock settled on
    StoryState state;
  };
  using Entries = std::list<Entry>;

  template <class Tell>
  void tell_of(const SessionName& name, Tell tell);
  void forget_old();
  Entry& obtain(const std::string& key, const SessionName& name);
  void forget_oldest();

  StoryLimits limits_;
  SteppingClock clock_;
  Entries entries_;  // the one that was idle longest first
  TextMap<Entries::iterator> by_key_;
  std::uint64_t seen_ = 0;
  std::size_t events_ = 0;  // of all entries
  std::uint64_t sessions_forgotten_ = 0;
  std::uint64_t events_forgotten_ = 0;
  std::uint64_t unresolved_ = 0;
};

}  // namespace mpsdscope

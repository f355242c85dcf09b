// Follows one session: what each call tells of its entity-tag, its members and its conflicts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/rta/notification.h"
#include "rules/stories/story.h"
#include "rules/stories/story_call.h"
#include "rules/stories/story_limits.h"

namespace mpsdscope {

class StoryState {
 public:
  explicit StoryState(SessionName name) { story_.name = std::move(name); }

  // A call within the session, complete in its identity, later than those before.
  void tell(const Call& call, const StoryLimits& limits);
  // A handle to the session was created.
  void tell_handle(const Call& call, const StoryLimits& limits);
  // A change notification of the session arrived.
  void tell_notification(const Notification& notification, const StoryLimits& limits);
  // The input has come to `now`: conflicts that nobody followed up are given up.
  void finish(CaptureTime now);

  // Forgets the first events, as far as they are older.
  void forget_before(CaptureTime time);

  const Story& story() const { return story_; }

 private:
  // An entity-tag of the session, in the order in which they were seen.
  struct Link {
    std::string etag;
    Mover mover = Mover::unseen;
    Actor by;
    CaptureTime at{};
    std::uint64_t event = 0;  // that told of it
  };
  struct OpenConflict {
    std::uint64_t event = 0;
    bool read_since = false;
  };

  void follow_chain(const Call& call, const CallIntent& intent, StoryEvent& event);
  ChainStep step_to(const std::string& etag, const CallIntent& intent, StoryEvent& event);
  void claim(Link& link, const StoryEvent& event);
  void add_link(std::string etag, Mover mover, Actor by, CaptureTime at, std::uint64_t event);
  void follow_members(const Call& call, const CallIntent& intent, StoryEvent& event);
  void note_members(std::vector<std::uint64_t> now, StoryEvent& event);
  void note_own_member(const CallIntent& intent, const Call& call, StoryEvent& event);
  void follow_conflicts(const CallIntent& intent, const StoryEvent& event);
  std::optional<Resolution> resolution_of(const StoryEvent& conflict, const OpenConflict& open,
                                          const CallIntent& intent, const StoryEvent& event) const;
  void open_conflict(const CallIntent& intent, StoryEvent& event);
  void resolve(std::uint64_t event, Resolution resolution, CaptureTime at);
  void revive(const CallIntent& intent, const StoryEvent& event);
  void end_of_session(StoryEvent& event);
  void count_writer(const Actor& actor);
  void add(StoryEvent event, const StoryLimits& limits);

  std::uint64_t next_event() const { return story_.dropped + story_.events.size(); }
  StoryEvent* event_at(std::uint64_t number);

  Story story_;
  std::deque<Link> chain_;       // the newest last
  std::optional<Link> pending_;  // who moved it last without telling where to
  std::vector<OpenConflict> open_;
  std::vector<std::uint64_t> members_;  // sorted
  bool members_known_ = false;
};

}  // namespace mpsdscope

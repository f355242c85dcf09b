#include "rules/stories/story_state.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "decode/ascii.h"
#include "rules/identity.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kMaxChain = 16;     // entity-tags by which late answers are known
constexpr std::size_t kMaxWriters = 256;  // of a session
constexpr std::size_t kMaxNamed = 64;     // members of an event
constexpr std::size_t kMaxOpen = 256;     // conflicts of a session
// Later, a client that meant to write again would have done so.
constexpr Duration kFollowUp = std::chrono::seconds(30);

bool shows_existence(StoryEventKind kind) {
  return is_success_of_write(kind) || kind == StoryEventKind::read ||
         kind == StoryEventKind::unchanged || kind == StoryEventKind::conflict;
}

// Before an XUID is known, a user is told by the connection.
bool same_person(const StoryEvent& a, const StoryEvent& b) {
  if (a.actor == b.actor && !a.actor.user.empty()) return true;
  return a.conn == b.conn && !(is_xuid(a.actor.user) && is_xuid(b.actor.user));
}

}  // namespace

void StoryState::tell(const Call& call, const StoryLimits& limits) {
  const CallIntent intent(call);
  StoryEvent event = event_of(call);
  event.kind = kind_of(call, story_.deleted_at.has_value());
  if (event.kind != StoryEventKind::dry_run) {
    follow_conflicts(intent, event);
    if (event.kind == StoryEventKind::created) {
      chain_.clear();
      pending_.reset();
      members_.clear();
      members_known_ = true;
      if (!story_.created_at) {
        story_.created_at = event.at;
        story_.created_by = event.actor;
      }
      story_.deleted_at.reset();
    }
    revive(intent, event);
    follow_chain(call, intent, event);
    if (event.step != ChainStep::earlier) follow_members(call, intent, event);
    if (event.kind == StoryEventKind::deleted) end_of_session(event);
    if (event.kind == StoryEventKind::conflict) open_conflict(intent, event);
    story_.existed = story_.existed || shows_existence(event.kind);
    if (intent.write && is_success_of_write(event.kind)) count_writer(event.actor);
  }
  add(std::move(event), limits);
}

void StoryState::tell_handle(const Call& call, const StoryLimits& limits) {
  StoryEvent event = event_of(call);
  event.kind = StoryEventKind::handle;
  story_.existed = true;
  const DocumentFacts& answer = *call.response_document;
  event.handle = bounded_text(answer.handle_id);
  event.handle_type = bounded_text(answer.type.empty() ? call.request_document->type : answer.type);
  // These two write the session itself.
  if (equals_ignoring_case(event.handle_type, "activity") ||
      equals_ignoring_case(event.handle_type, "transfer")) {
    pending_ = Link{"", Mover::handle, event.actor, event.at, next_event()};
  }
  add(std::move(event), limits);
}

void StoryState::tell_notification(const Notification& notification, const StoryLimits& limits) {
  StoryEvent event;
  event.at = notification.at;
  event.kind = StoryEventKind::told;
  story_.existed = true;
  event.actor = {notification.user, notification.title_id};
  event.conn = notification.conn;
  event.stream = notification.stream;
  event.change_number = notification.change_number;
  add(std::move(event), limits);
}

// ---- the chain of entity-tags ----------------------------------------------------------------

void StoryState::follow_chain(const Call& call, const CallIntent& intent, StoryEvent& event) {
  event.etag = bounded_text(call.etag);
  const bool wrote = intent.write && is_success_of_write(event.kind);
  if (event.kind == StoryEventKind::deleted) return;
  if (event.etag.empty() || !shows_session(event.kind)) {
    if (wrote) pending_ = Link{"", Mover::writer, event.actor, event.at, next_event()};
    return;
  }
  event.step = step_to(event.etag, intent, event);
}

ChainStep StoryState::step_to(const std::string& etag, const CallIntent& intent,
                              StoryEvent& event) {
  const bool wrote = intent.write && is_success_of_write(event.kind);
  const auto known = std::find_if(chain_.begin(), chain_.end(),
                                  [&etag](const Link& link) { return link.etag == etag; });
  if (known != chain_.end()) {
    const bool newest = std::next(known) == chain_.end();
    const bool claims = wrote && known->mover == Mover::unseen && intent.begin <= known->at;
    if (claims) claim(*known, event);
    if (!newest) return ChainStep::earlier;
    return claims ? ChainStep::moved : ChainStep::same;
  }
  const bool first = chain_.empty();
  if (wrote) {
    const bool matched_unseen = !first && !intent.tag.empty() && intent.tag != "*" &&
                                std::none_of(chain_.begin(), chain_.end(), [&](const Link& link) {
                                  return link.etag == intent.tag;
                                });
    if (matched_unseen) {
      const Link between = pending_.value_or(Link{});
      event.unseen_before = between.mover == Mover::unseen;
      add_link(intent.tag, between.mover, between.by, event.at, next_event());
    }
    add_link(etag, Mover::writer, event.actor, event.at, next_event());
  } else {
    const Link by = first ? Link{} : pending_.value_or(Link{});
    event.mover = by.mover;
    event.moved_by = by.by;
    add_link(etag, by.mover, by.by, event.at, next_event());
  }
  pending_.reset();
  return first ? ChainStep::first : ChainStep::moved;
}

// Somebody saw the tag before the answer of the call that made it was complete.
void StoryState::claim(Link& link, const StoryEvent& event) {
  link.mover = Mover::writer;
  link.by = event.actor;
  StoryEvent* const told = event_at(link.event);
  if (told == nullptr) return;
  told->unseen_before = false;
  if (told->etag != link.etag) return;
  told->mover = Mover::writer;
  told->moved_by = event.actor;
}

void StoryState::add_link(std::string etag, Mover mover, Actor by, CaptureTime at,
                          std::uint64_t event) {
  if (!chain_.empty()) ++story_.changes;
  if (chain_.size() == kMaxChain) chain_.pop_front();
  chain_.push_back({std::move(etag), mover, std::move(by), at, event});
}

// ---- members ---------------------------------------------------------------------------------

void StoryState::follow_members(const Call& call, const CallIntent& intent, StoryEvent& event) {
  const DocumentFacts& document = *call.response_document;
  if (shows_session(event.kind) && document.shape == DocumentShape::session) {
    event.change_number = document.change_number;
    if (!document.large) return note_members(document.members, event);
  }
  if (intent.write && is_success_of_write(event.kind)) note_own_member(intent, call, event);
}

void StoryState::note_members(std::vector<std::uint64_t> now, StoryEvent& event) {
  std::sort(now.begin(), now.end());
  now.erase(std::unique(now.begin(), now.end()), now.end());
  const auto named = [](const std::vector<std::uint64_t>& xuids) {
    std::vector<std::string> names;
    for (const std::uint64_t xuid : xuids) {
      if (names.size() < kMaxNamed) names.push_back(std::to_string(xuid));
    }
    return names;
  };
  if (members_known_) {
    std::vector<std::uint64_t> joined, left;
    std::set_difference(now.begin(), now.end(), members_.begin(), members_.end(),
                        std::back_inserter(joined));
    std::set_difference(members_.begin(), members_.end(), now.begin(), now.end(),
                        std::back_inserter(left));
    event.joined = named(joined);
    event.left = named(left);
  }
  if (!members_known_ || now != members_) event.members = now.size();
  members_ = std::move(now);
  members_known_ = true;
}

// Without an entire session in the answer, the request tells of its own caller.
void StoryState::note_own_member(const CallIntent& intent, const Call& call, StoryEvent& event) {
  std::uint64_t xuid = 0;
  const std::string& user = event.actor.user;
  const bool numbered =
      is_xuid(user) &&
      std::from_chars(user.data(), user.data() + user.size(), xuid).ec == std::errc();
  const auto place = std::lower_bound(members_.begin(), members_.end(), xuid);
  const bool member = numbered && place != members_.end() && *place == xuid;
  if (intent.leaves) {
    event.left = {user};
    if (member) members_.erase(place);
  } else if (call.request_document->me == OwnMember::present && numbered && !member &&
             members_known_) {
    event.joined = {user};
    members_.insert(place, xuid);
  }
}

// ---- conflicts -------------------------------------------------------------------------------

void StoryState::open_conflict(const CallIntent& intent, StoryEvent& event) {
  auto conflict = std::make_unique<Conflict>();
  conflict->refused_etag = intent.tag;
  conflict->current_etag = event.etag;
  if (!chain_.empty()) {
    // The first change that the writer had not seen; of an unknown tag the last one of all.
    auto link = std::find_if(chain_.begin(), chain_.end(),
                             [&](const Link& one) { return one.etag == intent.tag; });
    if (link == chain_.end() || ++link == chain_.end()) link = std::prev(chain_.end());
    conflict->mover = link->mover;
    conflict->moved_by = link->by;
    conflict->moved_at = link->at;
  }
  event.conflict = std::move(conflict);
  if (open_.size() == kMaxOpen) {
    resolve(open_.front().event, Resolution::open, event.at);
    open_.erase(open_.begin());
  }
  open_.push_back({next_event(), false});
}

std::optional<Resolution> StoryState::resolution_of(const StoryEvent& conflict,
                                                    const OpenConflict& open,
                                                    const CallIntent& intent,
                                                    const StoryEvent& event) const {
  if (intent.leaves && is_success_of_write(event.kind)) return Resolution::given_up;
  if (!intent.tag.empty() && intent.tag == conflict.conflict->refused_etag) {
    return Resolution::stale_retry;
  }
  if (event.kind == StoryEventKind::conflict) return Resolution::refused_again;
  if (!is_success_of_write(event.kind)) return std::nullopt;
  return intent.unconditional && !open.read_since ? Resolution::overwritten : Resolution::adopted;
}

void StoryState::follow_conflicts(const CallIntent& intent, const StoryEvent& event) {
  for (std::size_t i = 0; i < open_.size();) {
    OpenConflict& open = open_[i];
    StoryEvent* const conflict = event_at(open.event);
    std::optional<Resolution> resolution;
    // What was already under way when the 412 came is no answer to it.
    if (conflict != nullptr && intent.begin >= conflict->at && same_person(*conflict, event)) {
      if (intent.write) resolution = resolution_of(*conflict, open, intent, event);
      open.read_since = open.read_since || event.kind == StoryEventKind::read ||
                        (event.kind == StoryEventKind::unchanged && !intent.write);
    }
    if (conflict == nullptr || resolution) {
      resolve(open.event, resolution.value_or(Resolution::open), event.at);
      open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
}

void StoryState::resolve(std::uint64_t event, Resolution resolution, CaptureTime at) {
  ++story_.resolutions[static_cast<std::size_t>(resolution)];
  StoryEvent* const conflict = event_at(event);
  if (conflict == nullptr) return;
  conflict->conflict->resolution = resolution;
  conflict->conflict->resolved_at = at;
}

// What was asked after the deletion and shows the session: somebody unseen created it anew.
void StoryState::revive(const CallIntent& intent, const StoryEvent& event) {
  const bool exists = shows_existence(event.kind) && event.kind != StoryEventKind::accepted &&
                      event.kind != StoryEventKind::deleted;
  if (!story_.deleted_at || !exists || intent.begin < *story_.deleted_at) return;
  story_.deleted_at.reset();
  members_known_ = false;
}

void StoryState::end_of_session(StoryEvent& event) {
  story_.deleted_at = event.at;
  story_.deleted_by = event.actor;
  for (const OpenConflict& open : std::exchange(open_, {})) {
    resolve(open.event, Resolution::given_up, event.at);
  }
  chain_.clear();
  pending_.reset();
  members_.clear();
}

void StoryState::finish(CaptureTime now) {
  for (const OpenConflict& open : std::exchange(open_, {})) {
    const StoryEvent* const conflict = event_at(open.event);
    const bool waited = conflict != nullptr && now - conflict->at > kFollowUp;
    resolve(open.event, waited ? Resolution::given_up : Resolution::open, now);
  }
}

// ---- the list --------------------------------------------------------------------------------

void StoryState::count_writer(const Actor& actor) {
  std::vector<Writer>& writers = story_.writers;
  const auto known = std::find_if(writers.begin(), writers.end(),
                                  [&](const Writer& writer) { return writer.actor == actor; });
  if (known != writers.end()) {
    ++known->writes;
  } else if (writers.size() < kMaxWriters) {
    writers.push_back({actor, 1});
  }
}

StoryEvent* StoryState::event_at(std::uint64_t number) {
  if (number < story_.dropped || number >= next_event()) return nullptr;
  return &story_.events[static_cast<std::size_t>(number - story_.dropped)];
}

void StoryState::add(StoryEvent event, const StoryLimits& limits) {
  std::deque<StoryEvent>& events = story_.events;
  events.push_back(std::move(event));
  while (events.size() > limits.max_events_per_session) {
    events.pop_front();
    ++story_.dropped;
  }
}

void StoryState::forget_before(CaptureTime time) {
  std::deque<StoryEvent>& events = story_.events;
  while (events.size() > 1 && events.front().at < time) {
    events.pop_front();
    ++story_.dropped;
  }
}

}  // namespace mpsdscope

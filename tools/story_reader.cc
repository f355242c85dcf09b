#include "tools/story_reader.h"

#include <algorithm>

#include "rules/stepping_clock.h"
#include "tools/json_reading.h"

namespace mpsdscope {
namespace {

namespace dom = simdjson::dom;

// Of an enumeration whose members have names; it stays as it is if there is none of that name.
template <class Enum>
void read_word(const dom::element& value, Enum& word) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Enum::count_); ++i) {
    if (name_of(static_cast<Enum>(i)) == text) word = static_cast<Enum>(i);
  }
}

void read_actor(std::string_view key, const dom::element& value, Actor& actor) {
  if (key == "user") return read_text(value, actor.user);
  if (key == "title_id") return read_title(value, actor.title_id);
}

void read_end(const dom::element& value, std::optional<CaptureTime>& at, Actor& by) {
  dom::object fields;
  if (value.get(fields) != simdjson::SUCCESS) return;
  for (const auto [key, field] : fields) {
    if (key == "ts") read_time(field, at);
    read_actor(key, field, by);
  }
}

void read_writers(const dom::element& value, std::vector<Writer>& writers) {
  dom::array all;
  if (value.get(all) != simdjson::SUCCESS) return;
  for (const dom::element one : all) {
    dom::object fields;
    if (one.get(fields) != simdjson::SUCCESS) continue;
    Writer& writer = writers.emplace_back();
    for (const auto [key, field] : fields) {
      if (key == "writes") read_number(field, writer.writes);
      read_actor(key, field, writer.actor);
    }
  }
}

void read_resolutions(const dom::element& value, Story& story) {
  dom::object fields;
  if (value.get(fields) != simdjson::SUCCESS) return;
  for (std::size_t i = 0; i < story.resolutions.size(); ++i) {
    dom::element count;
    if (fields[name_of(static_cast<Resolution>(i))].get(count) == simdjson::SUCCESS) {
      read_number(count, story.resolutions[i]);
    }
  }
}

void read_mover(const dom::element& value, Mover& mover, Actor& by) {
  dom::object fields;
  if (value.get(fields) != simdjson::SUCCESS) return;
  for (const auto [key, field] : fields) {
    std::string_view word;
    if (key == "by" && field.get(word) == simdjson::SUCCESS) {
      mover = word == "write" ? Mover::writer : word == "handle" ? Mover::handle : Mover::unseen;
    }
    read_actor(key, field, by);
  }
}

void read_users(const dom::element& value, std::vector<std::string>& users) {
  dom::array texts;
  if (value.get(texts) != simdjson::SUCCESS) return;
  for (const dom::element text : texts) read_text(text, users.emplace_back());
}

void read_chain(const dom::element& value, ChainStep& step) {
  std::string_view word;
  if (value.get(word) != simdjson::SUCCESS) return;
  step = word == "first"     ? ChainStep::first
         : word == "same"    ? ChainStep::same
         : word == "moved"   ? ChainStep::moved
         : word == "earlier" ? ChainStep::earlier
                             : ChainStep::none;
}

void read_conflict(const dom::element& value, std::unique_ptr<Conflict>& conflict) {
  dom::object fields;
  if (value.get(fields) != simdjson::SUCCESS) return;
  conflict = std::make_unique<Conflict>();
  for (const auto [key, field] : fields) {
    std::optional<CaptureTime> resolved;
    if (key == "refused_etag") read_text(field, conflict->refused_etag);
    if (key == "moved_by") read_mover(field, conflict->mover, conflict->moved_by);
    if (key == "resolution") read_word(field, conflict->resolution);
    if (key == "resolved_ts") read_time(field, resolved);
    if (resolved) conflict->resolved_at = SteppingClock::within_range(*resolved);
  }
}

void read_event_field(std::string_view key, const dom::element& value, StoryEvent& event) {
  if (key == "event") return read_word(value, event.kind);
  if (key == "element") return read_text(value, event.element);
  if (key == "handle") return read_text(value, event.handle);
  if (key == "handle_type") return read_text(value, event.handle_type);
  if (key == "etag") return read_text(value, event.etag);
  if (key == "chain") return read_chain(value, event.step);
  if (key == "moved_by") return read_mover(value, event.mover, event.moved_by);
  if (key == "unseen_before") return read_as<bool>(value, event.unseen_before);
  if (key == "joined") return read_users(value, event.joined);
  if (key == "left") return read_users(value, event.left);
  if (key == "members") return read_as<std::uint64_t>(value, event.members);
  if (key == "change_number") return read_optional(value, event.change_number);
  if (key == "conflict") return read_conflict(value, event.conflict);
  read_actor(key, value, event.actor);
}

StoryEvent read_event(const dom::object& fields) {
  StoryEvent event;
  std::optional<CaptureTime> at;
  std::int64_t status = 0;
  for (const auto [key, field] : fields) {
    if (key == "ts") read_time(field, at);
    if (key == "status") read_as<std::int64_t>(field, status);
    read_event_field(key, field, event);
  }
  if (at) event.at = SteppingClock::within_range(*at);
  if (status > 0 && status < 1'000) event.status = static_cast<int>(status);
  // What is told of a conflict needs its facts.
  if (event.kind == StoryEventKind::conflict && !event.conflict) {
    event.conflict = std::make_unique<Conflict>();
  }
  return event;
}

void read_events(const dom::element& value, std::deque<StoryEvent>& events) {
  dom::array all;
  if (value.get(all) != simdjson::SUCCESS) return;
  for (const dom::element one : all) {
    dom::object fields;
    if (one.get(fields) == simdjson::SUCCESS) events.push_back(read_event(fields));
  }
}

bool shows_existence(const StoryEvent& event) {
  switch (event.kind) {
    case StoryEventKind::gone:
    case StoryEventKind::absent:
    case StoryEventKind::refused:
    case StoryEventKind::throttled:
    case StoryEventKind::failed:
    case StoryEventKind::unanswered:
    case StoryEventKind::dry_run:
      return false;
    default:
      return true;
  }
}

}  // namespace

Story read_story(const dom::object& record) {
  Story story;
  for (const auto [key, value] : record) {
    if (key == "scid") read_text(value, story.name.scid);
    if (key == "template") read_text(value, story.name.template_name);
    if (key == "session") read_text(value, story.name.session);
    if (key == "created") read_end(value, story.created_at, story.created_by);
    if (key == "deleted") read_end(value, story.deleted_at, story.deleted_by);
    if (key == "changes") read_number(value, story.changes);
    if (key == "writers") read_writers(value, story.writers);
    if (key == "conflicts") read_resolutions(value, story);
    if (key == "events_forgotten") read_number(value, story.dropped);
    if (key == "events") read_events(value, story.events);
  }
  story.existed =
      story.dropped > 0 || std::any_of(story.events.begin(), story.events.end(), shows_existence);
  return story;
}

}  // namespace mpsdscope

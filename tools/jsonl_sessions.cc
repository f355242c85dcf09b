#include "tools/jsonl_sessions.h"

#include "tools/call_text.h"
#include "tools/jsonl_fields.h"
#include "tools/redact.h"

namespace mpsdscope {
namespace {

void write_actor(JsonWriter& json, const Actor& actor) {
  write_user(json, "user", actor.user);
  write_title(json, actor.title_id);
}

void write_end(JsonWriter& json, std::string_view name, const std::optional<CaptureTime>& at,
               const Actor& by) {
  if (!at) return;
  json.begin_object(name);
  write_time(json, "ts", *at);
  write_actor(json, by);
  json.end_object();
}

void write_users(JsonWriter& json, std::string_view name, const std::vector<std::string>& users) {
  if (users.empty()) return;
  json.begin_array(name);
  for (const std::string& user : users) json.element(redacted_user(user));
  json.end_array();
}

std::string_view word_of(ChainStep step) {
  switch (step) {
    case ChainStep::first:
      return "first";
    case ChainStep::same:
      return "same";
    case ChainStep::moved:
      return "moved";
    case ChainStep::earlier:
      return "earlier";
    case ChainStep::none:
      break;
  }
  return "";
}

void write_mover(JsonWriter& json, Mover mover, const Actor& by) {
  json.begin_object("moved_by");
  json.word("by", mover == Mover::writer ? "write" : mover == Mover::handle ? "handle" : "unseen");
  if (mover != Mover::unseen) write_actor(json, by);
  json.end_object();
}

void write_conflict(JsonWriter& json, const Conflict& conflict) {
  json.begin_object("conflict");
  write_name(json, "refused_etag", conflict.refused_etag);
  write_mover(json, conflict.mover, conflict.moved_by);
  json.word("resolution", name_of(conflict.resolution));
  if (conflict.resolution != Resolution::open) {
    write_time(json, "resolved_ts", conflict.resolved_at);
  }
  json.end_object();
}

void write_event(JsonWriter& json, const StoryEvent& event) {
  json.begin_object();
  write_time(json, "ts", event.at);
  json.word("event", name_of(event.kind));
  write_actor(json, event.actor);
  if (event.status != 0) json.number("status", event.status);
  if (event.row) json.word("row", id_of(*event.row));
  write_name(json, "element", event.element);
  write_name(json, "handle", event.handle);
  write_name(json, "handle_type", event.handle_type);
  write_name(json, "etag", event.etag);
  if (event.step != ChainStep::none) json.word("chain", word_of(event.step));
  const bool moved = event.step == ChainStep::moved;
  if (moved && (event.mover != Mover::unseen || event.kind == StoryEventKind::read)) {
    write_mover(json, event.mover, event.moved_by);
  }
  if (event.unseen_before) json.boolean("unseen_before", true);
  write_users(json, "joined", event.joined);
  write_users(json, "left", event.left);
  if (event.members) json.number("members", *event.members);
  if (event.change_number) json.number("change_number", *event.change_number);
  if (event.conflict) write_conflict(json, *event.conflict);
  json.number("conn", event.conn);
  json.number("stream", event.stream);
  json.end_object();
}

}  // namespace

void write_session(JsonWriter& json, const Story& story) {
  write_name(json, "scid", story.name.scid);
  write_name(json, "template", story.name.template_name);
  write_name(json, "session", story.name.session);
  write_end(json, "created", story.created_at, story.created_by);
  write_end(json, "deleted", story.deleted_at, story.deleted_by);
  json.number("changes", story.changes);
  json.begin_array("writers");
  for (const Writer& writer : story.writers) {
    json.begin_object();
    write_actor(json, writer.actor);
    json.number("writes", writer.writes);
    json.end_object();
  }
  json.end_array();
  json.begin_object("conflicts");
  for (std::size_t i = 0; i < story.resolutions.size(); ++i) {
    if (story.resolutions[i] == 0) continue;
    json.number(name_of(static_cast<Resolution>(i)), story.resolutions[i]);
  }
  json.end_object();
  if (story.dropped > 0) json.number("events_forgotten", story.dropped);
  json.begin_array("events");
  for (const StoryEvent& event : story.events) write_event(json, event);
  json.end_array();
}

void write_notification(JsonWriter& json, const Notification& told) {
  write_time(json, "ts", told.at);
  json.word("notification", name_of(told.kind));
  write_user(json, "user", told.user);
  write_title(json, told.title_id);
  write_name(json, "connection_id", told.connection_id);
  if (!told.uri.empty()) {
    std::string uri;
    append_redacted_uri(uri, told.uri);
    json.text("uri", uri);
  }
  if (told.code) json.number("code", *told.code);
  write_name(json, "scid", told.session.scid);
  write_name(json, "template", told.session.template_name);
  write_name(json, "session", told.session.session);
  if (told.kind == Notification::Kind::tap) json.boolean("member", told.member);
  write_name(json, "branch", told.branch);
  if (told.change_number) json.number("change_number", *told.change_number);
  json.number("conn", told.conn);
  json.number("stream", told.stream);
}

void write_notification_counts(JsonWriter& json, const RtaCounts& counts) {
  if (counts.messages == 0) return;
  json.begin_object("notifications");
  json.number("messages", counts.messages);
  json.number("subscriptions", counts.subscriptions);
  json.number("taps", counts.taps);
  json.end_object();
}

void write_session_counts(JsonWriter& json, const SessionCounts& counts) {
  json.begin_object("sessions");
  json.number("followed", counts.followed);
  if (counts.forgotten > 0) json.number("forgotten", counts.forgotten);
  if (counts.events_forgotten > 0) json.number("events_forgotten", counts.events_forgotten);
  if (counts.unresolved > 0) json.number("unresolved", counts.unresolved);
  json.end_object();
}

}  // namespace mpsdscope

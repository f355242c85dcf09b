#include "rules/stories/story_call.h"

#include <functional>

#include "rules/own_member.h"
#include "rules/user_name.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kMaxText = 256;  // bytes kept of a text of traffic

bool is_write(const Call& call) {
  const std::string& method = call.exchange->request.method;
  return method == "PUT" || method == "DELETE";
}

StoryEventKind kind_of_204(const Call& call, bool deleted) {
  switch (call.variant) {
    case Variant204::session_deleted:
      return StoryEventKind::deleted;
    case Variant204::element_gone:
      // A DELETE says so of what it took away.
      return call.exchange->request.method == "DELETE" && !deleted ? StoryEventKind::updated
                                                                   : StoryEventKind::gone;
    default:
      return StoryEventKind::absent;
  }
}

}  // namespace

std::string bounded_text(std::string_view text) {
  if (text.size() <= kMaxText) return std::string(text);
  return std::string(text.substr(0, kMaxText / 2)) + "…" +
         std::to_string(std::hash<std::string_view>()(text));
}

Actor actor_of(const Call& call) {
  Actor actor;
  name_user(call, actor.user);
  actor.title_id = call.title_id;
  return actor;
}

CallIntent::CallIntent(const Call& call)
    : write(is_write(call)), leaves(leaves_session(call)), begin(call.exchange->request.begin) {
  unconditional = call.request.guard == Guard::none || call.request.guard == Guard::any;
  if (call.request.guard == Guard::absent) tag = "*";
  if (call.request.guard == Guard::etag) tag = call.request.if_match;
}

StoryEventKind kind_of(const Call& call, bool deleted) {
  const bool write = is_write(call);
  if (is_dry_run(call)) return StoryEventKind::dry_run;
  if (!call.exchange->response.present) return StoryEventKind::unanswered;
  switch (call.row.value_or(Row::unlisted)) {
    case Row::r200:
      return write ? StoryEventKind::updated : StoryEventKind::read;
    case Row::r201:
      return StoryEventKind::created;
    case Row::r202:
      return StoryEventKind::accepted;
    case Row::r204:
      return kind_of_204(call, deleted);
    case Row::r304:
      return StoryEventKind::unchanged;
    case Row::r412_bare:
    case Row::r412_session:
      return write ? StoryEventKind::conflict : StoryEventKind::failed;
    case Row::r429:
    case Row::r503:
      return StoryEventKind::throttled;
    case Row::unlisted:
      return StoryEventKind::failed;
    default:
      return StoryEventKind::refused;
  }
}

bool is_success_of_write(StoryEventKind kind) {
  return kind == StoryEventKind::created || kind == StoryEventKind::updated ||
         kind == StoryEventKind::accepted || kind == StoryEventKind::deleted;
}

// Does an answer of the kind show the session as it is?
bool shows_session(StoryEventKind kind) {
  return kind == StoryEventKind::created || kind == StoryEventKind::updated ||
         kind == StoryEventKind::read || kind == StoryEventKind::unchanged ||
         kind == StoryEventKind::conflict || kind == StoryEventKind::refused;
}

StoryEvent event_of(const Call& call) {
  const Exchange& exchange = *call.exchange;
  StoryEvent event;
  event.at = exchange.completed();
  event.actor = actor_of(call);
  event.conn = exchange.conn;
  event.stream = exchange.stream;
  event.status = exchange.response.present ? exchange.response.status : 0;
  event.row = call.row;
  event.element = bounded_text(call.target.element);
  event.handle = bounded_text(call.target.handle);
  return event;
}

}  // namespace mpsdscope

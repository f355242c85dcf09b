#include "tools/story_text.h"

#include <fmt/format.h>

#include "rules/identity.h"
#include "rules/user_name.h"
#include "tools/call_text.h"
#include "tools/escape.h"
#include "tools/pretty_line.h"
#include "tools/pretty_text.h"
#include "tools/redact.h"
#include "tools/text_width.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kShortEtag = 17;  // columns of an entity-tag

std::string name_text(std::string_view name) {
  return printable(redacted_name(name));
}

std::string users_text(const std::vector<std::string>& users) {
  std::vector<std::string> texts;
  texts.reserve(users.size());
  for (const std::string& user : users) texts.push_back(user_text(user));
  return joined(texts);
}

std::string mover_text(Mover mover, const Actor& by) {
  switch (mover) {
    case Mover::writer:
      return "a write of " + user_text(by.user);
    case Mover::handle:
      return "the handle of " + user_text(by.user);
    case Mover::unseen:
      break;
  }
  return "a call that was not seen";
}

std::string conflict_text(const StoryEvent& event) {
  const Conflict& conflict = *event.conflict;
  std::string text = "conflict: ";
  if (conflict.refused_etag == "*") {
    text += "created what existed already";
  } else if (conflict.refused_etag.empty()) {
    text += "refused without naming an ETag";
  } else {
    text += "wrote on " + short_etag(conflict.refused_etag) + ", which had been changed by " +
            mover_text(conflict.mover, conflict.moved_by);
  }
  return text + "; " + resolution_text(event);
}

// What was done, and to what.
std::string deed_text(const StoryEvent& event) {
  const std::string what = event.element.empty() ? "" : " " + name_text(event.element);
  const std::string status = event.status == 0 ? "" : std::to_string(event.status);
  switch (event.kind) {
    case StoryEventKind::created:
      return "created it";
    case StoryEventKind::updated:
      return "wrote" + what;
    case StoryEventKind::accepted:
      return "wrote" + what + ": accepted, not completed yet";
    case StoryEventKind::deleted:
      return "wrote, which deleted it";
    case StoryEventKind::gone:
      return "wrote" + what + ": it was gone";
    case StoryEventKind::read:
      return "read" + what;
    case StoryEventKind::unchanged:
      return "read" + what + ": unchanged";
    case StoryEventKind::absent:
      return "read" + what + ": does not exist";
    case StoryEventKind::conflict:
      return conflict_text(event);
    case StoryEventKind::refused:
      return "refused with " + status;
    case StoryEventKind::throttled:
      return (event.status == 503 ? "unavailable (" : "throttled (") + status + ")";
    case StoryEventKind::unanswered:
      return "no answer was seen";
    case StoryEventKind::dry_run:
      return "dry run, answered " + (status.empty() ? "by nothing" : "with " + status) +
             ": nothing changed";
    case StoryEventKind::handle:
      return "created a handle to it" +
             (event.handle_type.empty() ? "" : " (" + name_text(event.handle_type) + ")");
    case StoryEventKind::told:
      return "was told that it changed";
    default:
      return "answered with " + status;
  }
}

bool is_write(StoryEventKind kind) {
  return kind == StoryEventKind::created || kind == StoryEventKind::updated ||
         kind == StoryEventKind::accepted;
}

std::string chain_text(const StoryEvent& event) {
  if (event.step == ChainStep::earlier) return "; an answer overtook it";
  if (event.unseen_before) return "; before that, a call that was not seen had changed it";
  if (event.step != ChainStep::moved || event.kind == StoryEventKind::conflict) return "";
  if (is_write(event.kind)) return "";
  return "; changed by " + mover_text(event.mover, event.moved_by);
}

}  // namespace

std::string user_text(std::string_view user) {
  if (user.empty()) return "-";
  const std::string text = printable(redacted_user(user));
  const auto hash = hash_in_name(text);
  return hash ? "#" + std::string(*hash) : text;
}

std::string short_etag(std::string_view etag) {
  return cut_middle(name_text(etag), kShortEtag);
}

std::string_view short_text(Resolution resolution) {
  switch (resolution) {
    case Resolution::adopted:
      return "adopted and rewritten";
    case Resolution::refused_again:
      return "adopted and refused again";
    case Resolution::stale_retry:
      return "stale retry";
    case Resolution::overwritten:
      return "overwritten blindly";
    case Resolution::given_up:
      return "given up";
    default:
      return "open";
  }
}

std::string resolution_text(const StoryEvent& conflict) {
  const Conflict& facts = *conflict.conflict;
  const std::string later = ", " + duration_text(facts.resolved_at - conflict.at) + " later";
  switch (facts.resolution) {
    case Resolution::adopted:
      return "adopted and rewritten" + later;
    case Resolution::refused_again:
      return "adopted and written again, refused again" + later;
    case Resolution::stale_retry:
      return "retried with the refused ETag" + later;
    case Resolution::overwritten:
      return "overwritten blindly" + later;
    case Resolution::given_up:
      return "given up";
    default:
      return "open when the input ended";
  }
}

std::string event_text(const StoryEvent& event) {
  std::string text = deed_text(event);
  if (!event.handle.empty() && event.kind != StoryEventKind::handle) text += ", by handle";
  text += chain_text(event);
  if (!event.joined.empty()) {
    const bool itself = event.joined.size() == 1 && event.joined.front() == event.actor.user;
    text += itself ? "; joined" : "; joined: " + users_text(event.joined);
  }
  if (!event.left.empty()) {
    const bool itself = event.left.size() == 1 && event.left.front() == event.actor.user;
    text += itself ? "; left" : "; left: " + users_text(event.left);
  }
  if (event.members) text += "; " + counted(*event.members, "member");
  if (event.change_number) text += fmt::format("; change {}", *event.change_number);
  return text;
}

}  // namespace mpsdscope

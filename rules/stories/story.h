// What happened to one session, in the order of completion: the facts, without words.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/time.h"
#include "rules/session_name.h"
#include "rules/status_table.h"

namespace mpsdscope {

enum class StoryEventKind : std::uint8_t {
  created,
  updated,
  accepted,   // 202: not completed yet
  deleted,    // by the write that left it empty
  gone,       // a write that met no session, or no element, any more
  read,       // also of an element
  unchanged,  // a read that was answered 304
  absent,     // a read that found no session, or no element
  conflict,   // a write that was answered 412
  refused,    // another 4xx
  throttled,  // 429, 503
  failed,     // any other answer
  unanswered,
  dry_run,  // nocommit: it changed nothing, whatever was answered
  handle,   // a handle to the session was created
  told,     // a change notification (shoulder tap) arrived
  count_
};
std::string_view name_of(StoryEventKind kind);  // "created", "dry-run", …

// What an entity-tag of an answer says about the session.
enum class ChainStep : std::uint8_t {
  none,     // there was none
  first,    // the first one seen
  same,     // nothing had changed
  moved,    // a new one: by the call itself if it wrote, else by `moved_by`
  earlier,  // one that was already replaced: answers overtook each other
};

// How a conflict ended for the user who met it.
enum class Resolution : std::uint8_t {
  open,           // the input ended before it showed
  adopted,        // wrote again with an entity-tag that was current, or after a read
  refused_again,  // did so, and met the next conflict
  stale_retry,    // wrote again with the entity-tag that had been refused
  overwritten,    // wrote without one, or with `*`, and without reading
  given_up,       // left, or wrote no more
  count_
};
std::string_view name_of(Resolution resolution);  // "adopted", "stale-retry", …

// A user of a title. `user` as the rates name one: XUID, "hash:<user hash>", or "" if unknown.
struct Actor {
  std::string user;
  std::optional<std::uint32_t> title_id;
  bool operator==(const Actor&) const = default;
};

// Who moved the entity-tag, as far as was seen.
enum class Mover : std::uint8_t {
  unseen,  // a call that is not in the input
  writer,  // a call of a writer
  handle,  // the creation of an activity or transfer handle
};

struct Conflict {
  std::string refused_etag;  // of If-Match; "*" of If-None-Match: creating what existed; "" unknown
  std::string current_etag;  // of the answer; "" if it had none
  Mover mover = Mover::unseen;  // of what the writer had not seen
  Actor moved_by;               // of any mover but unseen
  CaptureTime moved_at{};
  Resolution resolution = Resolution::open;
  CaptureTime resolved_at{};  // of any resolution but open; of given_up the last that was seen
};

struct StoryEvent {
  CaptureTime at{};  // completed
  StoryEventKind kind = StoryEventKind::failed;
  Actor actor;  // of told: whom it told
  std::uint64_t conn = 0;
  std::uint32_t stream = 0;
  int status = 0;  // 0: none
  std::optional<Row> row;
  std::string element;      // below the session, "" for the session itself
  std::string handle;       // id: of handle, and of calls by handle
  std::string handle_type;  // of handle
  std::string etag;         // of the answer
  ChainStep step = ChainStep::none;
  Mover mover = Mover::unseen;  // of a read that moved
  Actor moved_by;
  bool unseen_before = false;  // of a write: the tag that it matched was moved by nobody seen
  std::vector<std::string> joined, left;      // XUIDs, or as users are named
  std::optional<std::size_t> members;         // in all, where the document tells and it is news
  std::optional<std::int64_t> change_number;  // of the document, or of the notification
  std::unique_ptr<Conflict> conflict;         // of conflict
};

struct Writer {
  Actor actor;
  std::uint64_t writes = 0;  // that succeeded
};

struct Story {
  SessionName name;      // as it was spelled first
  bool existed = false;  // as some answer showed
  std::optional<CaptureTime> created_at, deleted_at;
  Actor created_by, deleted_by;
  std::deque<StoryEvent> events;
  std::uint64_t dropped = 0;    // events before the first, for want of room
  std::vector<Writer> writers;  // in the order of their first write
  std::uint64_t changes = 0;    // entity-tags after the first
  std::array<std::uint64_t, static_cast<std::size_t>(Resolution::count_)> resolutions{};
};

}  // namespace mpsdscope

// The JSON documents of the session directory, read once into facts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mpsdscope {

enum class DocumentShape : std::uint8_t {
  none,             // no bytes
  not_json,         // bytes that are not JSON, or JSON that is damaged or cut
  other,            // JSON of no known shape
  session,          // an entire session
  partial_session,  // has parts of a session but is not an entire one; `problem` says why
  member,           // a member element: next, joinTime, no membersInfo
  handle,           // id, type, sessionRef, version
  query_results,    // results
  rate_limit,       // maxRequests, periodInSeconds
};
std::string_view name_of(DocumentShape shape);

// A handle, alone or among the results of a query. Texts are "" where the handle has none.
struct HandleFacts {
  std::string id;
  std::string type;      // activity, invite, transfer, search
  std::string title_id;  // decimal as written
  std::string owner_xuid;
  std::string ref_scid, ref_template, ref_session;  // its sessionRef
};

// What a document says of the caller's own member, members.me.
enum class OwnMember : std::uint8_t {
  absent,
  removed,  // null: of a request, the caller leaves
  present,
};

// An entire session: an object without results, sessionRef or currentRequests at its top level;
// constants and properties are objects; membersInfo is an object with numeric first, next and count
// (in the shape before it: members with numeric first, end and count); and the list of members,
// walked from first by `next` until membersInfo.next, holds count many (not walked in large
// sessions). Of a field that occurs twice the last counts.
struct DocumentFacts {
  DocumentShape shape = DocumentShape::none;
  bool json_object = false;  // the body is a JSON object, or damaged JSON that begins as one
  bool large = false;        // constants.system.capabilities.large
  std::string problem;  // why it is not an entire session (or not JSON): for a person; "" if fine
  // Fields that contract version 104 and later owes and an entire session lacks: "branch,
  // changeNumber". They do not make it any less entire: a client can work with it.
  std::string missing_fields;
  std::string
      title_id;      // handle's titleId or a member's activeTitleId, decimal as written; "" none
  std::string xuid;  // members.me.constants.system.xuid; "" none
  std::string element_xuid;  // constants.system.xuid: of a member element; "" none
  std::string owner_xuid;    // a handle's ownerXuid; "" none
  std::string scid;          // scid at the top level (query requests); "" none
  std::string type;          // type at the top level (handles, their queries); "" none
  // Of a query: how many users it asks about, in xuids or owners.xuids; one who is named several
  // times and no other counts once.
  std::optional<std::size_t> users;
  std::string handle_id;                            // a handle's id; "" none
  std::string ref_scid, ref_template, ref_session;  // sessionRef of a handle
  OwnMember me = OwnMember::absent;
  // properties.system.connection of members.me, or of a member element, or where it stands in what
  // lies below one (properties, system of these), or all that there is, a string or null: the
  // websocket connection that is told of changes; "" none
  std::string connection;
  bool connection_removed = false;            // the same, but null: nobody is told any more
  std::optional<std::int64_t> change_number;  // of a session
  // XUIDs of the numbered members in document order, the first 1,024; empty unless it is an entire
  // session.
  std::vector<std::uint64_t> members;
  std::vector<HandleFacts> results;  // handles among the results of a query, the first 256
  std::optional<std::int64_t> current_requests, max_requests, period_in_seconds;  // rate limit
  std::string limit_type;
  std::size_t text_size = 0;  // what the texts and results of one that was read take, about
};

// Facts that do not change any more, so that all who carry the same document share them. Nothing
// was read: as constructed.
class SharedFacts {
 public:
  SharedFacts() = default;
  explicit SharedFacts(DocumentFacts facts)
      : SharedFacts(std::make_shared<const DocumentFacts>(std::move(facts))) {}
  explicit SharedFacts(std::shared_ptr<const DocumentFacts> facts) : facts_(std::move(facts)) {}

  const DocumentFacts& operator*() const { return facts_ ? *facts_ : kNone; }
  const DocumentFacts* operator->() const { return &**this; }

  void clear() { facts_.reset(); }

 private:
  static const DocumentFacts kNone;

  std::shared_ptr<const DocumentFacts> facts_;
};

// Reads one body. `contract_version` as in the request's x-xbl-contract-version, 0 if unknown: 104
// and later owe further fields. Never throws; any bytes are welcome; nesting deeper than 256 is
// refused (not_json). A byte order mark is skipped. Thread-safe (parsers are per thread).
// `readable`: how many bytes may be read from body.data() on, e.g. the capacity of the string that
// holds it; with 64 more than the body no copy is made.
SharedFacts read_document(std::string_view body, int contract_version, std::size_t readable = 0);

}  // namespace mpsdscope

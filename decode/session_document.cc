#include "decode/session_document.h"

#include <algorithm>
#include <array>

#include <simdjson.h>

#include "decode/document_memo.h"
#include "decode/json_text.h"
#include "decode/json_value.h"
#include "decode/session_document_fields.h"
#include "decode/session_shape.h"

namespace mpsdscope {
namespace {

namespace dom = simdjson::dom;
using simdjson::error_code;

constexpr std::size_t kMaxDepth = 256;
constexpr std::size_t kMaxMembers = 1'024;  // whose XUIDs are kept of a session
constexpr std::size_t kMaxResults = 256;    // handles kept of a query
constexpr std::size_t kKeptCapacity = std::size_t{1} << 20;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Kept per thread between documents, so that reading a usual one allocates nothing. The whole
// document is parsed, not only what is asked for: damage anywhere makes it worthless to a client.
struct Workspace {
  dom::parser parser;
  std::string padded;
  std::vector<MemberLink> links;
  DocumentMemo memo;
};

Workspace& workspace() {
  static thread_local Workspace instance;
  return instance;
}

FieldKind kind_of(dom::element value) {
  switch (value.type()) {
    case dom::element_type::OBJECT:
      return FieldKind::object;
    case dom::element_type::NULL_VALUE:
      return FieldKind::null;
    default:
      return FieldKind::other;
  }
}

void read_handle_field(std::string_view key, dom::element value, HandleFacts& handle) {
  if (key == "id") handle.id = text_of(value);
  if (key == "type") handle.type = text_of(value);
  if (key == "titleId") handle.title_id = text_of(value);
  if (key == "ownerXuid") handle.owner_xuid = text_of(value);
  if (key != "sessionRef") return;
  each_field(value, [&](std::string_view name, dom::element v) {
    if (name == "scid") handle.ref_scid = text_of(v);
    if (name == "templateName") handle.ref_template = text_of(v);
    if (name == "name") handle.ref_session = text_of(v);
  });
}

class Reader {
 public:
  Reader(DocumentFacts& facts, std::vector<MemberLink>& links) : facts_(facts), links_(links) {
    links_.clear();
    facts_.members.clear();
  }

  void read(dom::element object, int contract_version) {
    each_field(object, [this](std::string_view key, dom::element v) { read_top_field(key, v); });
    decide_shape(parts_, links_, contract_version, facts_);
    finish();
  }

 private:
  void read_top_field(std::string_view key, dom::element value);
  void read_constants(dom::element value);
  void read_members(dom::element value);
  void read_member(std::int64_t index, dom::element value);
  void read_members_info(dom::element value);
  void read_connection(const std::optional<dom::element>& value);
  void read_results(dom::element value);
  void read_users(dom::element value);
  void finish();

  DocumentFacts& facts_;
  std::vector<MemberLink>& links_;
  DocumentParts parts_;
  HandleFacts handle_;
  std::string top_title_, me_title_, member_title_;  // activeTitleId, by where it stood
};

void Reader::read_constants(dom::element value) {
  facts_.large = false;
  facts_.element_xuid.clear();
  const std::optional<dom::element> system = field_of(value, "system");
  if (!system) return;
  each_field(*system, [this](std::string_view key, dom::element v) {
    if (key == "xuid") facts_.element_xuid = text_of(v);
    if (key != "capabilities") return;
    const std::optional<dom::element> large = field_of(v, "large");
    bool is_large = false;
    facts_.large = large && !large->get_bool().get(is_large) && is_large;
  });
}

void Reader::read_members(dom::element value) {
  links_.clear();
  parts_.old_info = {};
  each_field(value, [this](std::string_view key, dom::element v) {
    if (key == "me") {
      facts_.me = v.is_null() ? OwnMember::removed : OwnMember::present;
      facts_.xuid = text_at(v, {"constants", "system", "xuid"});
      read_connection(element_at(v, {"properties", "system", "connection"}));
      me_title_ = text_at(v, {"activeTitleId"});
    } else if (key == "first") {
      parts_.old_info.first = integer_of(v);
    } else if (key == "end") {
      parts_.old_info.next = integer_of(v);
    } else if (key == "count") {
      parts_.old_info.count = integer_of(v);
    } else if (const std::optional<std::int64_t> index = member_index(key)) {
      read_member(*index, v);
    }
  });
}

void Reader::read_member(std::int64_t index, dom::element value) {
  MemberLink link{index, std::nullopt};
  each_field(value, [&](std::string_view name, dom::element v) {
    if (name == "next") link.next = integer_of(v);
    if (name == "activeTitleId" && member_title_.empty()) member_title_ = text_of(v);
    if (name != "constants") return;
    const std::optional<dom::element> system = field_of(v, "system");
    const std::optional<dom::element> xuid = system ? field_of(*system, "xuid") : std::nullopt;
    const std::optional<std::uint64_t> number = xuid ? xuid_of(*xuid) : std::nullopt;
    if (number && facts_.members.size() < kMaxMembers) facts_.members.push_back(*number);
  });
  links_.push_back(link);
}

// The first one counts: a document has one place for it.
void Reader::read_connection(const std::optional<dom::element>& value) {
  if (!value || !facts_.connection.empty()) return;
  facts_.connection = text_of(*value);
  facts_.connection_removed = value->is_null();
}

void Reader::read_results(dom::element value) {
  facts_.results.clear();
  dom::array results;
  if (value.get_array().get(results)) return;
  for (const dom::element result : results) {
    if (facts_.results.size() == kMaxResults) return;
    HandleFacts handle;
    each_field(result,
               [&](std::string_view key, dom::element v) { read_handle_field(key, v, handle); });
    if (!handle.id.empty()) facts_.results.push_back(std::move(handle));
  }
}

void Reader::read_users(dom::element value) {
  dom::array users;
  if (value.get_array().get(users)) return;
  std::string_view first;
  std::size_t count = 0;
  bool several = false;
  for (const dom::element user : users) {
    std::string_view text;
    if (user.get_string().get(text)) continue;
    if (count++ == 0) first = text;
    several = several || text != first;
  }
  facts_.users = several ? count : std::min<std::size_t>(count, 1);
}

void Reader::read_members_info(dom::element value) {
  parts_.info = {};
  each_field(value, [this](std::string_view name, dom::element v) {
    if (name == "first") parts_.info.first = integer_of(v);
    if (name == "next") parts_.info.next = integer_of(v);
    if (name == "count") parts_.info.count = integer_of(v);
  });
}

void Reader::read_top_field(std::string_view key, dom::element value) {
  const TopField* field = find_top_field(key);
  if (field == nullptr) return;
  if (field->kind != nullptr) parts_.*field->kind = kind_of(value);
  switch (field->content) {
    case TopContent::ignored:
      return;
    case TopContent::constants:
      return read_constants(value);
    case TopContent::members:
      return read_members(value);
    case TopContent::members_info:
      return read_members_info(value);
    case TopContent::results:
      return read_results(value);
    case TopContent::scid:
      facts_.scid = text_of(value);
      return;
    case TopContent::type:
      facts_.type = text_of(value);
      return;
    case TopContent::users:
      return read_users(value);
    case TopContent::owners:
      if (const std::optional<dom::element> users = field_of(value, "xuids")) read_users(*users);
      return;
    case TopContent::properties:
      return read_connection(element_at(value, {"system", "connection"}));
    case TopContent::system:
      return read_connection(field_of(value, "connection"));
    case TopContent::connection:
      return read_connection(value);
    case TopContent::change_number:
      facts_.change_number = integer_of(value);
      return;
    case TopContent::active_title:
      top_title_ = text_of(value);
      return;
    case TopContent::current_requests:
      facts_.current_requests = integer_of(value);
      return;
    case TopContent::max_requests:
      facts_.max_requests = integer_of(value);
      return;
    case TopContent::period:
      facts_.period_in_seconds = integer_of(value);
      return;
    case TopContent::limit_type:
      facts_.limit_type = text_of(value);
      return;
    case TopContent::handle:
      return read_handle_field(key, value, handle_);
  }
}

void Reader::finish() {
  for (std::string* title : {&handle_.title_id, &top_title_, &me_title_, &member_title_}) {
    if (title->empty()) continue;
    facts_.title_id = std::move(*title);
    break;
  }
  if (facts_.shape != DocumentShape::session) facts_.members.clear();
  if (facts_.shape != DocumentShape::handle) return;
  facts_.handle_id = std::move(handle_.id);
  facts_.owner_xuid = std::move(handle_.owner_xuid);
  facts_.ref_scid = std::move(handle_.ref_scid);
  facts_.ref_template = std::move(handle_.ref_template);
  facts_.ref_session = std::move(handle_.ref_session);
}

// Why the parser refused, for a person.
std::string describe(error_code error) {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return "the bytes are not UTF-8";
    case simdjson::DEPTH_ERROR:
      return "the JSON is nested deeper than " + std::to_string(kMaxDepth) + " levels";
    case simdjson::UNCLOSED_STRING:
      return "the JSON is cut off: it ends within a string";
    case simdjson::CAPACITY:
    case simdjson::MEMALLOC:
      return "the JSON is too large to be read";
    default:
      return "the JSON is cut off or damaged";
  }
}

// `{` and then a name or `}`: what begins so was meant to be a JSON object.
bool begins_as_object(std::string_view text) {
  if (text.empty() || text[0] != '{') return false;
  const std::string_view rest = trim_json(text.substr(1));
  return rest.empty() || rest[0] == '"' || rest[0] == '}';
}

// Parses `body` in place if the parser may read SIMDJSON_PADDING bytes past its end, else in a
// copy.
error_code parse(Workspace& space, std::string_view body, std::size_t readable,
                 dom::element& root) {
  if (space.parser.max_depth() != kMaxDepth) {
    if (const error_code error = space.parser.allocate(0, kMaxDepth)) return error;
  }
  const char* data = body.data();
  if (readable < body.size() + simdjson::SIMDJSON_PADDING) {
    space.padded.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    space.padded.assign(body);
    data = space.padded.data();
  }
  return space.parser.parse(data, body.size(), false).get(root);
}

// JSON has numbers of any size and lone surrogates (RFC 8259 §6, §8.2), the parser has neither:
// where it gives up, they are replaced by what it takes.
error_code parse_tolerantly(Workspace& space, std::string_view body, std::size_t readable,
                            dom::element& root) {
  const error_code error = parse(space, body, readable, root);
  if (error != simdjson::NUMBER_ERROR && error != simdjson::STRING_ERROR) return error;
  return parse(space, replace_lone_surrogates(shorten_json_numbers(body)), 0, root);
}

void not_json(DocumentFacts& facts, std::string problem, bool json_object = false) {
  facts.shape = DocumentShape::not_json;
  facts.problem = std::move(problem);
  facts.json_object = json_object;
}

void read_anew(Workspace& space, DocumentFacts& facts, std::string_view body, int contract_version,
               std::size_t readable) {
  if (body.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    body.remove_prefix(kByteOrderMark.size());
    readable -= std::min(readable, kByteOrderMark.size());
  }
  const std::size_t begin = std::min(body.find_first_not_of(" \t\n\r"), body.size());
  const std::string_view text = body.substr(begin);
  readable -= std::min(readable, begin);
  if (text.empty()) return not_json(facts, "the body is only whitespace");
  // Most answers that are not JSON are sentences.
  constexpr std::string_view kFirstOfJson = "{[\"-0123456789tfn";
  if (kFirstOfJson.find(text[0]) == std::string_view::npos) {
    return not_json(facts, "it is not JSON");
  }

  dom::element root;
  const error_code error = parse_tolerantly(space, text, readable, root);
  if (error) {
    const bool structured = text[0] == '{' || text[0] == '[';
    not_json(facts, structured ? describe(error) : "it is not JSON", begins_as_object(text));
  } else if (root.is_object()) {
    facts.json_object = true;
    Reader(facts, space.links).read(root, contract_version);
  } else {
    facts.shape = DocumentShape::other;
    facts.problem = root.is_array() ? "it is a JSON array, not an object"
                                    : "it is a single JSON value, not an object";
    facts.connection = text_of(root);
    facts.connection_removed = root.is_null();
  }
  if (space.padded.capacity() > kKeptCapacity) std::string().swap(space.padded);
  if (space.parser.capacity() > kKeptCapacity) space.parser = dom::parser();
}

std::size_t size_of(const DocumentFacts& facts) {
  std::size_t size = 0;
  for (const std::string* text :
       {&facts.problem, &facts.missing_fields, &facts.title_id, &facts.xuid, &facts.element_xuid,
        &facts.owner_xuid, &facts.scid, &facts.handle_id, &facts.ref_scid, &facts.ref_template,
        &facts.ref_session, &facts.limit_type}) {
    size += text->size();
  }
  for (const HandleFacts& handle : facts.results) {
    size += sizeof(HandleFacts) + handle.id.size() + handle.title_id.size() +
            handle.owner_xuid.size() + handle.ref_scid.size() + handle.ref_template.size() +
            handle.ref_session.size();
  }
  return size;
}

}  // namespace

std::string_view name_of(DocumentShape shape) {
  constexpr std::array<std::string_view, 9> kNames{"none",    "not-json",        "other",
                                                   "session", "partial-session", "member",
                                                   "handle",  "query-results",   "rate-limit"};
  return kNames[static_cast<std::size_t>(shape)];
}

const DocumentFacts SharedFacts::kNone;

SharedFacts read_document(std::string_view body, int contract_version, std::size_t readable) {
  if (body.empty()) return {};
  Workspace& space = workspace();
  DocumentMemo::Kept* const kept = space.memo.find(body, contract_version);
  if (kept != nullptr && kept->is(body, contract_version)) return kept->facts;
  const auto read = std::make_shared<DocumentFacts>();
  read_anew(space, *read, body, contract_version, readable);
  read->text_size = size_of(*read);
  SharedFacts facts(read);
  if (kept == nullptr) return facts;
  kept->body = body;
  kept->contract_version = contract_version;
  kept->facts = facts;
  return facts;
}

}  // namespace mpsdscope

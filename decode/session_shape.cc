#include "decode/session_shape.h"

#include <algorithm>
#include <array>

namespace mpsdscope {
namespace {

constexpr int kFirstContractWithFields = 104;

bool present(FieldKind kind) {
  return kind != FieldKind::absent;
}

void sort_links(std::vector<MemberLink>& links) {
  const auto by_index = [](const MemberLink& a, const MemberLink& b) { return a.index < b.index; };
  if (!std::is_sorted(links.begin(), links.end(), by_index)) {
    std::stable_sort(links.begin(), links.end(), by_index);
  }
}

// The last of those with that index; nullptr if there is none. `hint`: where it probably is.
const MemberLink* find_link(const std::vector<MemberLink>& links, std::int64_t index,
                            std::size_t hint) {
  if (hint + 1 < links.size() && links[hint].index == index && links[hint + 1].index != index) {
    return &links[hint];
  }
  const auto after =
      std::upper_bound(links.begin(), links.end(), index,
                       [](std::int64_t i, const MemberLink& link) { return i < link.index; });
  if (after == links.begin() || (after - 1)->index != index) return nullptr;
  return &*(after - 1);
}

std::string reached(std::size_t visited, std::int64_t count) {
  return " after " + std::to_string(visited) + " of " + std::to_string(count);
}

// Walks the list of members; what is wrong with it, "" if nothing.
std::string walk(const MemberListInfo& info, std::vector<MemberLink>& links) {
  sort_links(links);
  const std::int64_t end = *info.next;
  const std::int64_t count = *info.count;
  std::int64_t at = *info.first;
  std::size_t visited = 0;
  std::size_t hint = 0;
  while (at != end) {
    const MemberLink* link = find_link(links, at, hint);
    if (link == nullptr) {
      return "member " + std::to_string(at) + " is missing from the list" + reached(visited, count);
    }
    if (visited == links.size()) {
      return "the list of members does not end: member " + std::to_string(at) + " is reached" +
             reached(visited, count) + ", and membersInfo.next is " + std::to_string(end);
    }
    if (!link->next) {
      return "member " + std::to_string(at) + " has no numeric next" + reached(visited, count);
    }
    hint = static_cast<std::size_t>(link - links.data()) + 1;
    at = *link->next;
    ++visited;
  }
  if (count < 0 || visited != static_cast<std::uint64_t>(count)) {
    return "the list of members holds " + std::to_string(visited) + ", but count says " +
           std::to_string(count);
  }
  return {};
}

std::string missing_number(std::string_view object, std::string_view end,
                           const MemberListInfo& info) {
  const std::string_view name = !info.first ? "first" : !info.next ? end : "count";
  return std::string(object) + '.' + std::string(name) + " is missing or not an integer";
}

std::string not_an_object(std::string_view name, FieldKind kind) {
  return std::string(name) + (present(kind) ? " is not an object" : " is missing");
}

bool whole(const MemberListInfo& info) {
  return info.first && info.next && info.count;
}

// Why an object is not an entire session; "" if it is one.
std::string session_problem(const DocumentParts& parts, std::vector<MemberLink>& links,
                            bool large) {
  if (present(parts.results)) return "it has results at the top level: the answer to a query";
  if (present(parts.session_ref)) return "it has sessionRef at the top level: a handle";
  if (present(parts.current_requests)) {
    return "it has currentRequests at the top level: a rate limit message";
  }
  if (present(parts.next) && present(parts.join_time) && !present(parts.members_info)) {
    return "it is a member element (next, joinTime, no membersInfo)";
  }
  if (parts.constants != FieldKind::object) return not_an_object("constants", parts.constants);
  if (parts.properties != FieldKind::object) return not_an_object("properties", parts.properties);
  const bool old_shape = !present(parts.members_info) && whole(parts.old_info);
  if (!old_shape) {
    if (parts.members_info != FieldKind::object) {
      return not_an_object("membersInfo", parts.members_info);
    }
    if (!whole(parts.info)) return missing_number("membersInfo", "next", parts.info);
  }
  if (large) return {};
  if (present(parts.members) && parts.members != FieldKind::object) {
    return not_an_object("members", parts.members);
  }
  return walk(old_shape ? parts.old_info : parts.info, links);
}

std::string missing_fields(const DocumentParts& parts) {
  struct Owed {
    std::string_view name;
    FieldKind kind;
  };
  const std::array<Owed, 4> owed{{{"contractVersion", parts.contract_version},
                                  {"correlationId", parts.correlation_id},
                                  {"branch", parts.branch},
                                  {"changeNumber", parts.change_number}}};
  std::string names;
  for (const Owed& field : owed) {
    if (field.kind == FieldKind::object || field.kind == FieldKind::other) continue;
    if (!names.empty()) names += ", ";
    names += field.name;
  }
  return names;
}

DocumentShape other_shape(const DocumentParts& parts, const DocumentFacts& facts) {
  if (present(parts.results)) return DocumentShape::query_results;
  if (parts.session_ref == FieldKind::object) return DocumentShape::handle;
  if (present(parts.current_requests) || (facts.max_requests && facts.period_in_seconds)) {
    return DocumentShape::rate_limit;
  }
  if (present(parts.next) && present(parts.join_time) && !present(parts.members_info)) {
    return DocumentShape::member;
  }
  const bool any_part = present(parts.constants) || present(parts.properties) ||
                        present(parts.members) || present(parts.members_info) ||
                        present(parts.servers);
  return any_part ? DocumentShape::partial_session : DocumentShape::other;
}

}  // namespace

void decide_shape(const DocumentParts& parts, std::vector<MemberLink>& links, int contract_version,
                  DocumentFacts& facts) {
  facts.problem = session_problem(parts, links, facts.large);
  if (!facts.problem.empty()) {
    facts.shape = other_shape(parts, facts);
    return;
  }
  facts.shape = DocumentShape::session;
  if (contract_version >= kFirstContractWithFields) facts.missing_fields = missing_fields(parts);
}

}  // namespace mpsdscope

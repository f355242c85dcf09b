#include "tools/call_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "rules/identity.h"
#include "tools/escape.h"
#include "tools/personal.h"
#include "tools/redact.h"
#include "tools/text_width.h"

namespace mpsdscope {
namespace {

constexpr auto kNone = std::string_view::npos;
constexpr std::string_view kHashUser = "hash:";
constexpr std::size_t kMostShown = 64;  // bytes of a text of any length
constexpr std::size_t kLongestWord = 24;

std::string joined(std::string_view kind, std::initializer_list<std::string_view> names) {
  std::string text(kind);
  char separator = ' ';
  for (const std::string_view name : names) {
    if (name.empty()) continue;
    text += separator;
    append_redacted_name(text, name);
    separator = '/';
  }
  return text;
}

// From the fullest to the shortest, redacted.
std::vector<std::string> target_texts(const Target& target) {
  const std::string_view kind = name_of(target.kind);
  const std::string at_handle = "@" + target.handle;
  switch (target.kind) {
    case TargetKind::session:
    case TargetKind::element:
      return {joined(kind, {target.template_name, target.session, target.element}),
              joined(kind, {target.session, target.element})};
    case TargetKind::session_by_handle:
      return {joined(kind, {target.handle}), joined("session", {at_handle})};
    case TargetKind::element_by_handle:
      return {joined(kind, {target.handle, target.element}),
              joined("element", {at_handle, target.element})};
    case TargetKind::handle:
      return {joined(kind, {target.handle})};
    case TargetKind::session_query:
    case TargetKind::batch_query:
    case TargetKind::templates:
      return {joined(kind, {target.scid, target.template_name}),
              joined(kind, {target.template_name})};
    default:
      return {std::string(kind)};
  }
}

// A short word of letters: what a service names a kind, and no place for a credential.
bool is_word(std::string_view text) {
  return text.size() <= kLongestWord && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
         });
}

std::string other_target(const HttpRequest& request) {
  std::string text = redacted_host(host_of(request.authority));
  const std::string_view target = request.target;
  const std::size_t scheme = target.find("://");
  const std::size_t path = scheme == kNone ? 0 : target.find('/', scheme + 3);
  if (request.method != "CONNECT" && path != kNone) append_redacted_uri(text, target.substr(path));
  return text;
}

}  // namespace

std::string_view host_of(std::string_view authority) {
  if (const std::size_t at = authority.rfind('@'); at != kNone) authority.remove_prefix(at + 1);
  if (!authority.empty() && authority.front() == '[') {
    return authority.substr(1, authority.find(']') - 1);
  }
  const std::size_t colon = authority.rfind(':');
  // More than one colon without brackets: an IPv6 address.
  if (colon == kNone || authority.find(':') != colon) return authority;
  return authority.substr(0, colon);
}

void append_uri(std::string& out, const HttpRequest& request) {
  const std::string_view target = request.target;
  const bool origin_form = target.empty() || target.front() == '/' || target == "*";
  if (request.method == "CONNECT") return append_redacted_host(out, target);
  if (!origin_form || request.authority.empty()) return append_redacted_uri(out, target);
  out.append(request.scheme).append("://");
  append_redacted_host(out, request.authority);
  if (target != "*") append_redacted_uri(out, target);
}

char* put_endpoint(char* to, const Endpoint& endpoint) {
  char* const end = to + kLongestEndpoint;
  if (!endpoint.address.is_v4()) {
    const std::string text = endpoint.to_string();
    return std::copy(text.begin(), text.end(), to);
  }
  for (std::size_t i = 12; i < 16; ++i) {
    to = std::to_chars(to, end, endpoint.address.bytes()[i]).ptr;
    *to++ = i < 15 ? '.' : ':';
  }
  return std::to_chars(to, end, endpoint.port).ptr;
}

std::optional<Duration> elapsed_of(const Exchange& exchange) {
  if (!exchange.request.present || !exchange.response.present) return std::nullopt;
  return exchange.response.end - exchange.request.begin;
}

std::map<std::string, std::uint64_t> redacted_hosts(const DecodeReport& report) {
  std::map<std::string, std::uint64_t> hosts;
  for (const auto& [host, count] : report.hosts) hosts[redacted_host(host)] += count;
  return hosts;
}

bool is_one_host(std::string_view name) {
  return name != "(no host)" && name != "(other)";
}

std::string redacted_user(std::string_view user) {
  if (is_xuid(user)) return masked_user(user);
  if (user.substr(0, kHashUser.size()) != kHashUser) return redacted_name(user);
  const std::string_view hash = user.substr(kHashUser.size());
  return std::string(kHashUser).append(is_user_hash(hash) ? masked_user(hash) : kRedacted);
}

void append_cut(std::string& out, std::string_view text, std::size_t most) {
  if (text.size() > most) {
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0u) == 0x80) --most;
  }
  out.append(text, 0, most);
}

void append_correlation_id(std::string& out, const Call& call) {
  if (is_plain_name(call.correlation_id) && call.correlation_id.size() <= kMostShown) {
    out.append(call.correlation_id);
  } else {
    append_cut(out, redacted_name(call.correlation_id), kMostShown);
  }
}

std::optional<ThrottleLimit> throttle_limit_of(const Call& call) {
  if (call.row != Row::r429) return std::nullopt;
  const DocumentFacts& facts = call.response_document;
  ThrottleLimit limit{
      facts.current_requests, facts.max_requests, facts.period_in_seconds, {}, call.counted};
  if (is_word(facts.limit_type)) limit.type = facts.limit_type;
  if (!limit.current && !limit.max && !limit.period_s && limit.type.empty()) return std::nullopt;
  return limit;
}

std::string short_target(const Call& call, std::size_t width) {
  std::vector<std::string> texts;
  if (call.mpsd && call.target.kind != TargetKind::unknown) {
    texts = target_texts(call.target);
  } else {
    texts.push_back(other_target(call.exchange->request));
  }
  std::string text;
  for (const std::string& candidate : texts) {
    text = printable(candidate);
    if (columns_of(text) <= width) return text;
  }
  return cut_middle(text, width);
}

}  // namespace mpsdscope

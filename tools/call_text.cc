#include "tools/call_text.h"

#include <array>
#include <charconv>
#include <vector>

#include "tools/escape.h"
#include "tools/redact.h"
#include "tools/text_width.h"

namespace mpsdscope {
namespace {

constexpr auto kNone = std::string_view::npos;

std::string joined(std::string_view kind, std::initializer_list<std::string_view> names) {
  std::string text(kind);
  char separator = ' ';
  for (const std::string_view name : names) {
    if (name.empty()) continue;
    text += separator;
    text += name;
    separator = '/';
  }
  return text;
}

// From the fullest to the shortest.
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

std::string other_target(const HttpRequest& request) {
  std::string text(host_of(request.authority));
  const std::string_view target = request.target;
  const std::size_t scheme = target.find("://");
  const std::size_t path = scheme == kNone ? 0 : target.find('/', scheme + 3);
  if (request.method != "CONNECT" && path != kNone) append_redacted_uri(text, target.substr(path));
  return text;
}

bool is_token_like(std::string_view text) {
  return text.find('J') != kNone;
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
  if (!origin_form || request.authority.empty() || request.method == "CONNECT") {
    append_redacted_uri(out, target);
    return;
  }
  out.append(request.scheme).append("://");
  std::string_view authority = request.authority;
  if (const std::size_t at = authority.rfind('@'); at != kNone) authority.remove_prefix(at + 1);
  out.append(authority);
  if (target != "*") append_redacted_uri(out, target);
}

void append_endpoint(std::string& out, const Endpoint& endpoint) {
  if (!endpoint.address.is_v4()) {
    out += endpoint.to_string();
    return;
  }
  std::array<char, 24> text{};
  char* at = text.data();
  for (std::size_t i = 12; i < 16; ++i) {
    at = std::to_chars(at, text.data() + text.size(), endpoint.address.bytes()[i]).ptr;
    *at++ = i < 15 ? '.' : ':';
  }
  at = std::to_chars(at, text.data() + text.size(), endpoint.port).ptr;
  out.append(text.data(), static_cast<std::size_t>(at - text.data()));
}

std::optional<Duration> elapsed_of(const Exchange& exchange) {
  if (!exchange.request.present || !exchange.response.present) return std::nullopt;
  return exchange.response.end - exchange.request.begin;
}

std::string user_of(const Call& call) {
  if (!call.user_id.empty()) return call.user_id;
  return call.user_hash.empty() ? "" : "hash:" + call.user_hash;
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
    text = printable(is_token_like(candidate) ? redacted_text(candidate) : candidate);
    if (columns_of(text) <= width) return text;
  }
  return cut_middle(text, width);
}

}  // namespace mpsdscope

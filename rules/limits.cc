#include "rules/limits.h"

#include <algorithm>
#include <utility>

#include "decode/ascii.h"
#include "rules/call.h"
#include "rules/host_pattern.h"

namespace mpsdscope {
namespace {

constexpr std::array<std::string_view, 3> kAccessNames{"any", "read", "write"};

// A POST to …/batch asks for many at once.
bool reads(std::string_view method, std::string_view target) {
  if (method == "GET" || method == "HEAD") return true;
  constexpr std::string_view kBatch = "/batch";
  const std::string_view path = target.substr(0, target.find('?'));
  return method == "POST" && path.size() >= kBatch.size() &&
         equals_ignoring_case(path.substr(path.size() - kBatch.size()), kBatch);
}

bool is_search(const Call& call) {
  return equals_ignoring_case(call.request_document->type, "search");
}

}  // namespace

std::string_view name_of(Access access) {
  return kAccessNames[static_cast<std::size_t>(access)];
}

std::optional<Access> parse_access(std::string_view text) {
  for (std::size_t i = 0; i < kAccessNames.size(); ++i) {
    if (text == kAccessNames[i]) return static_cast<Access>(i);
  }
  return std::nullopt;
}

LimitTable::LimitTable() {
  for (const LimitFact& fact : kLimitFacts) {
    RateLimit& limit = add(std::string(fact.name));
    for (const std::string_view host : fact.hosts) {
      if (!host.empty()) limit.hosts.emplace_back(host);
    }
    limit.access = fact.access;
    limit.burst = fact.burst;
    limit.sustained = fact.sustained;
  }
}

RateLimit* LimitTable::find(std::string_view name) {
  const auto found = std::find_if(limits_.begin(), limits_.end(),
                                  [name](const RateLimit& limit) { return limit.name == name; });
  return found == limits_.end() ? nullptr : &*found;
}

RateLimit& LimitTable::add(std::string name) {
  RateLimit& limit = limits_.emplace_back();
  limit.name = std::move(name);
  return limit;
}

std::optional<LimitBucket> LimitTable::bucket_of_host(std::string_view authority,
                                                      std::string_view method,
                                                      std::string_view target) const {
  const std::string_view host = bare_host(authority);
  if (host.empty() || method.empty() || method == "CONNECT") return std::nullopt;
  // What was added is more special than what is published.
  for (std::size_t n = 0; n < limits_.size(); ++n) {
    const std::size_t i = (kLimitFacts.size() + n) % limits_.size();
    const RateLimit& limit = limits_[i];
    const bool named = std::any_of(
        limit.hosts.begin(), limit.hosts.end(),
        [host](const std::string& pattern) { return matches_host(bare_host(pattern), host); });
    if (!named) continue;
    if (limit.access != Access::any && (limit.access == Access::read) != reads(method, target)) {
      continue;
    }
    return static_cast<LimitBucket>(i);
  }
  return std::nullopt;
}

std::optional<LimitBucket> bucket_of(const Call& call, const LimitTable& limits) {
  const HttpRequest& request = call.exchange->request;
  if (!call.mpsd) return limits.bucket_of_host(request.authority, request.method, request.target);
  if (call.target.kind == TargetKind::handle_query && is_search(call)) return kSearchReadBucket;
  if (call.target.kind == TargetKind::handles && request.method == "POST" && is_search(call)) {
    return kSearchWriteBucket;
  }
  return kMpsdBucket;
}

}  // namespace mpsdscope

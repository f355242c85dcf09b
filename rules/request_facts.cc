#include "rules/request_facts.h"

#include <algorithm>
#include <functional>
#include <string_view>

#include "decode/ascii.h"
#include "decode/http_fields.h"
#include "decode/recycle.h"

namespace mpsdscope {
namespace {

// Of the method, the path in lower case and the query as it is. An absolute target's scheme and
// authority do not count: they are the host's.
std::uint64_t hash_of_target(std::string_view method, std::string_view target) {
  if (target.empty() || target[0] != '/') {
    const std::size_t scheme = target.find("://");
    if (scheme < target.find_first_of("/?")) {
      target.remove_prefix(std::min(target.find('/', scheme + 3), target.size()));
    }
  }
  const std::size_t path = std::min(target.find('?'), target.size());
  Digest digest;
  digest.add_text(method);
  digest.add_lower(target.substr(0, path));
  digest.add_text(target.substr(path));
  return digest.lookup();
}

Guard guard_of(const KnownFields& fields) {
  if (fields.if_match) return trim_ows(*fields.if_match) == "*" ? Guard::any : Guard::etag;
  if (fields.if_none_match) {
    return trim_ows(*fields.if_none_match) == "*" ? Guard::absent : Guard::unmatched;
  }
  return Guard::none;
}

}  // namespace

void RequestFacts::clear() {
  guard = Guard::unknown;
  recycle(if_match);
  signature = target = body = 0;
  body_known = false;
}

bool request_head_known(const Exchange& exchange) {
  const Defects& defects = exchange.defects;
  return exchange.request.present && (defects.none() || (!defects.has(Defect::request_gap) &&
                                                         !defects.has(Defect::request_malformed) &&
                                                         !defects.has(Defect::request_truncated)));
}

bool request_body_known(const Exchange& exchange) {
  const Defects& defects = exchange.defects;
  return exchange.request.present &&
         (defects.none() ||
          (!defects.has(Defect::request_gap) && !defects.has(Defect::request_body_cut) &&
           !defects.has(Defect::request_body_undecoded)));
}

std::uint64_t hash_of(std::string_view text) {
  return std::hash<std::string_view>()(text) | 1U;
}

void read_request_facts(const Exchange& exchange, const KnownFields& fields, RequestFacts& facts) {
  if (fields.signature) facts.signature = hash_of(trim_ows(*fields.signature));
  facts.target = hash_of_target(exchange.request.method, exchange.request.target);
  facts.body_known = request_body_known(exchange) && request_head_known(exchange);
  if (facts.body_known && !exchange.request.body.empty())
    facts.body = hash_of(exchange.request.body);
  if (!request_head_known(exchange)) return;
  facts.guard = guard_of(fields);
  if (facts.guard != Guard::etag) return;
  const std::string_view etag = trim_ows(*fields.if_match);
  if (etag.size() <= kMostEtag) facts.if_match = etag;
}

}  // namespace mpsdscope

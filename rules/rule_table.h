// Every rule in one table: id, severity, what it says and where it comes from.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace mpsdscope {

enum class Severity : std::uint8_t { off, info, warning, error };
std::string_view name_of(Severity severity);
std::optional<Severity> parse_severity(std::string_view text);

enum class Side : std::uint8_t { service, title };

enum class Rule : std::uint8_t {
  partial_session_4xx,  // 4xx-partial-session
  no_retry_after_503,   // 503-no-retry-after
  no_retry_after_429,   // 429-no-retry-after
  retry_after_malformed,
  session_malformed,
  no_etag_412,  // 412-no-etag
  session_no_etag,
  content_type_mismatch,
  body_unexpected,
  body_missing,
  body_malformed_429,  // 429-body-malformed
  status_method_mismatch,
  status_unlisted,
  http_malformed,
  response_missing,
  // The title's side: needs history.
  retry_after_ignored,
  retry_after_ignored_bucket,
  throttle_loop,
  stale_etag_retry,
  blind_overwrite,
  contract_version,
  rate_burst,
  rate_sustained,
  rate_certification,
  polling,
  repeated_call,
  small_batch,
  batch_frequency,
  count_
};
constexpr std::size_t kRuleCount = static_cast<std::size_t>(Rule::count_);

struct RuleInfo {
  Rule rule;
  std::string_view id;  // stable: users put it into configuration and CI
  Side side;
  Severity severity;       // default
  std::string_view title;  // one line: when it fires
  std::string_view
      explanation;          // a few sentences for `mpsdscope rules ID`: why it matters, what to do
  std::string_view source;  // e.g. "MPSD status table, note on 4xx; RFC 9110 §10.2.3"
};

std::span<const RuleInfo> rule_table();
const RuleInfo& info_of(Rule rule);
const RuleInfo* find_rule(std::string_view id);  // nullptr if there is none

}  // namespace mpsdscope

// What a user can set about the rules.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "decode/time.h"
#include "rules/limits.h"
#include "rules/rule_table.h"
#include "rules/stories/story_limits.h"

namespace mpsdscope {

// So many GETs can be asked for before the rule `polling` fires.
constexpr std::size_t kFewestPollingCalls = 3, kMostPollingCalls = 64;

// From when on the rules of the title's side fire.
struct TitleThresholds {
  std::size_t throttle_loop = 3;  // 429s in a row
  int contract_version = 104;     // the least that does not fire
  std::size_t polling_calls = 5;
  double polling_tolerance = 0.01;  // by which distances may differ from their mean, as its part
  Duration polling_longest = std::chrono::hours(1);  // distance
  Duration repeated_call = std::chrono::seconds(5);
  std::size_t small_batch = 2;  // users, the least that do not fire
  Duration batch_window = std::chrono::seconds(2);
};

// How much the rules of the title's side remember.
struct HistoryLimits {
  std::size_t users = 131'072;
  std::size_t sessions = 131'072;  // of each user
  std::size_t calls = 262'144;     // of the last seconds
  std::size_t throttled = 16'384;  // users that were told to come back later, by title and limit
  Duration horizon = std::chrono::hours(2);  // for which something unused is remembered
};

struct RuleSettings {
  // Host patterns that are the service's; `*` matches any run of characters, a lone "*" every host.
  std::vector<std::string> mpsd_hosts = {"sessiondirectory.xboxlive.com",
                                         "client-sessiondirectory.xboxlive.com"};
  std::array<Severity, kRuleCount> severities;  // off: the rule is not reported
  TitleThresholds title;
  HistoryLimits history;
  LimitTable limits;
  bool follow_sessions = false;  // keep their stories
  StoryLimits stories;
  std::size_t keep_body_bytes = 0;  // of each body, once it has been read; the rest is dropped
  std::size_t max_remembered_handles = 16'384;  // handle ids whose session is remembered
  std::size_t max_remembered_users = 131'072;   // user hashes whose XUID is remembered

  RuleSettings();  // default severities from the rule table

  Severity severity_of(Rule rule) const { return severities[static_cast<std::size_t>(rule)]; }
};

}  // namespace mpsdscope

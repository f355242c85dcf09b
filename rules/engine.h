// Exchanges in, verdicts out. Examining one exchange needs no memory and may run on any thread;
// the engine remembers, and takes the calls of a whole input in order on one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/bounded_map.h"
#include "rules/call.h"
#include "rules/rates.h"
#include "rules/stories/stories.h"

namespace mpsdscope {

struct RuleSettings {
  // Host patterns that are the service's; `*` matches any run of characters, a lone "*" every host.
  std::vector<std::string> mpsd_hosts = {"sessiondirectory.xboxlive.com",
                                         "client-sessiondirectory.xboxlive.com"};
  std::array<Severity, kRuleCount> severities;  // off: the rule is not reported
  bool follow_sessions = false;                 // keep their stories
  StoryLimits stories;
  bool keep_bodies = false;                     // else bodies are dropped when they have been read
  std::size_t max_remembered_handles = 16'384;  // handle ids whose session is remembered
  std::size_t max_remembered_users = 16'384;    // user hashes whose XUID is remembered

  RuleSettings();  // default severities from the rule table
};

// True if the exchange is one of the service's: by host pattern (case and port ignored), whatever
// its path; a lone "*" makes every exchange one. With no host known, by its path otherwise. A
// CONNECT is a call of the proxy, never one of the service.
bool is_mpsd(const Exchange& exchange, const RuleSettings& settings);

// Reads one exchange: target, row, documents, identity as far as the exchange itself tells, and the
// rules of the service's side. Thread-safe.
CallPtr examine(ExchangePtr exchange, const RuleSettings& settings);
// The same of the exchange in a call that is clear.
void examine(Call& call, const RuleSettings& settings);

// Single-threaded. Calls in order of completion.
class Engine {
 public:
  explicit Engine(const RuleSettings& settings);
  // Completes the identity from what earlier calls taught (a handle's session and title, a user
  // hash's XUID), learns from this one, then counts it in the rates.
  void judge(Call& call);

  const Rates& rates() const { return rates_; }
  // nullptr unless sessions are followed.
  Stories* stories() { return stories_ ? &*stories_ : nullptr; }
  // Handles and users forgotten at the limits of memory.
  std::uint64_t forgotten() const { return handles_.evicted() + users_.evicted(); }

 private:
  struct HandleMemory {
    std::optional<std::uint32_t> title_id;
    std::string scid, template_name, session;
  };

  void complete_target(Call& call);
  void learn_handles(const Call& call);
  void learn_handle(std::string_view id, const HandleFacts& facts,
                    std::optional<std::uint32_t> title_id);
  void complete_user(Call& call);

  Rates rates_;
  std::optional<Stories> stories_;
  BoundedMap<HandleMemory> handles_;  // by handle id in lower case
  BoundedMap<std::string> users_;     // XUID by user hash
};

}  // namespace mpsdscope

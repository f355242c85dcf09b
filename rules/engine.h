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
#include "rules/known_users.h"
#include "rules/rates.h"
#include "rules/rta/rta.h"
#include "rules/rule_settings.h"
#include "rules/stories/stories.h"
#include "rules/title/title_side.h"

namespace mpsdscope {

// True if the exchange is one of the service's: by host pattern (case and port ignored), whatever
// its path; a lone "*" makes every exchange one. With no host known, by its path otherwise. A
// CONNECT is a call of the proxy, never one of the service.
bool is_mpsd(const Exchange& exchange, const RuleSettings& settings);
// What the host alone tells of all exchanges but CONNECT; nullopt: `authority` names no host.
std::optional<bool> is_mpsd_host(std::string_view authority, const RuleSettings& settings);

// Reads one exchange: target, row, documents, identity as far as the exchange itself tells, and the
// rules of the service's side. Thread-safe.
CallPtr examine(ExchangePtr exchange, const RuleSettings& settings);
// The same of the exchange in a call that is clear.
void examine(Call& call, const RuleSettings& settings);
// Likewise, by who knows already what is_mpsd() says.
void examine(Call& call, const RuleSettings& settings, bool mpsd);

// Single-threaded. Calls in order of completion.
class Engine {
 public:
  explicit Engine(const RuleSettings& settings);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  // Most of the time that a call takes it waits for memory that is not in the cache. Whoever knows
  // the calls that come next may announce each of them, in order and kAhead calls before it is
  // judged: what it needs is asked for meanwhile. It changes nothing else.
  static constexpr std::size_t kAhead = 3;
  void expect(const Call& later);
  // Completes the identity from what earlier calls taught (a handle's session and title, a user
  // hash's XUID), learns from this one, runs the rules of the title's side, then counts it in the
  // rates.
  void judge(Call& call);
  // Completes the identity of a websocket's message, and returns what it told of sessions. Valid
  // until the next one.
  const std::vector<Notification>& hear(Call& message);
  // No more calls come: the waits that nothing ended are open.
  void finish();

  // The rates at `now` (capture time), sorted by title id, then unknown, then other.
  std::vector<TitleRates> rates_at(CaptureTime now) const;
  // Calls counted with those of other titles or users because there was no room for their own.
  std::uint64_t overflowed() const { return rates_.overflowed(); }
  // What the last call, or the end, told of waits that were asked for.
  const std::vector<Conduct>& conducts() const { return title_side_.conducts(); }
  const ConductCounts& conduct_counts() const { return title_side_.conduct_counts(); }
  const Rta& rta() const { return rta_; }
  // nullptr unless sessions are followed.
  Stories* stories() { return stories_ ? &*stories_ : nullptr; }
  // Handles and users forgotten at the limits of memory, and handles that are too long for it.
  std::uint64_t forgotten() const {
    return unkept_ + handles_.evicted() + users_.evicted() + rta_.forgotten() + usage_.forgotten() +
           title_side_.forgotten();
  }

 private:
  struct HandleMemory {
    std::optional<std::uint32_t> title_id;
    std::string scid, template_name, session;
  };

  // By what is remembered of a call is found, as far as it tells itself.
  struct Expected {
    const Call* call = nullptr;  // which it was; it may be gone
    bool mpsd = false;
    std::optional<std::uint64_t> user_hash;
    std::uint64_t usage = 0;
    TitleSide::Keys title;
  };
  static Expected expected_of(const Call& call);
  // The one that was announced so many calls before the last one.
  Expected& announced(std::size_t before) {
    return expected_[(announced_ - before) % expected_.size()];
  }
  void prefetch(const Expected& expected) const;
  void prefetch_entries(const Expected& expected) const;
  void prefetch_details(const Expected& expected) const;

  void complete_target(Call& call);
  void learn_location(const Call& call);
  void learn_handles(const Call& call);
  void learn_handle(std::string_view id, const HandleFacts& facts,
                    std::optional<std::uint32_t> title_id);
  void complete_user(Call& call);
  void count_conducts();
  void complete_share(TitleRates& title, std::string_view user, LimitShare& share,
                      CaptureTime now) const;

  LimitUsage usage_;
  Rta rta_;
  TitleSide title_side_;  // asks rta_
  Rates rates_;
  std::optional<Stories> stories_;
  BoundedMap<HandleMemory> handles_;  // by handle id in lower case
  KnownUsers users_;
  // Those that were announced last, round and round: the next one takes the place of the oldest.
  std::array<Expected, kAhead + 1> expected_;
  std::size_t announced_ = kAhead;
  std::uint64_t unkept_ = 0;
};

}  // namespace mpsdscope

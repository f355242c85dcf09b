// Fine-grained rate limits: how many calls a user may make with a title, to each service.
//
// The service counts per user + title in two fixed periods at once, each of which begins anew when
// it ends; calls that it rejects count too. Source: Microsoft, "Fine-Grained Rate Limiting".
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/time.h"

namespace mpsdscope {

struct Call;

constexpr Duration kBurstPeriod = std::chrono::seconds(15);
constexpr Duration kSustainedPeriod = std::chrono::seconds(300);
// At so many times the sustained limit, within one period, a title fails certification.
constexpr std::uint32_t kCertificationFactor = 10;
// No limit is greater: it is what the counts of one user with one title are made for.
constexpr std::uint32_t kMostCalls = 10'000;

enum class Access : std::uint8_t { any, read, write };
std::string_view name_of(Access access);  // "any", "read", "write"
std::optional<Access> parse_access(std::string_view text);

// A row of the published table. What a host's calls count against; of the session directory, whose
// hosts are set elsewhere, the target decides.
struct LimitFact {
  std::string_view name;  // stable: users put it into configuration
  std::array<std::string_view, 2> hosts;
  Access access;
  std::uint32_t burst;      // calls in 15 s
  std::uint32_t sustained;  // calls in 300 s
};

inline constexpr std::array<LimitFact, 16> kLimitFacts{{
    {"mpsd", {}, Access::any, 30, 300},
    {"search-read", {}, Access::read, 1, 20},    // handle queries of type search
    {"search-write", {}, Access::write, 1, 20},  // creating search handles
    {"stats-read", {"userstats.xboxlive.com"}, Access::any, 100, 300},
    {"profile", {"profile.xboxlive.com"}, Access::any, 10, 30},
    {"presence-read",
     {"userpresence.xboxlive.com", "presence.xboxlive.com"},
     Access::read,
     30,
     100},
    {"presence-write",
     {"userpresence.xboxlive.com", "presence.xboxlive.com"},
     Access::write,
     3,
     30},
    {"social", {"social.xboxlive.com"}, Access::any, 10, 30},
    {"leaderboards", {"leaderboards.xboxlive.com"}, Access::any, 30, 100},
    {"achievements", {"achievements.xboxlive.com"}, Access::any, 100, 300},
    {"matchmaking", {"momatch.xboxlive.com"}, Access::any, 10, 100},
    {"stats-write", {"statswrite.xboxlive.com"}, Access::any, 10, 10},
    {"privacy", {"privacy.xboxlive.com"}, Access::any, 10, 30},
    {"clubs", {"clubhub.xboxlive.com"}, Access::any, 10, 30},
    {"inventory", {"inventory.xboxlive.com"}, Access::any, 100, 100},
    {"collections", {"collections.mp.microsoft.com"}, Access::any, 100, 100},
}};

// What calls are counted together: an index into a LimitTable. The first ones never change.
using LimitBucket = std::uint16_t;
constexpr LimitBucket kMpsdBucket = 0;
constexpr LimitBucket kSearchReadBucket = 1;
constexpr LimitBucket kSearchWriteBucket = 2;

struct RateLimit {
  std::string name;
  std::vector<std::string> hosts;  // patterns as in host_pattern.h
  Access access = Access::any;
  std::uint32_t burst = 0;      // calls in 15 s; 0: no limit
  std::uint32_t sustained = 0;  // calls in 300 s; 0: no limit

  std::uint32_t certification() const { return kCertificationFactor * sustained; }
};

// The limits in force: the published ones until they are overridden, then what was added.
class LimitTable {
 public:
  LimitTable();

  std::size_t size() const { return limits_.size(); }
  const RateLimit& operator[](LimitBucket bucket) const { return limits_[bucket]; }
  RateLimit* find(std::string_view name);  // nullptr if there is none
  RateLimit& add(std::string name);

  // The bucket of a call of another service, by host and method: of one that was added, else of a
  // published one.
  std::optional<LimitBucket> bucket_of_host(std::string_view authority, std::string_view method,
                                            std::string_view target) const;

 private:
  std::vector<RateLimit> limits_;
};

// What a call counts against: of the session directory always something, of another exchange only
// if its host is in the table. Needs target and request document. The engine keeps it in the call.
std::optional<LimitBucket> bucket_of(const Call& call, const LimitTable& limits);

}  // namespace mpsdscope

// What a user sets once for all runs: the file config.toml and the environment. The command line
// goes over both.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "decode/result.h"
#include "rules/rule_settings.h"
#include "tools/title_names.h"

namespace mpsdscope {

struct Configuration {
  std::string path;                    // of the file that was read, "" without one
  RuleSettings rules;                  // hosts, limits, severities, thresholds
  std::vector<std::string> intercept;  // hosts to decrypt; empty: the proxy's default
  TitleNames titles;
  // Where a value came from, if it is not built in: by "section.key", of a host by its own text too
  // ("hosts.mpsd-host.mock.example").
  std::map<std::string, std::string> origins;
};

// A threshold of the rules of the title's side, as the file names it.
struct Threshold {
  using Member = std::variant<std::size_t TitleThresholds::*, int TitleThresholds::*,
                              double TitleThresholds::*, Duration TitleThresholds::*>;
  std::string_view key;
  Member member;  // durations are in seconds
  double least, most;
  std::string_view help;
};
inline constexpr std::array<Threshold, 8> kThresholds{{
    {"throttle-loop", &TitleThresholds::throttle_loop, 2, 1'000, "429s in a row"},
    {"contract-version", &TitleThresholds::contract_version, 1, 1'000'000,
     "the least that is well"},
    {"polling-calls", &TitleThresholds::polling_calls, kFewestPollingCalls, kMostPollingCalls,
     "GETs at equal distances"},
    {"polling-tolerance", &TitleThresholds::polling_tolerance, 0, 0.5,
     "by which distances may differ, as a part of them"},
    {"polling-longest", &TitleThresholds::polling_longest, 1, 86'400, "seconds between two GETs"},
    {"repeated-call", &TitleThresholds::repeated_call, 0.001, 3'600, "seconds"},
    {"small-batch", &TitleThresholds::small_batch, 1, 1'000, "users, the least that are well"},
    {"batch-window", &TitleThresholds::batch_window, 0.001, 3'600, "seconds"},
}};

// Where the file is: `flag` (--config), else $MPSDSCOPE_CONFIG, else mpsdscope/config.toml in
// $XDG_CONFIG_HOME or ~/.config.
struct ConfigPath {
  std::string path;       // "": nobody can tell, without a home directory
  bool demanded = false;  // it was named, so it must exist
};
ConfigPath find_config(const std::string& flag);

// Reads file and environment. An Error is a sentence for a person, with file, line and column.
Result<Configuration> load_configuration(const std::string& flag);

// Sets what the environment says: MPSDSCOPE_MPSD_HOST, MPSDSCOPE_INTERCEPT, MPSDSCOPE_SEVERITY,
// each a list with commas. `lookup` is getenv(3).
using Lookup = std::function<const char*(const char*)>;
Result<Done> read_environment(const Lookup& lookup, Configuration& configuration);

// One setting; an Error is a clause about it.
Result<Done> set_severity(RuleSettings& rules, std::string_view rule, std::string_view level);
// Adds a host that is the service, unless it is one already.
Result<Done> add_mpsd_host(RuleSettings& rules, const std::string& pattern);

}  // namespace mpsdscope

// Options that several subcommands have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "decode/address.h"
#include "decode/limits.h"
#include "rules/engine.h"
#include "tools/diagnostics.h"
#include "tools/filter/filter.h"
#include "tools/jsonl_messages.h"
#include "tools/terminal.h"
#include "tools/title_names.h"

namespace CLI {
class App;
}

namespace mpsdscope {

enum class Format : std::uint8_t { pretty, jsonl };

struct OutputOptions {
  std::optional<Format> format;  // nullopt: pretty on a terminal, else jsonl
  std::string out;               // "" or "-": standard output
  ColourMode colour = ColourMode::automatic;
  std::size_t width = 0;  // of pretty output; 0: the terminal's
  Loudness loudness = Loudness::normal;
};

// Which records are listed.
struct FilterOption {
  std::string text;  // as it was given
  Filter filter;     // of it, once it was compiled
};

// What is judged and how it is told: of every subcommand that reads traffic.
struct JudgingOptions {
  OutputOptions output;
  FilterOption filter;
  bool all = false;
  Severity fail_on = Severity::off;
  bool redact_personal = false;
  BodyLog bodies{Bodies::violations};
  RuleSettings rules;
  TitleNames titles;
  Limits limits;
  std::string config;  // file; "": the usual one
};

// What is decoded: limits of packets are none of streams.
enum class Input : std::uint8_t { packets, streams };

// --config
void add_config_option(CLI::App& app, std::string& file);
// How findings are shown: --format, --color, --width.
void add_output_options(CLI::App& app, OutputOptions& output);
// --filter; -q and -v.
void add_filter_option(CLI::App& app, FilterOption& filter);
void add_loudness(CLI::App& app, OutputOptions& output);
// --metrics
void add_metrics_option(CLI::App& app, std::optional<Endpoint>& metrics);
// Those, and what is judged and told: --all, --fail-on, --severity, --mpsd-host, -q, -v, limits.
void add_judging_options(CLI::App& app, JudgingOptions& judging, Input input);

// Ends the reading of the command line with what is wrong with an option.
[[noreturn]] void refuse(const std::string& flag, const std::string& why);

}  // namespace mpsdscope

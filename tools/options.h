// The command line, read into what the subcommands need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "decode/limits.h"
#include "rules/engine.h"
#include "tools/diagnostics.h"
#include "tools/terminal.h"

namespace mpsdscope {

namespace exit_code {
inline constexpr int kClean = 0;
inline constexpr int kFailed = 1;      // could not do it
inline constexpr int kUsage = 2;       // the command line is wrong
inline constexpr int kViolations = 3;  // violations at or above --fail-on
}  // namespace exit_code

enum class Format : std::uint8_t { pretty, jsonl };

struct OutputOptions {
  std::optional<Format> format;  // nullopt: pretty on a terminal, else jsonl
  std::string out;               // "" or "-": standard output
  ColourMode colour = ColourMode::automatic;
  std::size_t width = 0;  // of pretty output; 0: the terminal's
  Loudness loudness = Loudness::normal;
};

// What is judged and how it is told: of every subcommand that reads traffic.
struct JudgingOptions {
  OutputOptions output;
  bool all = false;
  Severity fail_on = Severity::off;
  RuleSettings rules;
  Limits limits;
};

// What replay and sniff have in common.
struct CaptureOptions : JudgingOptions {
  std::vector<std::string> keylogs;
  unsigned threads = 0;
};

struct ReplayOptions {
  CaptureOptions capture;
  std::vector<std::string> files;
};

struct SniffOptions {
  CaptureOptions capture;
  bool list = false;
  std::string interface;
  std::uint32_t snaplen = 262'144;  // bytes kept of a packet
  std::string filter;               // pcap-filter(7)
};

struct RulesOptions {
  OutputOptions output;
  std::string id;  // "" : all
};

// Nothing to run: help, version, or what is wrong with the command line.
struct Words {
  std::string text;
  int exit_code = exit_code::kClean;  // not kClean: an error, for standard error
};

using Invocation = std::variant<Words, ReplayOptions, SniffOptions, RulesOptions>;

Invocation parse_command_line(int argc, const char* const* argv);

}  // namespace mpsdscope

// The command line, read into what the subcommands need.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "tools/ca_options.h"
#include "tools/config/configuration.h"
#include "tools/proxy_options.h"
#include "tools/shared_options.h"
#include "tools/tail_options.h"

namespace mpsdscope {

namespace exit_code {
inline constexpr int kClean = 0;
inline constexpr int kFailed = 1;      // could not do it
inline constexpr int kUsage = 2;       // the command line is wrong
inline constexpr int kViolations = 3;  // violations at or above --fail-on
}  // namespace exit_code

// What replay and sniff have in common.
struct CaptureOptions : JudgingOptions {
  std::vector<std::string> keylogs;
  unsigned threads = 0;
  std::string session;  // tell of that session only, by name or scid~template~name; "": of all
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
  std::optional<Endpoint> metrics;
};

struct ConfigOptions {
  std::string file;  // "": the usual one
  bool path_only = false;
  Configuration configuration;  // in force
};

struct RulesOptions {
  OutputOptions output;
  std::string id;  // "" : all
};

// Nothing to run: help, version, or what is wrong with the command line.
struct Words {
  std::string text;
  int exit_code = exit_code::kClean;  // not kClean: an error, for standard error
  std::string quote{};                // whole lines beneath the error: where it is
};

using Invocation = std::variant<Words, ReplayOptions, SniffOptions, RulesOptions, ProxyCommand,
                                TailOptions, CaOptions, ConfigOptions>;

// Reads the configuration too: file and environment give the values that no flag gives.
Invocation parse_command_line(int argc, const char* const* argv);

}  // namespace mpsdscope

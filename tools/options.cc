#include "tools/options.h"

#include <array>
#include <limits>

#include <CLI/CLI.hpp>

#include "tools/parse_value.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kAbout =
    "Reads the HTTPS calls that games make to Xbox's Multiplayer Session Directory (MPSD) and "
    "says, "
    "for every response, which row of the service's status table it is and what is wrong with it.";
constexpr std::string_view kExits =
    "Exit: 0 clean, 1 could not do it, 2 usage, 3 violations at or above --fail-on.\n"
    "With --fail-on, 1 also if no call could be read and TLS of the service could not be.\n"
    "Data goes to standard output, diagnostics to standard error.";

struct SizeLimit {
  const char* flag;
  std::size_t Limits::*value;
  const char* help;
};
constexpr std::array<SizeLimit, 14> kLimits{{
    {"--max-flows", &Limits::max_flows, "TCP connections followed at once"},
    {"--max-buffered", &Limits::max_buffered_per_flow, "bytes waiting in one connection"},
    {"--max-buffered-total", &Limits::max_buffered_total, "bytes waiting in all connections"},
    {"--max-fragments", &Limits::max_fragments_total, "bytes of incomplete IP datagrams"},
    {"--max-head", &Limits::max_head_bytes, "bytes of an HTTP message head"},
    {"--max-body", &Limits::max_body_bytes, "bytes kept of a body as transferred"},
    {"--max-decoded-body", &Limits::max_decoded_body_bytes, "bytes of a body decompressed"},
    {"--max-decoded-ratio", &Limits::max_decoded_ratio,
     "times its size that a body may decompress to before it counts for --max-decoded-excess"},
    {"--max-decoded-excess", &Limits::max_decoded_excess_total,
     "bytes decompressed beyond that, in all"},
    {"--max-h2-streams", &Limits::max_h2_streams, "open HTTP/2 streams of a connection"},
    {"--max-h2-headers", &Limits::max_h2_header_list, "bytes of an HTTP/2 header list"},
    {"--max-pipelined", &Limits::max_pipelined, "HTTP/1 requests waiting for a response"},
    {"--max-connect-depth", &Limits::max_connect_depth, "CONNECT tunnels inside each other"},
    {"--max-tls-trial", &Limits::max_tls_trial_records, "lost TLS records tried over after a gap"},
}};

std::vector<std::string_view> rule_ids() {
  std::vector<std::string_view> ids;
  for (const RuleInfo& rule : rule_table()) ids.push_back(rule.id);
  return ids;
}

[[noreturn]] void refuse(const std::string& flag, const std::string& why) {
  throw CLI::ValidationError(flag, why);
}

void add_output_options(CLI::App& app, OutputOptions& output) {
  const std::map<std::string, Format> formats{{"pretty", Format::pretty}, {"jsonl", Format::jsonl}};
  const std::map<std::string, ColourMode> colours{{"auto", ColourMode::automatic},
                                                  {"always", ColourMode::always},
                                                  {"never", ColourMode::never}};
  app.add_option_function<std::string>(
         "--format",
         [&output, formats](const std::string& name) { output.format = formats.at(name); },
         "pretty (default on a terminal) or jsonl (default elsewhere: pipes and --out)")
      ->check(CLI::IsMember(formats))
      ->type_name("FORMAT");
  app.add_option_function<std::string>(
         "--color,--colour",
         [&output, colours](const std::string& name) { output.colour = colours.at(name); },
         "auto (default; NO_COLOR is respected), always or never")
      ->check(CLI::IsMember(colours))
      ->type_name("WHEN");
  app.add_option(
         "--width", output.width,
         "columns of pretty output (default: the terminal's); below 100 ROW stands for STATUS too, "
         "below 73 ELAPSED, USER, TITLE, METHOD and TIME are left out as needed")
      ->check(CLI::Range(20, 1000))
      ->type_name("N");
}

void add_severities(CLI::App& app, CaptureOptions& capture) {
  const auto level_of = [](const std::string& flag, const std::string& text) {
    const auto severity = parse_severity(text);
    if (!severity) refuse(flag, "'" + text + "' is not off, info, warning or error");
    return *severity;
  };
  app.add_option_function<std::string>(
         "--fail-on",
         [&capture, level_of](const std::string& text) {
           capture.fail_on = level_of("--fail-on", text);
         },
         "exit 3 if there are violations of this severity or above: off (default), info, warning, "
         "error")
      ->type_name("SEVERITY");
  app.add_option_function<std::vector<std::string>>(
         "--severity",
         [&capture, level_of](const std::vector<std::string>& settings) {
           for (const std::string& setting : settings) {
             const std::size_t equals = setting.find('=');
             if (equals == std::string::npos)
               refuse("--severity", "'" + setting + "' is not RULE=LEVEL");
             const RuleInfo* rule = find_rule(setting.substr(0, equals));
             if (rule == nullptr) {
               refuse("--severity", unknown_name("rule", setting.substr(0, equals), rule_ids()));
             }
             capture.rules.severities[static_cast<std::size_t>(rule->rule)] =
                 level_of("--severity", setting.substr(equals + 1));
           }
         },
         "set a rule's severity; `mpsdscope rules` lists the rules")
      ->type_name("RULE=LEVEL")
      ->take_all()
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void check_host_pattern(const std::string& pattern) {
  const std::string flag = "--mpsd-host";
  if (pattern.empty()) refuse(flag, "the host is empty");
  if (pattern.find("://") != std::string::npos) {
    refuse(flag, "'" + pattern + "' is a URI: give the host alone");
  }
  if (pattern.find_first_of("/, \t\r\n\v\f") != std::string::npos) {
    refuse(flag, "'" + pattern + "' is no host: one host a --mpsd-host, without path or spaces");
  }
}

void add_limits(CLI::App& app, Limits& limits) {
  const std::string group = "Limits (what untrusted input may hold; sizes take K, M, G)";
  for (const SizeLimit& limit : kLimits) {
    app.add_option_function<std::string>(
           limit.flag,
           [&limits, limit](const std::string& text) {
             const auto value = parse_size(text);
             if (!value || *value == 0) refuse(limit.flag, "'" + text + "' is not a size above 0");
             limits.*limit.value = static_cast<std::size_t>(*value);
           },
           limit.help)
        ->type_name("N")
        ->default_str(std::to_string(limits.*limit.value))
        ->group(group);
  }
  app.add_option_function<double>(
         "--reassembly-grace",
         [&limits](double seconds) {
           limits.reassembly_grace =
               std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
         },
         "seconds of capture time that a missing TCP segment is waited for")
      ->check(CLI::Range(0.0, 3600.0))
      ->type_name("SECONDS")
      ->default_str("1")
      ->group(group);
}

void add_capture_options(CLI::App& app, CaptureOptions& capture) {
  app.add_option("--keylog", capture.keylogs,
                 "TLS secrets in SSLKEYLOGFILE lines; repeatable. The environment variable is not "
                 "read")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_output_options(app, capture.output);
  app.add_option("--out", capture.output.out,
                 "write there instead of standard output ('-'); the file gets mode 0600")
      ->type_name("FILE");
  app.add_flag("--all", capture.all, "also list the exchanges of other hosts");
  add_severities(app, capture);
  app.add_option_function<std::vector<std::string>>(
         "--mpsd-host",
         [&capture](const std::vector<std::string>& patterns) {
           for (const std::string& pattern : patterns) check_host_pattern(pattern);
           capture.rules.mpsd_hosts.insert(capture.rules.mpsd_hosts.end(), patterns.begin(),
                                           patterns.end());
         },
         "a further host that is the service (test and mock servers); '*' matches any run of "
         "characters")
      ->type_name("PATTERN")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--threads", capture.threads,
                 "decoder threads (default: one per processor); the output is the same for any")
      ->check(CLI::Range(1, 256))
      ->type_name("N");
  auto* quiet = app.add_flag(
      "-q,--quiet", [&capture](std::int64_t) { capture.output.loudness = Loudness::quiet; },
      "errors only on standard error");
  app.add_flag(
         "-v,--verbose", [&capture](std::int64_t) { capture.output.loudness = Loudness::verbose; },
         "more on standard error; every counter, host and user in the summary")
      ->excludes(quiet);
  add_limits(app, capture.limits);
}

void add_replay(CLI::App& app, ReplayOptions& replay) {
  CLI::App* command =
      app.add_subcommand("replay", "Reads capture files (pcap, pcapng, gzip, zstd)");
  command->footer(std::string(kExits));
  command
      ->add_option("FILE", replay.files,
                   "capture files, merged in time order; '-' is standard input")
      ->required()
      ->type_name("");
  add_capture_options(*command, replay.capture);
}

void add_sniff(CLI::App& app, SniffOptions& sniff, std::vector<std::string>& filter) {
  CLI::App* command = app.add_subcommand("sniff", "Captures from a network interface, live");
  command->footer(std::string(kExits));
  auto* list = command->add_flag("--list", sniff.list, "list the interfaces and end");
  command->add_option("-i,--interface", sniff.interface, "interface to capture from; 'any' for all")
      ->type_name("IFACE")
      ->excludes(list);
  command->add_option("--snaplen", sniff.snaplen, "bytes kept of each packet")
      ->check(CLI::Range(64u, 1u << 20))
      ->type_name("N")
      ->capture_default_str();
  command->add_option("FILTER", filter, "pcap-filter expression, e.g. tcp port 443")->type_name("");
  add_capture_options(*command, sniff.capture);
}

void add_rules(CLI::App& app, RulesOptions& rules) {
  CLI::App* command =
      app.add_subcommand("rules", "Prints the status table and the rules, or explains one of them");
  command->add_option("ID", rules.id, "a rule or a row of the status table")->type_name("");
  add_output_options(*command, rules.output);
}

Words usage_error(const CLI::App& app, const std::string& why) {
  const auto used = app.get_subcommands();
  const std::string command = used.empty() ? "mpsdscope" : "mpsdscope " + used.front()->get_name();
  return {why + " (" + command + " --help lists the options)", exit_code::kUsage};
}

}  // namespace

Invocation parse_command_line(int argc, const char* const* argv) {
  CLI::App app(std::string(kAbout), "mpsdscope");
  ReplayOptions replay;
  SniffOptions sniff;
  RulesOptions rules;
  std::vector<std::string> filter;
  app.set_version_flag("--version", std::string("mpsdscope ") + MPSDSCOPE_VERSION);
  app.require_subcommand(1);
  app.footer(std::string(kExits));
  app.get_formatter()->column_width(34);
  add_replay(app, replay);
  add_sniff(app, sniff, filter);
  add_rules(app, rules);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const auto used = app.get_subcommands();
    return Words{(used.empty() ? app : *used.front()).help(used.empty() ? "" : "mpsdscope")};
  } catch (const CLI::CallForVersion& version) {
    return Words{std::string(version.what()) + "\n"};
  } catch (const CLI::RequiredError& error) {
    // A mistyped command leaves the parser without one; say which word it is.
    const auto left = app.remaining();
    if (!app.get_subcommands().empty() || left.empty()) return usage_error(app, error.what());
    constexpr std::array<std::string_view, 3> kCommands{"replay", "sniff", "rules"};
    return usage_error(app, unknown_name("command", left.front(), kCommands));
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error.what());
  }
  if (app.got_subcommand("replay")) return replay;
  if (app.got_subcommand("rules")) return rules;
  for (const std::string& word : filter) sniff.filter += (sniff.filter.empty() ? "" : " ") + word;
  if (!sniff.list && sniff.interface.empty()) {
    return usage_error(app, "sniff: which interface? -i IFACE names one, --list lists them");
  }
  return sniff;
}

}  // namespace mpsdscope

#include "tools/options.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <span>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "tools/ca_options.h"
#include "tools/command_line/completions.h"
#include "tools/command_line/help_text.h"
#include "tools/command_line/manual.h"
#include "tools/filter/filter_terms.h"
#include "tools/parse_value.h"
#include "tools/proxy_options.h"
#include "tools/screen/screen_help.h"
#include "tools/shared_options.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kAbout =
    "Reads the HTTPS calls that games make to Xbox's Multiplayer Session Directory (MPSD) and "
    "says, for every response, which row of the service's status table it is and what is wrong "
    "with it.";
constexpr std::string_view kExits =
    "Exit: 0 clean, 1 could not do it, 2 usage, 3 violations at or above --fail-on.\n"
    "With --fail-on, 1 also if no call could be read and TLS of the service, or of a server "
    "without a name, could not be.\n"
    "Data goes to standard output, diagnostics to standard error.";

void add_capture_options(CLI::App& app, CaptureOptions& capture) {
  app.add_option("--keylog", capture.keylogs,
                 "TLS secrets in SSLKEYLOGFILE lines; repeatable. The environment variable is not "
                 "read")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--out", capture.output.out,
                 "write there instead of standard output ('-'); the file gets mode 0600")
      ->type_name("FILE");
  app.add_option("--threads", capture.threads,
                 "decoder threads (default: one per processor); the output is the same for any")
      ->check(CLI::Range(1, 256))
      ->type_name("N");
  app.add_flag("--sessions", capture.rules.follow_sessions,
               "after the log, tell what happened to each session: who wrote it, how its ETag "
               "moved, conflicts and how they were resolved");
  app.add_option_function<std::string>(
         "--session",
         [&capture](const std::string& id) {
           if (id.empty()) refuse("--session", "the name is empty: --sessions tells of all");
           capture.rules.follow_sessions = true;
           capture.session = id;
         },
         "the same of one: its name, or scid~template~name")
      ->type_name("NAME");
  add_judging_options(app, capture, Input::packets);
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
  add_metrics_option(*command, sniff.metrics);
  add_capture_options(*command, sniff.capture);
}

void add_rules(CLI::App& app, RulesOptions& rules) {
  CLI::App* command =
      app.add_subcommand("rules", "Prints the status table and the rules, or explains one of them");
  command->add_option("ID", rules.id, "a rule or a row of the status table")->type_name("");
  add_output_options(*command, rules.output);
}

void add_tail_command(CLI::App& app, TailOptions& tail) {
  CLI::App* command =
      app.add_subcommand("tail", "Shows the end of logs and follows them, as they are written");
  command->footer(
      "Exit: 0 clean, 1 could not do it, 2 usage.\n"
      "Data goes to standard output, diagnostics to standard error.");
  add_tail(*command, tail);
}

void add_help(CLI::App& app, std::string& topic) {
  CLI::App* command =
      app.add_subcommand("help", "Explains a command, filters, or the keys of the screen");
  command->add_option("TOPIC", topic, "a command, filters, or screen")->type_name("");
}

void add_config(CLI::App& app, ConfigOptions& config) {
  CLI::App* command = app.add_subcommand(
      "config", "Prints the configuration in force, and where each value came from");
  add_config_option(*command, config.file);
  command->add_flag("--path", config.path_only, "print the path of the file instead");
}

void add_completion(CLI::App& app, std::string& shell) {
  CLI::App* command = app.add_subcommand(
      "completion", "Prints the script that completes command lines in bash, zsh or fish");
  command->footer(
      "For one shell session, in bash and zsh:  source <(mpsdscope completion bash)\n"
      "in fish:  mpsdscope completion fish | source\n"
      "The Debian package and `cmake --install` put the scripts where the shells look for them.");
  command->add_option("SHELL", shell, "whose script: bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember(std::vector<std::string>{"bash", "zsh", "fish"}))
      ->type_name("");
}

void add_proxy_command(CLI::App& app, ProxyCommand& proxy) {
  CLI::App* command = app.add_subcommand(
      "proxy", "Stands between game and service: terminates TLS, forwards every byte, judges live");
  command->footer(std::string(kExits));
  add_proxy(*command, proxy);
}

constexpr std::array<std::string_view, 9> kCommands{
    "replay", "sniff", "proxy", "tail", "rules", "ca", "config", "completion", "help"};

Words help(const CLI::App& command, const std::string& path) {
  constexpr std::size_t kPage = 100;
  return {
      help_text(facts_of(command), path, std::min(kPage, terminal_width(STDOUT_FILENO, kPage)))};
}

// Of the innermost command that was named.
Words help_of(const CLI::App& app) {
  const CLI::App* command = &app;
  std::string path = app.get_name();
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    path += " " + command->get_name();
  }
  return help(*command, path);
}

Words usage_error(const CLI::App& app, const std::string& why);

Words help_on(const CLI::App& app, const std::string& topic) {
  if (topic.empty()) return help(app, app.get_name());
  if (topic == "filters") return {filter_help()};
  if (topic == "screen") return {screen_keys_text()};
  std::vector<std::string_view> known(kCommands.begin(), kCommands.end());
  if (std::find(known.begin(), known.end(), topic) != known.end()) {
    return help(*app.get_subcommand(topic), app.get_name() + " " + topic);
  }
  known.emplace_back("filters");
  known.emplace_back("screen");
  return usage_error(app, unknown_name("topic", topic, known));
}

// "--help filters", wherever it stands.
bool asks_about_filters(int argc, const char* const* argv) {
  const std::string_view last = argc > 2 ? argv[argc - 1] : "";
  const std::string_view before = argc > 2 ? argv[argc - 2] : "";
  return last == "filters" && (before == "--help" || before == "-h");
}

// What is wrong with it, pointed at.
std::optional<Words> compile_filter(FilterOption& option) {
  auto filter = Filter::parse(option.text);
  if (const auto* error = std::get_if<FilterError>(&filter)) {
    return Words{"--filter: " + error->message + " (mpsdscope help filters explains filters)",
                 exit_code::kUsage, pointed_at(option.text, error->at)};
  }
  option.filter = std::get<Filter>(std::move(filter));
  return std::nullopt;
}

Words usage_error(const CLI::App& app, const std::string& why) {
  const auto used = app.get_subcommands();
  const std::string command = used.empty() ? "mpsdscope" : "mpsdscope " + used.front()->get_name();
  return {why + " (" + command + " --help lists the options)", exit_code::kUsage};
}

// All that can be said on a command line.
struct Said {
  ReplayOptions replay;
  SniffOptions sniff;
  RulesOptions rules;
  ProxyCommand proxy;
  TailOptions tail;
  CaOptions ca;
  ConfigOptions config;
  std::vector<std::string> filter;
  std::string topic;
  std::string shell;
};

void add_commands(CLI::App& app, Said& said) {
  app.set_help_flag("-h,--help", "print this and end");
  app.set_version_flag("--version", std::string("mpsdscope ") + MPSDSCOPE_VERSION,
                       "print the version and end");
  app.require_subcommand(1);
  app.footer(std::string(kExits));
  add_replay(app, said.replay);
  add_sniff(app, said.sniff, said.filter);
  add_proxy_command(app, said.proxy);
  add_tail_command(app, said.tail);
  add_rules(app, said.rules);
  add_ca(app, said.ca);
  add_config(app, said.config);
  add_completion(app, said.shell);
  add_help(app, said.topic);
}

// For shells and the manual page: about the command line itself.
std::optional<Words> about_itself(int argc, const char* const* argv, const CLI::App& app) {
  const std::vector<std::string_view> words(argv + std::min(argc, 1), argv + argc);
  if (words.empty()) return std::nullopt;
  const std::span<const std::string_view> behind = std::span(words).subspan(1);
  if (words[0] == kCompleteCommand) return Words{completions(facts_of(app), behind)};
  if (words[0] != kManualCommand || behind.empty()) return std::nullopt;
  return Words{manual_part(facts_of(app), behind[0])};
}

// What a flag did not set is as configured; `file` becomes the one that --config names.
Invocation parse(int argc, const char* const* argv, const Configuration& configuration,
                 std::string& file) {
  CLI::App app(std::string(kAbout), "mpsdscope");
  Said said;
  auto& [replay, sniff, rules, proxy, tail, ca, config, filter, topic, shell] = said;
  for (JudgingOptions* judging :
       std::initializer_list<JudgingOptions*>{&replay.capture, &sniff.capture, &proxy}) {
    judging->rules = configuration.rules;
    judging->titles = configuration.titles;
  }
  proxy.configured_intercept = configuration.intercept;
  tail.titles = configuration.titles;
  add_commands(app, said);
  if (auto words = about_itself(argc, argv, app)) return *words;
  if (asks_about_filters(argc, argv)) return Words{filter_help()};
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return help_of(app);
  } catch (const CLI::CallForVersion& version) {
    return Words{std::string(version.what()) + "\n"};
  } catch (const CLI::RequiredError& error) {
    // A mistyped command leaves the parser without one; say which word it is.
    const auto left = app.remaining();
    if (!app.get_subcommands().empty() || left.empty()) return usage_error(app, error.what());
    return usage_error(app, unknown_name("command", left.front(), kCommands));
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error.what());
  }
  for (FilterOption* option :
       {&replay.capture.filter, &sniff.capture.filter, &proxy.filter, &tail.filter}) {
    if (auto wrong = compile_filter(*option)) return *wrong;
  }
  if (app.got_subcommand("completion")) return Words{std::string(completion_script(shell))};
  if (app.got_subcommand("help")) return help_on(app, topic);
  if (app.got_subcommand("tail")) {
    if (const auto completed = complete(tail); !completed) {
      return usage_error(app, completed.error().message);
    }
    file = tail.config;
    return tail;
  }
  if (app.got_subcommand("rules")) return rules;
  if (app.got_subcommand("ca")) return ca;
  if (app.got_subcommand("config")) {
    file = config.file;
    config.configuration = configuration;
    return config;
  }
  if (app.got_subcommand("replay")) {
    file = replay.capture.config;
    return replay;
  }
  if (app.got_subcommand("proxy")) {
    file = proxy.config;
    if (const auto completed = complete(proxy); !completed) {
      return usage_error(app, completed.error().message);
    }
    return proxy;
  }
  for (const std::string& word : filter) sniff.filter += (sniff.filter.empty() ? "" : " ") + word;
  if (!sniff.list && sniff.interface.empty()) {
    return usage_error(app, "sniff: which interface? -i IFACE names one, --list lists them");
  }
  file = sniff.capture.config;
  return sniff;
}

// `config --path` tells which file it is also when there is something wrong with it.
bool is_configured(const Invocation& invocation) {
  if (const auto* config = std::get_if<ConfigOptions>(&invocation)) return !config->path_only;
  return std::holds_alternative<ReplayOptions>(invocation) ||
         std::holds_alternative<SniffOptions>(invocation) ||
         std::holds_alternative<ProxyCommand>(invocation) ||
         std::holds_alternative<TailOptions>(invocation);
}

}  // namespace

// Twice if there is a configuration: which one is said on the command line, which goes over it.
Invocation parse_command_line(int argc, const char* const* argv) {
  std::string file;
  Invocation invocation = parse(argc, argv, Configuration(), file);
  if (!is_configured(invocation)) return invocation;
  const Result<Configuration> configuration = load_configuration(file);
  if (!configuration) return Words{configuration.error().message, exit_code::kUsage};
  const bool nothing = configuration->path.empty() && configuration->origins.empty();
  if (nothing && !std::holds_alternative<ConfigOptions>(invocation)) return invocation;
  return parse(argc, argv, *configuration, file);
}

}  // namespace mpsdscope

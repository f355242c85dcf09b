#include "tools/shared_options.h"

#include <array>
#include <map>

#include <CLI/CLI.hpp>

#include "tools/config/configuration.h"
#include "tools/metrics/metrics_page.h"
#include "tools/parse_value.h"
#include "tools/proxy_values.h"

namespace mpsdscope {
namespace {

constexpr std::uint64_t kMostLoggedBody = std::uint64_t{64} << 20;

struct SizeLimit {
  Input least;  // streams: of packets too
  const char* flag;
  std::size_t Limits::*value;
  const char* help;
};
constexpr std::array<SizeLimit, 16> kLimits{{
    {Input::packets, "--max-flows", &Limits::max_flows,
     "TCP connections followed at once, in eight shares by a hash of their addresses"},
    {Input::packets, "--max-buffered", &Limits::max_buffered_per_flow,
     "bytes waiting in one connection"},
    {Input::streams, "--max-buffered-total", &Limits::max_buffered_total,
     "bytes waiting in all connections"},
    {Input::packets, "--max-fragments", &Limits::max_fragments_total,
     "bytes of incomplete IP datagrams"},
    {Input::streams, "--max-head", &Limits::max_head_bytes, "bytes of an HTTP message head"},
    {Input::streams, "--max-body", &Limits::max_body_bytes, "bytes kept of a body as transferred"},
    {Input::streams, "--max-decoded-body", &Limits::max_decoded_body_bytes,
     "bytes of a body decompressed"},
    {Input::streams, "--max-decoded-ratio", &Limits::max_decoded_ratio,
     "times its size that a body may decompress to before it counts for --max-decoded-excess"},
    {Input::streams, "--max-decoded-excess", &Limits::max_decoded_excess_total,
     "bytes decompressed beyond that, in all"},
    {Input::streams, "--max-call-texts", &Limits::max_call_texts_total,
     "bytes of heads and texts of calls on their way to the output"},
    {Input::streams, "--max-h2-streams", &Limits::max_h2_streams,
     "open HTTP/2 streams of a connection"},
    {Input::streams, "--max-h2-headers", &Limits::max_h2_header_list,
     "bytes of an HTTP/2 header list"},
    {Input::streams, "--max-websocket-message", &Limits::max_websocket_message,
     "bytes of a websocket message"},
    {Input::streams, "--max-pipelined", &Limits::max_pipelined,
     "HTTP/1 requests waiting for a response"},
    {Input::packets, "--max-connect-depth", &Limits::max_connect_depth,
     "CONNECT tunnels inside each other"},
    {Input::packets, "--max-tls-trial", &Limits::max_tls_trial_records,
     "lost TLS records tried over after a gap"},
}};

void add_severities(CLI::App& app, JudgingOptions& judging) {
  app.add_option_function<std::string>(
         "--fail-on",
         [&judging](const std::string& text) {
           const auto severity = parse_severity(text);
           if (!severity) refuse("--fail-on", "'" + text + "' is not off, info, warning or error");
           judging.fail_on = *severity;
         },
         "exit 3 if there are violations of this severity or above: off (default), info, warning, "
         "error")
      ->type_name("SEVERITY");
  app.add_option_function<std::vector<std::string>>(
         "--severity",
         [&judging](const std::vector<std::string>& settings) {
           for (const std::string& setting : settings) {
             const std::size_t equals = setting.find('=');
             if (equals == std::string::npos)
               refuse("--severity", "'" + setting + "' is not RULE=LEVEL");
             const auto set =
                 set_severity(judging.rules, setting.substr(0, equals), setting.substr(equals + 1));
             if (!set) refuse("--severity", set.error().message);
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

void add_hosts(CLI::App& app, JudgingOptions& judging) {
  app.add_option_function<std::vector<std::string>>(
         "--mpsd-host",
         [&judging](const std::vector<std::string>& patterns) {
           for (const std::string& pattern : patterns) check_host_pattern(pattern);
           judging.rules.mpsd_hosts.insert(judging.rules.mpsd_hosts.end(), patterns.begin(),
                                           patterns.end());
         },
         "a further host that is the service (test and mock servers); '*' matches any run of "
         "characters")
      ->type_name("PATTERN")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_bodies(CLI::App& app, BodyLog& bodies) {
  const std::map<std::string, Bodies> policies{
      {"none", Bodies::none}, {"violations", Bodies::violations}, {"all", Bodies::all}};
  app.add_option_function<std::string>(
         "--bodies",
         [&bodies, policies](const std::string& name) { bodies.of = policies.at(name); },
         "exchanges whose header fields and bodies go into the log, without secrets: none, "
         "violations (default: those with a warning or an error) or all")
      ->check(CLI::IsMember(policies))
      ->type_name("WHICH");
  app.add_option_function<std::string>(
         "--max-logged-body",
         [&bodies](const std::string& text) {
           const auto size = parse_size(text);
           if (!size || *size == 0 || *size > kMostLoggedBody) {
             refuse("--max-logged-body", "'" + text + "' is not a size above 0, 64M at most");
           }
           bodies.most = static_cast<std::size_t>(*size);
         },
         "bytes of a body that go into the log")
      ->type_name("SIZE")
      ->default_str("16K");
}

void add_limits(CLI::App& app, Limits& limits, Input input) {
  const std::string group = "Limits (what untrusted input may hold; sizes take K, M, G)";
  for (const SizeLimit& limit : kLimits) {
    if (limit.least == Input::packets && input == Input::streams) continue;
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
  if (input == Input::streams) return;
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

}  // namespace

void add_loudness(CLI::App& app, OutputOptions& output) {
  auto* quiet = app.add_flag(
      "-q,--quiet", [&output](std::int64_t) { output.loudness = Loudness::quiet; },
      "errors only on standard error");
  app.add_flag(
         "-v,--verbose", [&output](std::int64_t) { output.loudness = Loudness::verbose; },
         "more on standard error; every counter, host and user in the summary")
      ->excludes(quiet);
}

void add_filter_option(CLI::App& app, FilterOption& filter) {
  app.add_option("--filter", filter.text,
                 "list only what matches, e.g. 'row:429 and not user:28146'; counts stay of "
                 "everything. `mpsdscope help filters` has all terms")
      ->type_name("EXPRESSION");
}

void refuse(const std::string& flag, const std::string& why) {
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

void add_metrics_option(CLI::App& app, std::optional<Endpoint>& metrics) {
  app.add_option_function<std::string>(
         "--metrics",
         [&metrics](const std::string& text) {
           const auto endpoint = parse_listen(text, kDefaultMetricsPort);
           if (!endpoint) refuse("--metrics", endpoint.error().message);
           metrics = *endpoint;
         },
         "serve what is counted to Prometheus, at http://ADDRESS:PORT/metrics; a port alone is one "
         "of 127.0.0.1")
      ->type_name("ADDRESS:PORT");
}

void add_config_option(CLI::App& app, std::string& file) {
  app.add_option("--config", file,
                 "configuration to read (default $MPSDSCOPE_CONFIG, else mpsdscope/config.toml in "
                 "$XDG_CONFIG_HOME or ~/.config); `mpsdscope config` prints what is in force")
      ->type_name("FILE");
}

void add_judging_options(CLI::App& app, JudgingOptions& judging, Input input) {
  add_config_option(app, judging.config);
  add_output_options(app, judging.output);
  add_filter_option(app, judging.filter);
  app.add_flag("--all", judging.all, "also list the exchanges of other hosts");
  app.add_flag("--redact-personal", judging.redact_personal,
               "write pseudonyms instead of XUIDs, user hashes and gamertags");
  add_bodies(app, judging.bodies);
  add_severities(app, judging);
  add_hosts(app, judging);
  add_loudness(app, judging.output);
  add_limits(app, judging.limits, input);
}

}  // namespace mpsdscope

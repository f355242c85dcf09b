#include "tools/proxy_options.h"

#include <array>
#include <cstdlib>
#include <thread>

#include <CLI/CLI.hpp>

#include "capture/proxy/address_policy.h"
#include "rules/host_pattern.h"
#include "tools/parse_value.h"
#include "tools/proxy_values.h"
#include "tools/shared_options.h"

namespace mpsdscope {
namespace {

constexpr const char* kProxyAuthVariable = "MPSDSCOPE_PROXY_AUTH";
constexpr const char* kKeyLogVariable = "SSLKEYLOGFILE";

struct CountLimit {
  const char* flag;
  std::size_t ProxyLimits::*value;
  const char* help;
};
constexpr std::array<CountLimit, 3> kCountLimits{{
    {"--max-connections", &ProxyLimits::connections, "client connections at once"},
    {"--max-connections-per-client", &ProxyLimits::connections_per_client,
     "client connections of one address at once"},
    {"--max-proxy-head", &ProxyLimits::header_bytes,
     "bytes of a request's head to the proxy itself"},
}};

struct TimeLimit {
  const char* flag;
  std::chrono::seconds ProxyLimits::*value;
  const char* help;
};
constexpr std::array<TimeLimit, 3> kTimeLimits{{
    {"--handshake-timeout", &ProxyLimits::handshake,
     "from accepting a connection to relaying, and for the head of a request"},
    {"--connect-timeout", &ProxyLimits::connect, "for one address of an upstream host"},
    {"--idle-timeout", &ProxyLimits::idle, "without a byte either way"},
}};

// An option whose values a function takes one by one; what it refuses ends the reading.
template <class Take>
CLI::Option* add_values(CLI::App& app, const std::string& flag, const char* type,
                        const std::string& help, Take take) {
  return app
      .add_option_function<std::vector<std::string>>(
          flag,
          [flag, take](const std::vector<std::string>& values) {
            for (const std::string& value : values) {
              if (const auto taken = take(value); !taken) refuse(flag, taken.error().message);
            }
          },
          help)
      ->type_name(type)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

// The same for an option that is given once.
template <class Take>
CLI::Option* add_value(CLI::App& app, const std::string& flag, const char* type,
                       const std::string& help, Take take) {
  return app
      .add_option_function<std::string>(
          flag,
          [flag, take](const std::string& value) {
            if (const auto taken = take(value); !taken) refuse(flag, taken.error().message);
          },
          help)
      ->type_name(type);
}

template <class Value>
Result<Done> keep(Result<Value> parsed, Value& value) {
  if (!parsed) return parsed.error();
  value = std::move(*parsed);
  return Done{};
}

template <class Value>
Result<Done> add_to(Result<Value> parsed, std::vector<Value>& values) {
  if (!parsed) return parsed.error();
  values.push_back(std::move(*parsed));
  return Done{};
}

Result<std::string> checked_cidr(const std::string& text) {
  const auto block = Cidr::parse(text);
  if (!block) return block.error();
  return text;
}

// An option that names a file or directory.
void add_path(CLI::App& app, const std::string& flag, const char* type, const std::string& help,
              std::string& path) {
  add_value(app, flag, type, help, [&path](const std::string& text) -> Result<Done> {
    if (text.empty()) return Error{"the name is empty: leave the option out to do without it"};
    path = text;
    return Done{};
  });
}

void add_ways_in(CLI::App& app, ProxyCommand& command) {
  ProxyOptions& proxy = command.proxy;
  add_value(app, "--mode", "MODE",
            "regular (default: CONNECT and plain HTTP), reverse:https://HOST[:PORT], transparent "
            "or socks5",
            [&proxy](const std::string& text) { return parse_mode(text, proxy); });
  add_values(
      app, "--listen", "ADDRESS:PORT",
      "where to listen, repeatable (default 127.0.0.1:8888); [::]:8888 is all of IPv6",
      [&proxy](const std::string& text) { return add_to(parse_listen(text), proxy.listen); });
  add_value(app, "--upstream-proxy", "URL",
            "go out through this proxy: http://[USER:PASS@]HOST:PORT",
            [&proxy](const std::string& text) { return parse_upstream_proxy(text, proxy); });
  add_value(app, "--proxy-auth", "USER:PASS",
            "ask clients for this; @FILE reads it from a file, and without the option the variable "
            "MPSDSCOPE_PROXY_AUTH is read",
            [&proxy](const std::string& text) {
              return keep(parse_credentials(text), proxy.proxy_credentials);
            });
  add_values(app, "--allow", "CIDR",
             "clients that may connect when it listens wider than loopback, repeatable (default: "
             "private ranges)",
             [&proxy](const std::string& text) {
               return add_to(checked_cidr(text), proxy.allow_clients);
             });
  app.add_option("--allow-dest", proxy.allow_destinations,
                 "loopback, link-local or own destination that clients may reach all the same, "
                 "repeatable")
      ->type_name("HOST|CIDR")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--threads", proxy.threads, "worker threads (default: one per processor)")
      ->check(CLI::Range(1, 256))
      ->type_name("N");
}

void add_tls(CLI::App& app, ProxyCommand& command) {
  UpstreamTlsOptions& upstream = command.upstream;
  add_values(app, "--intercept", "PATTERN",
             "hosts to decrypt, repeatable (default *.xboxlive.com); everything else passes "
             "untouched",
             [&command](const std::string& text) {
               return add_to(parse_host_pattern(text), command.intercept);
             });
  add_path(app, "--ca-dir", "DIR",
           "the CA that devices trust (default $XDG_DATA_HOME/mpsdscope); made on first use",
           command.ca_directory);
  app.add_option("--upstream-ca", upstream.ca_files,
                 "CA certificates to trust besides the system's, repeatable")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--insecure-upstream", upstream.insecure_hosts,
                 "do not verify the certificate of this very host, repeatable")
      ->type_name("HOST")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_values(app, "--client-cert", "HOST=FILE",
             "PEM file with certificate and key to show to that upstream host, repeatable",
             [&upstream](const std::string& text) {
               return add_to(parse_client_certificate(text), upstream.client_certificates);
             });
}

void add_recording(CLI::App& app, ProxyCommand& command) {
  LogFileOptions& log = command.log;
  add_path(app, "--log", "FILE",
           "append JSON lines to this file, besides what is shown; strftime conversions are "
           "filled in (UTC): play-%Y%m%d-%H.jsonl. '-' is standard output. SIGHUP reopens it",
           log.path);
  add_value(app, "--rotate-size", "SIZE", "begin a new log file before it exceeds this (K, M, G)",
            [&log](const std::string& text) -> Result<Done> {
              const auto size = parse_size(text);
              if (!size || *size == 0) return Error{"'" + text + "' is not a size above 0"};
              log.rotate_size = *size;
              return Done{};
            });
  add_value(app, "--rotate-time", "TIME", "begin a new log file this often: 90s, 15m, 1h, 1d",
            [&log](const std::string& text) -> Result<Done> {
              const auto time = parse_duration(text);
              if (!time) return Error{"'" + text + "' is not a time, such as 15m or 1h"};
              log.rotate_time = *time;
              return Done{};
            });
  app.add_flag("--screen", command.screen,
               "show what comes on a full screen, as `mpsdscope tail --screen` does; `mpsdscope "
               "help screen` has its keys");
  add_metrics_option(app, command.metrics);
  add_path(app, "--save", "FILE",
           "pcapng of what was decrypted, with its TLS secrets, for Wireshark and replay",
           command.save);
  add_path(app, "--keylog", "FILE",
           "append the TLS secrets of clients' connections (default $SSLKEYLOGFILE)",
           command.keylog);
}

void add_proxy_limits(CLI::App& app, ProxyCommand& command) {
  const std::string group = "Limits of the proxy";
  ProxyLimits& limits = command.proxy.limits;
  for (const CountLimit& limit : kCountLimits) {
    add_value(app, limit.flag, "N", limit.help,
              [&limits, limit](const std::string& text) -> Result<Done> {
                const auto value = parse_size(text);
                if (!value || *value == 0) return Error{"'" + text + "' is not a number above 0"};
                limits.*limit.value = static_cast<std::size_t>(*value);
                return Done{};
              })
        ->default_str(std::to_string(limits.*limit.value))
        ->group(group);
  }
  for (const TimeLimit& limit : kTimeLimits) {
    add_value(app, limit.flag, "TIME", limit.help,
              [&limits, limit](const std::string& text) -> Result<Done> {
                const auto time = parse_duration(text);
                if (!time) return Error{"'" + text + "' is not a time, such as 30s or 10m"};
                limits.*limit.value = *time;
                return Done{};
              })
        ->default_str(std::to_string((limits.*limit.value).count()) + "s")
        ->group(group);
  }
  app.add_option("--max-certificates", command.max_certificates,
                 "certificates kept for hosts that clients ask for")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
}

}  // namespace

void add_proxy(CLI::App& app, ProxyCommand& command) {
  command.proxy.threads = 0;
  add_ways_in(app, command);
  add_tls(app, command);
  add_recording(app, command);
  add_proxy_limits(app, command);
  add_judging_options(app, command, Input::streams);
}

Result<Done> complete(ProxyCommand& command) {
  ProxyOptions& proxy = command.proxy;
  if (proxy.listen.empty())
    proxy.listen.push_back(*parse_listen(std::to_string(kDefaultProxyPort)));
  if (proxy.threads == 0) proxy.threads = std::max(1U, std::thread::hardware_concurrency());
  if (command.intercept.empty()) command.intercept = command.configured_intercept;
  if (command.intercept.empty()) command.intercept.emplace_back(kDefaultIntercept);
  if (const char* keylog = std::getenv(kKeyLogVariable); keylog && command.keylog.empty()) {
    command.keylog = keylog;
  }
  if (const char* auth = std::getenv(kProxyAuthVariable);
      auth && *auth && proxy.proxy_credentials.empty()) {
    auto credentials = parse_credentials(auth);
    if (!credentials) {
      return Error{std::string(kProxyAuthVariable) + ": " + credentials.error().message};
    }
    proxy.proxy_credentials = std::move(*credentials);
  }
  const bool greeted = proxy.mode == ProxyMode::regular || proxy.mode == ProxyMode::socks5;
  if (!proxy.proxy_credentials.empty() && !greeted) {
    return Error{"clients cannot log in to --mode reverse or transparent: leave --proxy-auth (or " +
                 std::string(kProxyAuthVariable) + ") out, and name who may connect with --allow"};
  }
  command.rules.keep_body_bytes = command.bodies.needed();
  const LogFileOptions& log = command.log;
  const bool rotates = log.rotate_size > 0 || log.rotate_time > Duration::zero();
  if (rotates && (log.path.empty() || log.path == "-")) {
    return Error{"--rotate-size and --rotate-time need a file: --log FILE"};
  }
  if (log.path == "-" && command.output.format == Format::pretty) {
    return Error{"--log - and --format pretty both want standard output: --log FILE"};
  }
  const bool to_stdout = log.path == "-" || command.output.format;
  if (command.screen && to_stdout) {
    return Error{"--screen takes the terminal: leave --log - and --format out, --log FILE records"};
  }
  if (command.keylog == "-") {
    return Error{
        "--keylog (and SSLKEYLOGFILE) needs a file: TLS secrets do not belong on standard "
        "output"};
  }
  if (command.save == "-") return Error{"--save needs a file or a pipe with a name"};
  return Done{};
}

}  // namespace mpsdscope

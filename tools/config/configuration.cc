#include "tools/config/configuration.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <system_error>

#include "decode/http_fields.h"
#include "rules/host_pattern.h"
#include "tools/config/config_file.h"
#include "tools/escape.h"
#include "tools/parse_value.h"

namespace mpsdscope {
namespace {

constexpr const char* kPathVariable = "MPSDSCOPE_CONFIG";
constexpr std::size_t kMaxFile = std::size_t{1} << 20;

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (const auto part = trim_ows(list.substr(0, comma)); !part.empty()) parts.emplace_back(part);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return parts;
}

// nullopt if there is no such file.
Result<std::optional<std::string>> read_file(const std::string& path) {
  const auto failed = [&path](int error) {
    return Error{"cannot read the configuration " + printable(path) + ": " +
                 std::generic_category().message(error)};
  };
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::string>();
    return failed(errno);
  }
  std::string text(kMaxFile + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return failed(errno);
  if (text.size() > kMaxFile) {
    return Error{"the configuration " + printable(path) +
                 " is larger than 1 MiB: is it the file "
                 "that was meant?"};
  }
  return std::optional(std::move(text));
}

}  // namespace

ConfigPath find_config(const std::string& flag) {
  if (!flag.empty()) return {flag, true};
  if (std::string path = from_environment(kPathVariable); !path.empty()) return {path, true};
  // Paths that are not absolute are to be ignored (XDG Base Directory Specification).
  if (const std::string base = from_environment("XDG_CONFIG_HOME"); base[0] == '/') {
    return {base + "/mpsdscope/config.toml", false};
  }
  if (const std::string home = from_environment("HOME"); home[0] == '/') {
    return {home + "/.config/mpsdscope/config.toml", false};
  }
  return {};
}

Result<Configuration> load_configuration(const std::string& flag) {
  Configuration configuration;
  const ConfigPath found = find_config(flag);
  if (!found.path.empty()) {
    auto text = read_file(found.path);
    if (!text) return text.error();
    if (!*text && found.demanded) {
      return Error{"there is no configuration " + printable(found.path) + " (named by " +
                   (flag.empty() ? kPathVariable : "--config") +
                   "): `mpsdscope config` prints one to begin with"};
    }
    if (*text) {
      configuration.path = found.path;
      if (auto read = read_config_file(**text, found.path, configuration); !read) {
        return read.error();
      }
    }
  }
  if (auto read = read_environment(&std::getenv, configuration); !read) return read.error();
  return configuration;
}

Result<Done> read_environment(const Lookup& lookup, Configuration& configuration) {
  // Calls take(value) for each value of the variable's list.
  const auto each = [&](const char* name, auto take) -> Result<Done> {
    const char* list = lookup(name);
    if (list == nullptr) return Done{};
    for (const std::string& value : split(list)) {
      if (const auto taken = take(name, value); !taken) {
        return Error{std::string(name) + ": " + taken.error().message};
      }
    }
    return Done{};
  };
  auto& origins = configuration.origins;
  const auto hosts = each("MPSDSCOPE_MPSD_HOST", [&](const char* name, const std::string& value) {
    origins.emplace("hosts.mpsd-host." + value, name);
    return add_mpsd_host(configuration.rules, value);
  });
  if (!hosts) return hosts;
  std::vector<std::string> intercept;
  const auto patterns =
      each("MPSDSCOPE_INTERCEPT", [&](const char* name, const std::string& value) -> Result<Done> {
        auto pattern = parse_host_pattern(value);
        if (!pattern) return pattern.error();
        intercept.push_back(std::move(*pattern));
        origins["hosts.intercept"] = name;
        return Done{};
      });
  if (!patterns) return patterns;
  if (!intercept.empty()) configuration.intercept = std::move(intercept);
  return each(
      "MPSDSCOPE_SEVERITY", [&](const char* name, const std::string& value) -> Result<Done> {
        const std::size_t equals = value.find('=');
        if (equals == std::string::npos)
          return Error{"'" + printable(value) + "' is not RULE=LEVEL"};
        origins["severity." + value.substr(0, equals)] = name;
        return set_severity(configuration.rules, value.substr(0, equals), value.substr(equals + 1));
      });
}

Result<Done> set_severity(RuleSettings& rules, std::string_view rule, std::string_view level) {
  const RuleInfo* info = find_rule(rule);
  if (info == nullptr) {
    std::vector<std::string_view> ids;
    for (const RuleInfo& known : rule_table()) ids.push_back(known.id);
    return Error{unknown_name("rule", printable(rule), ids)};
  }
  const auto severity = parse_severity(level);
  if (!severity) {
    return Error{"'" + printable(std::string(level)) + "' is not off, info, warning or error"};
  }
  rules.severities[static_cast<std::size_t>(info->rule)] = *severity;
  return Done{};
}

Result<Done> add_mpsd_host(RuleSettings& rules, const std::string& pattern) {
  auto checked = parse_host_pattern(pattern);
  if (!checked) return checked.error();
  auto& hosts = rules.mpsd_hosts;
  if (std::find(hosts.begin(), hosts.end(), *checked) == hosts.end()) {
    hosts.push_back(std::move(*checked));
  }
  return Done{};
}

}  // namespace mpsdscope

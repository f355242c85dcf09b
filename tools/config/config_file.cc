#include "tools/config/config_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "decode/ascii.h"
#include "rules/call.h"
#include "rules/host_pattern.h"
#include "tools/escape.h"
#include "tools/parse_value.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kMostLimits = 256;
constexpr std::size_t kLongestName = 64;

std::string quoted(std::string_view text) {
  return "'" + printable(text) + "'";
}

std::string_view words_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

// 8 hexadecimal digits.
std::optional<std::uint32_t> title_id_of(std::string_view text) {
  std::uint32_t id = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, id, 16);
  if (text.size() != 8 || error != std::errc() || stop != end || id == 0) return std::nullopt;
  return id;
}

bool is_limit_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 && std::all_of(name.begin(), name.end(), [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-';
  });
}

// A limit of the session directory itself: what is called decides which of them.
bool is_of_directory(std::string_view name) {
  return std::any_of(kLimitFacts.begin(), kLimitFacts.begin() + kSearchWriteBucket + 1,
                     [name](const LimitFact& fact) { return fact.name == name; });
}

// Reads the tables of a document. Of several mistakes the first in the text is told: a table's keys
// come sorted, so all are collected.
class Reader {
 public:
  Reader(const std::string& path, Configuration& configuration)
      : path_(path), configuration_(configuration), rules_(configuration.rules) {}

  Result<Done> read(const toml::table& document) {
    section(document, "hosts", [this](const toml::table& table) { read_hosts(table); });
    section(document, "titles", [this](const toml::table& table) { read_titles(table); });
    section(document, "limits", [this](const toml::table& table) { read_limits(table); });
    section(document, "severity", [this](const toml::table& table) { read_severities(table); });
    section(document, "thresholds", [this](const toml::table& table) { read_thresholds(table); });
    only(document, "", {"hosts", "titles", "limits", "severity", "thresholds"});
    if (!error_) return Done{};
    return *error_;
  }

 private:
  void refuse(const toml::source_region& where, const std::string& why) {
    const toml::source_position at = where.begin;
    if (error_ && std::pair(at.line, at.column) >= std::pair(at_.line, at_.column)) return;
    at_ = at;
    error_ = Error{printable(path_) + ":" + std::to_string(at.line) + ":" +
                   std::to_string(at.column) + ": " + why};
  }

  void refuse_type(const toml::node& node, std::string_view key, std::string_view wanted) {
    refuse(node.source(), quoted(key) + " must be " + std::string(wanted) + ", not " +
                              std::string(words_of(node)));
  }

  void note(const std::string& key, const toml::node& node) {
    configuration_.origins[key] = printable(path_) + ":" + std::to_string(node.source().begin.line);
  }

  template <class Read>
  void section(const toml::table& document, std::string_view name, Read read) {
    const toml::node* node = document.get(name);
    if (node == nullptr) return;
    if (!node->is_table())
      return refuse_type(*node, name, "a section: [" + std::string(name) + "]");
    read(*node->as_table());
  }

  // Refuses all keys but these.
  void only(const toml::table& table, std::string_view section,
            std::vector<std::string_view> known) {
    for (const auto& [key, value] : table) {
      if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
      const std::string kind = section.empty() ? "key" : "key in [" + std::string(section) + "]";
      refuse(key.source(), unknown_name(kind, printable(key.str()), known) +
                               (near_matches(key.str(), known).empty() ? known_text(known) : ""));
    }
  }

  static std::string known_text(const std::vector<std::string_view>& known) {
    std::string text = "; known are ";
    for (const std::string_view& key : known) {
      if (&key != &known.front()) text += ", ";
      text += key;
    }
    return text;
  }

  // Calls take(text, node) for the strings of an array, or for a single one.
  template <class Take>
  void each_string(const toml::node& node, std::string_view key, Take take) {
    if (const auto* text = node.as_string()) return take(text->get(), node);
    const toml::array* array = node.as_array();
    if (array == nullptr) return refuse_type(node, key, "a string or an array of strings");
    for (const toml::node& element : *array) {
      if (const auto* text = element.as_string()) {
        take(text->get(), element);
      } else {
        refuse_type(element, key, "an array of strings");
      }
    }
  }

  void read_hosts(const toml::table& table) {
    if (const toml::node* node = table.get("mpsd-host")) {
      each_string(*node, "mpsd-host", [this](const std::string& host, const toml::node& at) {
        if (const auto added = add_mpsd_host(rules_, host); !added) {
          return refuse(at.source(), printable(added.error().message));
        }
        note("hosts.mpsd-host." + host, at);
      });
    }
    if (const toml::node* node = table.get("intercept")) {
      read_patterns(*node, "intercept", configuration_.intercept);
      note("hosts.intercept", *node);
    }
    only(table, "hosts", {"mpsd-host", "intercept"});
  }

  void read_patterns(const toml::node& node, std::string_view key,
                     std::vector<std::string>& patterns) {
    patterns.clear();
    each_string(node, key, [&](const std::string& host, const toml::node& at) {
      auto pattern = parse_host_pattern(host);
      if (!pattern) return refuse(at.source(), printable(pattern.error().message));
      patterns.push_back(std::move(*pattern));
    });
    if (patterns.empty()) refuse(node.source(), quoted(key) + " names no host");
  }

  void read_titles(const toml::table& table) {
    for (const auto& [key, value] : table) {
      const auto id = title_id_of(key.str());
      if (!id) {
        refuse(key.source(), quoted(key.str()) +
                                 " is no title id: 8 hexadecimal digits, as the log writes them, "
                                 "such as 0A6D2730");
      } else if (!value.is_string()) {
        refuse_type(value, key.str(), "a name in quotes");
      } else if (const std::string& name = value.as_string()->get();
                 name.empty() || name.size() > kLongestName) {
        refuse(value.source(), "the name of a title has 1 to 64 bytes");
      } else {
        configuration_.titles[*id] = name;
        note("titles." + format_title_id(*id), value);
      }
    }
  }

  void read_limits(const toml::table& table) {
    for (const auto& [key, value] : table) {
      const std::string name(key.str());
      if (!is_limit_name(name)) {
        refuse(key.source(), quoted(name) +
                                 " is no name of a limit: small letters, digits and '-', 32 at "
                                 "most");
      } else if (!value.is_table()) {
        refuse_type(value, name, "a section: [limits." + name + "]");
      } else {
        read_limit(name, key.source(), *value.as_table());
      }
    }
  }

  void read_limit(const std::string& name, const toml::source_region& where,
                  const toml::table& table) {
    const std::string section = "limits." + name;
    RateLimit* limit = rules_.limits.find(name);
    if (limit == nullptr) {
      if (!table.contains("hosts")) return refuse(where, no_such_limit(name));
      if (rules_.limits.size() >= kMostLimits) return refuse(where, "there are too many limits");
      limit = &rules_.limits.add(name);
      note(section, table);
    }
    const bool of_directory = is_of_directory(name);
    if (const toml::node* node = table.get("hosts")) {
      if (of_directory) {
        return refuse(node->source(), "the hosts of " + name +
                                          " are those of the session directory: add to them with "
                                          "mpsd-host in [hosts]");
      }
      read_patterns(*node, "hosts", limit->hosts);
      note(section + ".hosts", *node);
    }
    if (const toml::node* node = table.get("access")) {
      const auto access = node->is_string() ? parse_access(node->as_string()->get()) : std::nullopt;
      if (!access || of_directory) {
        refuse(node->source(), of_directory ? "the access of " + name + " is fixed"
                                            : "'access' must be \"any\", \"read\" or \"write\"");
      } else {
        limit->access = *access;
        note(section + ".access", *node);
      }
    }
    read_calls(table, section, "burst", limit->burst);
    read_calls(table, section, "sustained", limit->sustained);
    only(table, section, {"burst", "sustained", "hosts", "access"});
  }

  std::string no_such_limit(const std::string& name) const {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < rules_.limits.size(); ++i) {
      names.push_back(rules_.limits[static_cast<LimitBucket>(i)].name);
    }
    std::string text = unknown_name("limit", name, names);
    text += text.back() == '?' ? " A" : ". A";
    return text + " new one must say whose it is: hosts = [\"HOST\"]";
  }

  void read_calls(const toml::table& table, const std::string& section, std::string_view key,
                  std::uint32_t& calls) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return;
    const auto* number = node->as_integer();
    if (number == nullptr || number->get() < 0 || number->get() > kMostCalls) {
      return refuse(node->source(), quoted(key) +
                                        " must be a whole number of calls from 0 (no "
                                        "limit) to " +
                                        std::to_string(kMostCalls));
    }
    calls = static_cast<std::uint32_t>(number->get());
    note(section + "." + std::string(key), *node);
  }

  void read_severities(const toml::table& table) {
    for (const auto& [key, value] : table) {
      if (find_rule(key.str()) != nullptr && !value.is_string()) {
        refuse_type(value, key.str(), R"("off", "info", "warning" or "error")");
        continue;
      }
      const std::string level = value.is_string() ? value.as_string()->get() : std::string();
      if (const auto set = set_severity(rules_, key.str(), level); !set) {
        const bool known = find_rule(key.str()) != nullptr;
        refuse(known ? value.source() : key.source(), set.error().message);
      } else {
        note("severity." + std::string(key.str()), value);
      }
    }
  }

  void read_thresholds(const toml::table& table) {
    std::vector<std::string_view> keys;
    for (const Threshold& threshold : kThresholds) {
      keys.push_back(threshold.key);
      if (const toml::node* node = table.get(threshold.key)) read_threshold(threshold, *node);
    }
    only(table, "thresholds", std::move(keys));
  }

  void read_threshold(const Threshold& threshold, const toml::node& node) {
    const std::optional<double> number = node.value<double>();
    const bool whole = !std::holds_alternative<double TitleThresholds::*>(threshold.member) &&
                       !std::holds_alternative<Duration TitleThresholds::*>(threshold.member);
    const bool fits = node.is_number() && number && *number >= threshold.least &&
                      *number <= threshold.most && (!whole || node.is_integer());
    if (!fits) {
      return refuse(node.source(),
                    quoted(threshold.key) + " must be a " + (whole ? "whole number" : "number") +
                        " from " + number_text(threshold.least) + " to " +
                        number_text(threshold.most) + ": " + std::string(threshold.help));
    }
    std::visit([&](auto member) { assign(rules_.title.*member, *number); }, threshold.member);
    note("thresholds." + std::string(threshold.key), node);
  }

  template <class Number>
  static void assign(Number& to, double value) {
    to = static_cast<Number>(value);
  }
  static void assign(Duration& to, double seconds) {
    to = std::chrono::milliseconds(std::llround(seconds * 1'000));
  }

  // "5", "0.5"
  static std::string number_text(double number) {
    std::string text = std::to_string(number);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
  }

  const std::string& path_;
  Configuration& configuration_;
  RuleSettings& rules_;
  std::optional<Error> error_;
  toml::source_position at_{};
};

}  // namespace

Result<Done> read_config_file(std::string_view text, const std::string& path,
                              Configuration& configuration) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::source_position at = parsed.error().source().begin;
    return Error{printable(path) + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) +
                 ": this is not TOML: " + printable(parsed.error().description())};
  }
  return Reader(path, configuration).read(parsed.table());
}

}  // namespace mpsdscope

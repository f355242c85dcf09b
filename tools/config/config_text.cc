#include "tools/config/config_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "rules/call.h"
#include "tools/proxy_values.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kCommentColumn = 40;
constexpr std::string_view kBuiltIn = "built in";

// A basic string (TOML 1.0, "String").
std::string toml_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted.append("\\").push_back(c);
    } else if (byte < 0x20 || byte == 0x7F) {
      quoted += fmt::format("\\u{:04X}", byte);
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

class Writer {
 public:
  explicit Writer(const Configuration& configuration) : configuration_(configuration) {}

  std::string write() {
    const std::string& path = configuration_.path;
    comment(path.empty() ? "no configuration file was read" : "read from " + path);
    section("hosts");
    write_hosts();
    section("titles");
    for (const auto& [id, name] : configuration_.titles) {
      line(format_title_id(id), toml_string(name), "titles." + format_title_id(id));
    }
    write_limits();
    section("severity");
    for (const RuleInfo& rule : rule_table()) {
      const std::string id(rule.id);
      line(id, toml_string(name_of(configuration_.rules.severity_of(rule.rule))), "severity." + id);
    }
    section("thresholds");
    for (const Threshold& threshold : kThresholds) write_threshold(threshold);
    return std::move(out_);
  }

 private:
  void comment(std::string_view text) {
    // A path may hold anything; a comment ends with its line.
    out_ += "# ";
    for (const char c : text) out_ += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
    out_ += '\n';
  }

  void section(std::string_view name) { out_ += fmt::format("\n[{}]\n", name); }

  std::string_view origin_of(const std::string& key) const {
    const auto found = configuration_.origins.find(key);
    return found == configuration_.origins.end() ? kBuiltIn : std::string_view(found->second);
  }

  // `text` is on its line already; `key` tells where it came from.
  void end_line(std::size_t begin, const std::string& key, std::string_view more = "") {
    const std::size_t used = out_.size() - begin;
    out_.append(used < kCommentColumn ? kCommentColumn - used : 2, ' ');
    std::string text(origin_of(key));
    if (!more.empty()) text.append("; ").append(more);
    comment(text);
  }

  void line(std::string_view key, std::string_view value, const std::string& origin,
            std::string_view more = "") {
    const std::size_t begin = out_.size();
    out_.append(key).append(" = ").append(value);
    end_line(begin, origin, more);
  }

  void write_hosts() {
    out_ += "mpsd-host = [\n";
    for (const std::string& host : configuration_.rules.mpsd_hosts) {
      const std::size_t begin = out_.size();
      out_.append("  ").append(toml_string(host)).append(",");
      end_line(begin, "hosts.mpsd-host." + host);
    }
    out_ += "]\n";
    const auto& intercept = configuration_.intercept;
    line("intercept",
         intercept.empty() ? "[" + toml_string(kDefaultIntercept) + "]" : list(intercept),
         "hosts.intercept");
  }

  static std::string list(const std::vector<std::string>& texts) {
    std::string list = "[";
    for (const std::string& text : texts) {
      if (list.size() > 1) list += ", ";
      list += toml_string(text);
    }
    return list + "]";
  }

  void write_limits() {
    const LimitTable& limits = configuration_.rules.limits;
    for (std::size_t i = 0; i < limits.size(); ++i) {
      const RateLimit& limit = limits[static_cast<LimitBucket>(i)];
      const std::string key = "limits." + limit.name;
      section(key);
      line("burst", std::to_string(limit.burst), key + ".burst", "calls in 15 s");
      line("sustained", std::to_string(limit.sustained), key + ".sustained", "calls in 300 s");
      if (i <= kSearchWriteBucket) continue;
      line("hosts", list(limit.hosts), key + ".hosts");
      line("access", toml_string(name_of(limit.access)), key + ".access");
    }
  }

  void write_threshold(const Threshold& threshold) {
    const TitleThresholds& thresholds = configuration_.rules.title;
    const std::string value =
        std::visit([&](auto member) { return number(thresholds.*member); }, threshold.member);
    line(threshold.key, value, "thresholds." + std::string(threshold.key), threshold.help);
  }

  template <class Number>
  static std::string number(Number value) {
    return fmt::format("{}", value);
  }
  static std::string number(Duration value) {
    return fmt::format("{}", std::chrono::duration<double>(value).count());
  }

  const Configuration& configuration_;
  std::string out_;
};

}  // namespace

std::string config_text(const Configuration& configuration) {
  return Writer(configuration).write();
}

}  // namespace mpsdscope

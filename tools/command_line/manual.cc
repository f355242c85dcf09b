#include "tools/command_line/manual.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "rules/rule_table.h"
#include "tools/config/configuration.h"
#include "tools/filter/filter_terms.h"

namespace mpsdscope {
namespace {

// One thing and what it means.
void append_item(std::string& out, std::string_view tag, std::string_view text) {
  out.append(".TP\n").append(tag).append("\n").append(text).append("\n");
}

std::string bold(std::string_view text) {
  return "\\fB" + roff_text(text) + "\\fR";
}

std::string italic(std::string_view text) {
  return "\\fI" + roff_text(text) + "\\fR";
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) all += i + 1 < texts.size() ? ", " : " and ";
    all += texts[i];
  }
  return all;
}

// "replay [OPTIONS] FILE..."
std::string synopsis_of(const CommandFacts& command, const std::string& path) {
  std::string line = bold(path) + " [" + italic("OPTIONS") + "]";
  for (const OptionFacts& one : command.positionals) {
    const std::string name = italic(one.value) + (one.repeatable ? "..." : "");
    line += one.required ? " " + name : " [" + name + "]";
  }
  return line;
}

void append_commands(std::string& out, const CommandFacts& around, const std::string& path) {
  for (const CommandFacts& command : around.commands) {
    const std::string name = path + command.name;
    std::string text = roff_text(command.help + ".");
    for (const OptionFacts& one : command.positionals) {
      text += "\n" + italic(one.value) + ": " + roff_text(one.help) + ".";
    }
    append_item(out, synopsis_of(command, name), text);
    append_commands(out, command, name + " ");
  }
}

// An option, and the commands that have it in the same way.
struct Shared {
  OptionFacts option;
  std::vector<std::string> commands;
};

void collect(std::vector<Shared>& all, const CommandFacts& command, const std::string& path) {
  for (const OptionFacts& option : command.options) {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Shared& one) { return one.option == option; });
    if (found == all.end()) {
      all.push_back({option, {path}});
    } else {
      found->commands.push_back(path);
    }
  }
  for (const CommandFacts& inner : command.commands) {
    collect(all, inner, path.empty() ? inner.name : path + " " + inner.name);
  }
}

// As sorting sees it: the long name.
std::string key_of(const OptionFacts& option) {
  const std::string& name = option.names.back();
  return name.substr(name.find_first_not_of('-'));
}

void append_option(std::string& out, const Shared& shared, bool everywhere) {
  const OptionFacts& option = shared.option;
  std::string tag;
  for (const std::string& name : option.names) {
    if (!tag.empty()) tag += ", ";
    tag += bold(name);
  }
  if (!option.value.empty()) tag += " " + italic(option.value);
  std::string text = roff_text(option.help + ".");
  if (!option.standard.empty()) text += "\nDefault: " + roff_text(option.standard) + ".";
  std::vector<std::string> commands;
  for (const std::string& command : shared.commands) {
    commands.push_back(command.empty() ? "mpsdscope itself" : bold(command));
  }
  text += everywhere ? "\nOf all commands." : "\nOf " + joined(commands) + ".";
  append_item(out, tag, text);
}

std::string options(const CommandFacts& program) {
  std::vector<Shared> all;
  collect(all, program, "");
  std::vector<std::string> groups;
  std::size_t most = 0;
  for (const Shared& one : all) {
    most = std::max(most, one.commands.size());
    if (std::find(groups.begin(), groups.end(), one.option.group) == groups.end()) {
      groups.push_back(one.option.group);
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Shared& left, const Shared& right) {
    return key_of(left.option) < key_of(right.option);
  });
  std::string out;
  for (const std::string& group : groups) {
    if (&group != &groups.front()) out += ".SS " + roff_text(group) + "\n";
    for (const Shared& one : all) {
      if (one.option.group == group) append_option(out, one, one.commands.size() == most);
    }
  }
  return out;
}

std::string commands(const CommandFacts& program) {
  std::string out;
  append_commands(out, program, "");
  return out;
}

std::string filters(const CommandFacts&) {
  std::string out;
  for (const FilterTerm& term : filter_terms()) {
    append_item(out, bold(term.example), roff_text(std::string(term.meaning) + "."));
  }
  return out;
}

std::string text_of(double number) {
  return fmt::format("{}", number);
}
std::string text_of(Duration duration) {
  return text_of(std::chrono::duration<double>(duration).count());
}
template <class Whole>
std::string text_of(Whole number) {
  return std::to_string(number);
}

std::string thresholds(const CommandFacts&) {
  const TitleThresholds built_in;
  std::string out;
  for (const Threshold& threshold : kThresholds) {
    const std::string value =
        std::visit([&](auto member) { return text_of(built_in.*member); }, threshold.member);
    append_item(out, bold(threshold.key) + " = " + roff_text(value),
                roff_text(fmt::format("{}, from {} to {}.", threshold.help, threshold.least,
                                      threshold.most)));
  }
  return out;
}

std::string calls(std::uint32_t number) {
  return number == 0 ? "none" : std::to_string(number);
}

std::string limits(const CommandFacts&) {
  const LimitTable table;
  std::string out;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const RateLimit& limit = table[static_cast<LimitBucket>(i)];
    std::string text = "burst " + calls(limit.burst) + ", sustained " + calls(limit.sustained);
    if (!limit.hosts.empty()) {
      text += ", access " + std::string(name_of(limit.access)) + ", hosts " + joined(limit.hosts);
    }
    append_item(out, bold("[limits." + limit.name + "]"), roff_text(text + "."));
  }
  return out;
}

std::string severities(const CommandFacts&) {
  std::string out;
  for (const RuleInfo& rule : rule_table()) {
    append_item(out, bold(rule.id) + " = \\(dq" + roff_text(name_of(rule.severity)) + "\\(dq",
                roff_text(std::string(rule.title) + "."));
  }
  return out;
}

struct Part {
  std::string_view name;
  std::string (*text)(const CommandFacts& program);
};
constexpr std::array<Part, 6> kParts{{
    {"commands", commands},
    {"options", options},
    {"filters", filters},
    {"thresholds", thresholds},
    {"limits", limits},
    {"severities", severities},
}};

}  // namespace

std::string roff_text(std::string_view text) {
  std::string out;
  bool bold = false;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '`':
        bold = !bold;
        out += bold ? "\\fB" : "\\fR";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '"':
        out += "\\(dq";
        break;
      case '~':
        out += "\\(ti";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '.':
        // At the beginning of a line it would be a request.
        out += out.empty() || out.back() == '\n' ? "\\&." : ".";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string manual_part(const CommandFacts& program, std::string_view name) {
  for (const Part& part : kParts) {
    if (part.name == name) return part.text(program);
  }
  return "";
}

}  // namespace mpsdscope

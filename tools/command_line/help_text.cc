#include "tools/command_line/help_text.h"

#include <algorithm>

#include "tools/text_width.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kMeaning = 30;  // column where meanings begin

void append_wrapped(std::string& out, std::string_view text, std::size_t width) {
  for (const std::string& line : wrap_words(text, width)) out.append(line).append("\n");
}

void append_item(std::string& out, const std::string& name, std::string_view meaning,
                 std::size_t width) {
  const std::string begin = "  " + name;
  const bool beneath = begin.size() + 2 > kMeaning;
  if (beneath) out.append(begin).append("\n");
  bool first = !beneath;
  for (const std::string& line : wrap_words(meaning, width - std::min(width - 1, kMeaning))) {
    append_left(out, first ? begin : "", kMeaning);
    out.append(line).append("\n");
    first = false;
  }
}

void append_option(std::string& out, const OptionFacts& option, std::size_t width) {
  std::string name;
  for (const std::string& one : option.names) name.append(name.empty() ? "" : ", ").append(one);
  if (!option.value.empty()) name.append(name.empty() ? "" : " ").append(option.value);
  if (option.names.empty() && option.repeatable) name += "...";
  const std::string standard = option.standard.empty() ? "" : " (default " + option.standard + ")";
  append_item(out, name, option.help + standard, width);
}

}  // namespace

std::string usage_of(const CommandFacts& command) {
  std::string usage = "[OPTIONS]";
  for (const OptionFacts& one : command.positionals) {
    const std::string name = one.value + (one.repeatable ? "..." : "");
    usage += one.required ? " " + name : " [" + name + "]";
  }
  if (!command.commands.empty()) usage += command.needs_command ? " COMMAND" : " [COMMAND]";
  return usage;
}

std::string help_text(const CommandFacts& command, const std::string& path, std::size_t width) {
  std::string out;
  append_wrapped(out, command.help, width);
  out.append("\nUsage: ").append(path).append(" ").append(usage_of(command)).append("\n");
  if (!command.positionals.empty()) out += "\n";
  for (const OptionFacts& one : command.positionals) append_option(out, one, width);
  std::vector<std::string> groups;
  for (const OptionFacts& option : command.options) {
    if (std::find(groups.begin(), groups.end(), option.group) == groups.end()) {
      groups.push_back(option.group);
    }
  }
  if (!command.commands.empty()) out += "\nCommands:\n";
  for (const CommandFacts& one : command.commands) append_item(out, one.name, one.help, width);
  for (const std::string& group : groups) {
    out.append("\n").append(group).append(":\n");
    for (const OptionFacts& option : command.options) {
      if (option.group == group) append_option(out, option, width);
    }
  }
  if (!command.footer.empty()) out.append("\n").append(command.footer).append("\n");
  return out;
}

}  // namespace mpsdscope

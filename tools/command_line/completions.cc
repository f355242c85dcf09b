#include "tools/command_line/completions.h"

#include <algorithm>
#include <array>
#include <functional>

#include "capture/live_capture.h"
#include "rules/rule_table.h"
#include "rules/status_table.h"
#include "rules/target.h"
#include "tools/escape.h"
#include "tools/filter/filter_terms.h"
#include "tools/text_width.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kMeaningWidth = 60;
constexpr std::array<std::string_view, 4> kLevels{"off", "info", "warning", "error"};

struct Candidate {
  std::string text;
  std::string meaning{};
};
using Candidates = std::vector<Candidate>;

// The first clause of a help text.
std::string clause_of(std::string_view help) {
  for (const std::string_view end : {"; ", " (", ": ", ", e.g. ", ". "}) {
    help = help.substr(0, help.find(end));
  }
  if (help.substr(help.size() - std::min<std::size_t>(help.size(), 1)) == ".")
    help.remove_suffix(1);
  return cut_end(help, kMeaningWidth);
}

void add_levels(Candidates& to, std::string_view before = "") {
  for (const std::string_view level : kLevels) {
    to.push_back({std::string(before).append(level)});
  }
}

void add_rules(Candidates& to, std::string_view before, std::string_view behind) {
  for (const RuleInfo& rule : rule_table()) {
    to.push_back({std::string(before).append(rule.id).append(behind), clause_of(rule.title)});
  }
}

void add_rows(Candidates& to, std::string_view before) {
  for (const StatusRow& row : kStatusTable) {
    to.push_back({std::string(before).append(row.id), clause_of(row.meaning)});
  }
}

// Once the rule is there, its levels.
void add_severities(Candidates& to, std::string_view typed) {
  const std::size_t equals = typed.find('=');
  if (equals == std::string_view::npos) return add_rules(to, "", "=");
  add_levels(to, typed.substr(0, equals + 1));
}

// Once the term is there, its values if they are known.
void add_filters(Candidates& to, std::string_view typed) {
  const std::string_view term = typed.substr(0, typed.find(':'));
  if (term == typed) {
    for (const FilterTerm& one : filter_terms()) {
      to.push_back({std::string(one.name) + ":", clause_of(one.meaning)});
    }
  } else if (term == "row") {
    add_rows(to, "row:");
  } else if (term == "rule") {
    add_rules(to, "rule:", "");
  } else if (term == "severity") {
    add_levels(to, "severity:");
  } else if (term == "target") {
    for (std::size_t i = 0; i < static_cast<std::size_t>(TargetKind::count_); ++i) {
      to.push_back({"target:" + std::string(name_of(static_cast<TargetKind>(i)))});
    }
  }
}

void add_interfaces(Candidates& to, std::string_view) {
  const auto interfaces = list_interfaces();
  if (!interfaces) return;
  for (const InterfaceInfo& one : *interfaces) {
    to.push_back({printable(one.name), clause_of(printable(one.description))});
  }
}

void add_modes(Candidates& to, std::string_view) {
  to.push_back({"regular", "CONNECT, and plain HTTP"});
  to.push_back({"reverse:https://", "one upstream"});
  to.push_back({"transparent", "redirected connections"});
  to.push_back({"socks5"});
}

void add_rules_and_rows(Candidates& to, std::string_view) {
  add_rules(to, "", "");
  add_rows(to, "");
}

// What can stand for a value, by how --help calls it.
struct ValueKind {
  enum class Form { words, files, directories };
  std::string_view name;
  Form form;
  void (*add)(Candidates& to, std::string_view typed) = nullptr;
};
constexpr std::array<ValueKind, 9> kValueKinds{{
    {"FILE", ValueKind::Form::files},
    {"HOST=FILE", ValueKind::Form::files},
    {"DIR", ValueKind::Form::directories},
    {"SEVERITY", ValueKind::Form::words, [](Candidates& to, std::string_view) { add_levels(to); }},
    {"RULE=LEVEL", ValueKind::Form::words, add_severities},
    {"EXPRESSION", ValueKind::Form::words, add_filters},
    {"IFACE", ValueKind::Form::words, add_interfaces},
    {"MODE", ValueKind::Form::words, add_modes},
    {"ID", ValueKind::Form::words, add_rules_and_rows},
}};

bool begins_with(std::string_view text, std::string_view begin) {
  return text.substr(0, begin.size()) == begin;
}

// Reads the words before the one that is typed.
class Typing {
 public:
  explicit Typing(const CommandFacts& program) : program_(program), command_(&program) {}

  void take(std::string_view word) {
    if (awaited_ != nullptr) {
      awaited_ = nullptr;
    } else if (only_positionals_) {
      ++positionals_;
    } else if (word == "--") {
      only_positionals_ = true;
    } else if (word.size() > 1 && word[0] == '-') {
      take_option(word);
    } else if (const CommandFacts* command = command_named(word)) {
      around_ = command->options_behind ? command_ : nullptr;
      command_ = command;
    } else {
      ++positionals_;
    }
  }

  std::string answer(std::string_view typed) const {
    if (awaited_ != nullptr) return values(*awaited_, "", typed);
    if (!only_positionals_ && begins_with(typed, "--")) {
      const std::size_t equals = typed.find('=');
      if (equals == std::string_view::npos) return options(typed);
      const OptionFacts* option = option_named(typed.substr(0, equals));
      if (option == nullptr || option->value.empty()) return list({}, typed);
      return values(*option, typed.substr(0, equals + 1), typed.substr(equals + 1));
    }
    if (!only_positionals_ && begins_with(typed, "-")) return options(typed);
    if (!command_->commands.empty() && !only_positionals_) return commands(typed);
    if (const OptionFacts* positional = next_positional()) return values(*positional, "", typed);
    return only_positionals_ ? list({}, typed) : options(typed);
  }

 private:
  const CommandFacts* command_named(std::string_view name) const {
    for (const CommandFacts& command : command_->commands) {
      if (command.name == name) return &command;
    }
    return nullptr;
  }

  template <class Visit>
  void each_option(Visit visit) const {
    for (const OptionFacts& option : command_->options) visit(option);
    if (around_ == nullptr) return;
    for (const OptionFacts& option : around_->options) {
      const auto& own = command_->options;
      if (std::find(own.begin(), own.end(), option) == own.end()) visit(option);  // --help
    }
  }

  const OptionFacts* option_named(std::string_view name) const {
    const OptionFacts* found = nullptr;
    each_option([&](const OptionFacts& option) {
      const auto& names = option.names;
      if (std::find(names.begin(), names.end(), name) != names.end()) found = &option;
    });
    return found;
  }

  // "--out FILE", "--out=FILE", "-i IFACE", "-iIFACE"; "-qi IFACE" is nothing that people type.
  void take_option(std::string_view word) {
    const std::size_t equals = begins_with(word, "--") ? word.find('=') : std::string_view::npos;
    const bool joined = equals != std::string_view::npos || (word[1] != '-' && word.size() > 2);
    const OptionFacts* option =
        option_named(word[1] == '-' ? word.substr(0, equals) : word.substr(0, 2));
    if (option == nullptr) return;
    if (!option->repeatable) used_.push_back(option);
    if (!joined && !option->value.empty()) awaited_ = option;
  }

  const OptionFacts* next_positional() const {
    const auto& all = command_->positionals;
    if (positionals_ < all.size()) return &all[positionals_];
    return !all.empty() && all.back().repeatable ? &all.back() : nullptr;
  }

  std::string options(std::string_view typed) const {
    Candidates candidates;
    each_option([&](const OptionFacts& option) {
      if (std::find(used_.begin(), used_.end(), &option) != used_.end()) return;
      for (const std::string& name : option.names) {
        candidates.push_back({name, clause_of(option.help)});
      }
    });
    return list(candidates, typed);
  }

  std::string commands(std::string_view typed) const {
    Candidates candidates;
    for (const CommandFacts& command : command_->commands) {
      candidates.push_back({command.name, clause_of(command.help)});
    }
    return list(candidates, typed);
  }

  // `begin` stands before the value in the same word.
  std::string values(const OptionFacts& option, std::string_view begin,
                     std::string_view typed) const {
    const auto kind = std::find_if(kValueKinds.begin(), kValueKinds.end(),
                                   [&](const ValueKind& one) { return one.name == option.value; });
    Candidates candidates;
    for (const std::string& choice : option.choices) candidates.push_back({choice});
    if (option.value == "TOPIC") add_topics(candidates);
    if (kind != kValueKinds.end() && kind->form != ValueKind::Form::words) {
      std::string before(begin);
      if (option.value == "HOST=FILE") {
        if (typed.find('=') == std::string_view::npos) return list({}, typed);
        before += typed.substr(0, typed.find('=') + 1);
      }
      return (kind->form == ValueKind::Form::files ? "files " : "directories ") + before + "\n";
    }
    if (kind != kValueKinds.end() && kind->add != nullptr) kind->add(candidates, typed);
    for (Candidate& one : candidates) one.text.insert(0, begin);
    return list(candidates, std::string(begin).append(typed));
  }

  void add_topics(Candidates& to) const {
    for (const CommandFacts& command : program_.commands) {
      to.push_back({command.name, clause_of(command.help)});
    }
    to.push_back({"filters", "which records are listed"});
    to.push_back({"screen", "keys of the full screen"});
  }

  static std::string list(const Candidates& candidates, std::string_view typed) {
    std::string answer = "words\n";
    for (const Candidate& one : candidates) {
      if (!begins_with(one.text, typed)) continue;
      answer += one.text;
      if (!one.meaning.empty()) answer.append("\t").append(one.meaning);
      answer += '\n';
    }
    return answer;
  }

  const CommandFacts& program_;
  const CommandFacts* command_;
  const CommandFacts* around_ = nullptr;
  const OptionFacts* awaited_ = nullptr;  // its value comes next
  std::vector<const OptionFacts*> used_;
  std::size_t positionals_ = 0;
  bool only_positionals_ = false;
};

}  // namespace

std::string completions(const CommandFacts& program, std::span<const std::string_view> words) {
  Typing typing(program);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) typing.take(words[i]);
  return typing.answer(words.empty() ? std::string_view() : words.back());
}

}  // namespace mpsdscope

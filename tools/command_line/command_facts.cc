#include "tools/command_line/command_facts.h"

#include <CLI/CLI.hpp>

namespace mpsdscope {
namespace {

// CLI11 writes the choices behind the type: "FORMAT:{jsonl,pretty}". Other conditions stand there
// too: "N:INT in [1 - 256]".
void read_type(const std::string& type, OptionFacts& facts) {
  const std::size_t colon = type.find(':');
  const bool chosen = colon != std::string::npos && type.compare(colon + 1, 1, "{") == 0;
  const bool condition = chosen || type.find(" in [") != std::string::npos;
  facts.value = type.substr(0, condition ? colon : std::string::npos);
  if (!chosen) return;
  for (const std::string& choice :
       CLI::detail::split(type.substr(colon + 2, type.size() - colon - 3), ',')) {
    facts.choices.push_back(choice);
  }
}

OptionFacts facts_of(const CLI::Option& option) {
  OptionFacts facts;
  for (const std::string& name : option.get_snames()) facts.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) facts.names.push_back("--" + name);
  if (option.get_items_expected_max() > 0) read_type(option.get_type_name(), facts);
  if (option.get_positional()) facts.value = option.get_name();
  facts.standard = option.get_default_str();
  facts.help = option.get_description();
  facts.group = option.get_group();
  facts.required = option.get_required();
  facts.repeatable = option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll ||
                     option.get_items_expected_max() > 1;
  return facts;
}

}  // namespace

CommandFacts facts_of(const CLI::App& app) {
  CommandFacts facts;
  facts.name = app.get_name();
  facts.help = app.get_description();
  facts.footer = app.get_footer();
  facts.needs_command = app.get_require_subcommand_min() > 0;
  facts.options_behind = app.get_fallthrough();
  for (const CLI::Option* option : app.get_options()) {
    (option->get_positional() ? facts.positionals : facts.options).push_back(facts_of(*option));
  }
  for (const CLI::App* command : app.get_subcommands(std::function<bool(const CLI::App*)>())) {
    facts.commands.push_back(facts_of(*command));
  }
  return facts;
}

}  // namespace mpsdscope

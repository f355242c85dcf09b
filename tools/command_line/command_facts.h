// The command line as data: what --help shows, for those who say it in another form.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace mpsdscope {

struct OptionFacts {
  std::vector<std::string> names;  // "-q", "--quiet"; none: it is told by its place
  std::string value;               // what is to be given, "FILE"; "": a flag
  std::vector<std::string> choices;
  std::string standard;  // value without the option, "" if there is none to show
  std::string help;
  std::string group;
  bool repeatable = false;
  bool required = false;

  bool operator==(const OptionFacts&) const = default;
};

struct CommandFacts {
  std::string name;
  std::string help;
  std::vector<OptionFacts> positionals;
  std::vector<OptionFacts> options;
  std::vector<CommandFacts> commands;
  std::string footer;
  bool needs_command = false;
  bool options_behind = false;  // those of the command around it may follow it
};

CommandFacts facts_of(const CLI::App& app);

// Helps that shells and the manual page are made with: words of the command line that are in no
// help, as nobody types them.
inline constexpr std::string_view kCompleteCommand = "__complete";
inline constexpr std::string_view kManualCommand = "__manual";

}  // namespace mpsdscope

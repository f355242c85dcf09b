// Options that several subcommands have.
#pragma once

#include <string>

#include "tools/options.h"

namespace CLI {
class App;
}

namespace mpsdscope {

// How findings are shown: --format, --color, --width.
void add_output_options(CLI::App& app, OutputOptions& output);
// Those, and what is judged and told: --all, --fail-on, --severity, --mpsd-host, -q, -v, limits.
void add_judging_options(CLI::App& app, JudgingOptions& judging);

// Ends the reading of the command line with what is wrong with an option.
[[noreturn]] void refuse(const std::string& flag, const std::string& why);

}  // namespace mpsdscope

// The text of config.toml.
#pragma once

#include <string>
#include <string_view>

#include "tools/config/configuration.h"

namespace mpsdscope {

// TOML 1.0. Sections: hosts, titles, limits, severity, thresholds; README.md says what each holds.
// An unknown key or a value that does not fit is refused: "FILE:LINE:COLUMN: what, and what to do".
Result<Done> read_config_file(std::string_view text, const std::string& path,
                              Configuration& configuration);

}  // namespace mpsdscope

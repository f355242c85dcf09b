// A configuration written as config.toml.
#pragma once

#include <string>

#include "tools/config/configuration.h"

namespace mpsdscope {

// All that is in force, with where each value came from as a comment. Read again it means the same.
std::string config_text(const Configuration& configuration);

}  // namespace mpsdscope

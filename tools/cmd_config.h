// `mpsdscope config`: what is configured, and where.
#pragma once

#include "tools/options.h"

namespace mpsdscope {

int cmd_config(const ConfigOptions& options);

}  // namespace mpsdscope

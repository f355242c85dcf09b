// mpsdscope replay FILE…
#pragma once

#include "tools/options.h"

namespace mpsdscope {

int cmd_replay(const ReplayOptions& options);

}  // namespace mpsdscope

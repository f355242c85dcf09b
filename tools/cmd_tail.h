#pragma once

#include "tools/options.h"

namespace mpsdscope {

// `mpsdscope tail`: shows the end of logs and follows them. Returns the exit code.
int cmd_tail(const TailOptions& options);

}  // namespace mpsdscope

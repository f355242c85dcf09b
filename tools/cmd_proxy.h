// mpsdscope proxy: stands between game and service, and shows live what replay shows afterwards.
#pragma once

#include "tools/options.h"

namespace mpsdscope {

int cmd_proxy(const ProxyCommand& command);

}  // namespace mpsdscope

// mpsdscope sniff -i IFACE
#pragma once

#include "tools/options.h"

namespace mpsdscope {

int cmd_sniff(const SniffOptions& options);

}  // namespace mpsdscope

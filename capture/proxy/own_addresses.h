// The addresses of this machine's interfaces (getifaddrs), for the AddressPolicy.
#pragma once

#include <vector>

#include "decode/address.h"
#include "decode/result.h"

namespace mpsdscope {

Result<std::vector<IpAddress>> own_addresses();

}  // namespace mpsdscope

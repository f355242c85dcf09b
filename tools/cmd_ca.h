// `mpsdscope ca`: the certificate authority that devices are told to trust.
#pragma once

#include <string>

#include "tools/ca_options.h"

namespace mpsdscope {

int cmd_ca(const CaOptions& options);

// What is shown of a CA; never its key.
std::string description_of(const CertificateAuthority& ca);

}  // namespace mpsdscope

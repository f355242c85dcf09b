// Why an upstream certificate was not trusted, in words for the person who can mend it.
#pragma once

#include <string>

#include <openssl/types.h>

namespace mpsdscope {

// In a verify callback, at an error: a sentence about the certificate of `authority` ("host:port"),
// which was to be verified as `host`, and what to do.
std::string explain_distrust(X509_STORE_CTX* store, const std::string& host,
                             const std::string& authority);

}  // namespace mpsdscope

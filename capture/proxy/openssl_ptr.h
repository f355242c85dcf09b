// Owners of OpenSSL's objects, without its headers.
#pragma once

#include <memory>
#include <string>

#include <openssl/types.h>

struct ssl_session_st;  // SSL_SESSION

namespace mpsdscope {

struct FreeOpenSsl {
  void operator()(X509* certificate) const;
  void operator()(EVP_PKEY* key) const;
  void operator()(SSL* ssl) const;
  void operator()(SSL_CTX* context) const;
  void operator()(ssl_session_st* session) const;
};
using X509Ptr = std::unique_ptr<X509, FreeOpenSsl>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeOpenSsl>;
using SslPtr = std::unique_ptr<SSL, FreeOpenSsl>;
using SslContextPtr = std::unique_ptr<SSL_CTX, FreeOpenSsl>;
using SessionPtr = std::unique_ptr<ssl_session_st, FreeOpenSsl>;

X509Ptr share(X509* certificate);  // one more owner of the same certificate

// The reason of the newest error in this thread's queue, in OpenSSL's words; empties the queue.
std::string take_openssl_error();

}  // namespace mpsdscope

// What TLS with clients and with the service have in common.
#pragma once

#include <string>

#include "capture/proxy/openssl_ptr.h"

struct ssl_method_st;  // SSL_METHOD

namespace mpsdscope {

// TLS 1.2 and 1.3, forward secrecy first, AES-128-GCM before what is slower, no renegotiation,
// small idle connections. Null when OpenSSL fails.
SslContextPtr make_tls_context(const ssl_method_st* method);

// What the newest failure of an SSL_ function in this thread was. Empties OpenSSL's queue.
struct TlsError {
  int alert = -1;     // the peer sent this one (RFC 8446 §6.2); -1: it sent none
  int reason = 0;     // SSL_R_…, 0: none, such as an end of the stream
  std::string words;  // "unknown CA (alert 48)", "no shared cipher"; "" without a reason
};
TlsError take_tls_error();

}  // namespace mpsdscope

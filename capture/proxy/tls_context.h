// What TLS with clients and with the service have in common.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "capture/proxy/openssl_ptr.h"

namespace mpsdscope {

// TLS 1.2 and 1.3, forward secrecy first, AES-128-GCM before what is slower, no renegotiation,
// small idle connections. Null when OpenSSL fails.
SslContextPtr make_tls_context(const SSL_METHOD* method);

// What an SSL carries of a T: given to it once, freed with it.
template <class T>
class Attached {
 public:
  // False when OpenSSL fails: then it is freed now.
  static bool give(SSL* ssl, std::unique_ptr<T> attachment) {
    if (SSL_set_ex_data(ssl, index(), attachment.get()) != 1) return false;
    (void)attachment.release();
    return true;
  }
  // Null if none was given.
  static T* of(const SSL* ssl) { return static_cast<T*>(SSL_get_ex_data(ssl, index())); }

 private:
  static int index() {
    static const int kIndex = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free);
    return kIndex;
  }
  static void free(void* /*parent*/, void* attachment, CRYPTO_EX_DATA* /*data*/, int /*index*/,
                   long /*argument*/, void* /*pointer*/) {
    delete static_cast<T*>(attachment);
  }
};

// RFC 7301 §3.1: ProtocolNameList without its length.
std::vector<std::uint8_t> protocol_list(const std::vector<std::string>& names);

// What the newest failure of an SSL_ function in this thread was. Empties OpenSSL's queue.
struct TlsError {
  int alert = -1;     // the peer sent this one (RFC 8446 §6.2); -1: it sent none
  int reason = 0;     // SSL_R_…, 0: none, such as an end of the stream
  std::string words;  // "unknown CA (alert 48)", "no shared cipher"; "" without a reason
};
TlsError take_tls_error();

}  // namespace mpsdscope

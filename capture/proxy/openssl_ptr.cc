#include "capture/proxy/openssl_ptr.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace mpsdscope {

void FreeOpenSsl::operator()(X509* certificate) const {
  X509_free(certificate);
}
void FreeOpenSsl::operator()(EVP_PKEY* key) const {
  EVP_PKEY_free(key);
}
void FreeOpenSsl::operator()(SSL* ssl) const {
  SSL_free(ssl);
}
void FreeOpenSsl::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}
void FreeOpenSsl::operator()(ssl_session_st* session) const {
  SSL_SESSION_free(session);
}

X509Ptr share(X509* certificate) {
  X509_up_ref(certificate);
  return X509Ptr(certificate);
}

std::string take_openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "no reason given";
}

}  // namespace mpsdscope

#include "capture/proxy/tls_context.h"

#include <openssl/err.h>

namespace mpsdscope {
namespace {

// For TLS 1.2. Those with CBC are for old consoles and test servers.
constexpr const char* kCiphers12 =
    "ECDHE+AESGCM+AES128:ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AESGCM:RSA+AES:!aNULL:!eNULL:"
    "!PSK:!SRP:!CCM";
constexpr const char* kCiphers13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

}  // namespace

SslContextPtr make_tls_context(const SSL_METHOD* method) {
  SslContextPtr context(SSL_CTX_new(method));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), kCiphers12) != 1 ||
      SSL_CTX_set_ciphersuites(context.get(), kCiphers13) != 1 ||
      SSL_CTX_set1_groups_list(context.get(), "X25519:P-256:P-384:P-521") != 1) {
    return nullptr;
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_PRIORITIZE_CHACHA);
  // An idle connection keeps no 16 KiB buffers; a certificate chain is complete as it is given.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN |
                                      SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

std::vector<std::uint8_t> protocol_list(const std::vector<std::string>& names) {
  std::vector<std::uint8_t> list;
  for (const std::string& name : names) {
    list.push_back(static_cast<std::uint8_t>(name.size()));
    list.insert(list.end(), name.begin(), name.end());
  }
  return list;
}

TlsError take_tls_error() {
  TlsError error;
  unsigned long code = ERR_peek_error();
  while (const unsigned long next = ERR_get_error()) {
    if (ERR_GET_LIB(next) == ERR_LIB_SSL) code = next;
    if (ERR_GET_LIB(next) == ERR_LIB_SSL && ERR_GET_REASON(next) >= SSL_AD_REASON_OFFSET) {
      error.alert = ERR_GET_REASON(next) - SSL_AD_REASON_OFFSET;
      break;
    }
  }
  ERR_clear_error();
  if (code == 0) return error;
  error.reason = ERR_GET_REASON(code);
  if (error.alert >= 0) {
    error.words = std::string(SSL_alert_desc_string_long(error.alert)) + " (alert " +
                  std::to_string(error.alert) + ")";
  } else if (const char* reason = ERR_reason_error_string(code); reason != nullptr) {
    error.words = reason;
  } else {
    error.words = "error " + std::to_string(error.reason);
  }
  return error;
}

}  // namespace mpsdscope

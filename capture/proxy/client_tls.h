// TLS with the client, as its server: TLS 1.2 and 1.3, with session tickets, without renegotiation.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "capture/proxy/leaf_cache.h"
#include "capture/proxy/openssl_ptr.h"
#include "decode/result.h"

namespace mpsdscope {

// Told the secrets of one connection while its SSL lives, on the thread that drives it.
class SecretSink {
 public:
  virtual ~SecretSink() = default;
  virtual void on_secret(std::string_view line) = 0;  // a line of SSLKEYLOGFILE, without its end
};

class ClientTls {
 public:
  static Result<ClientTls> create(const CertificateAuthority& authority);

  // An SSL in accept state without BIOs: the caller sets them. It shows `leaf` and selects
  // `protocol` in ALPN ("" : answers without ALPN). `secrets` may be null, else it outlives the
  // SSL. Thread-safe.
  Result<SslPtr> accept(const Leaf& leaf, std::string_view protocol, SecretSink* secrets) const;

 private:
  explicit ClientTls(SslContextPtr context) : context_(std::move(context)) {}

  SslContextPtr context_;
};

// Why a handshake or a connection failed, from OpenSSL's error queue, which it empties. Call it
// right after the SSL_ function that failed, on the same thread.
struct ClientTlsFailure {
  int alert = -1;     // that the peer sent (RFC 8446 §6); -1: it sent none
  std::string words;  // "unknown CA (alert 48)", "no shared cipher"; "" if the client just closed
  // The client refused the certificate: it does not trust the CA, or pins another certificate.
  bool certificate_refused = false;
};
ClientTlsFailure take_client_failure();

}  // namespace mpsdscope

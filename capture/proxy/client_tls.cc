#include "capture/proxy/client_tls.h"

#include <algorithm>
#include <array>
#include <utility>

#include <openssl/ssl.h>

#include "capture/proxy/tls_context.h"

namespace mpsdscope {
namespace {

constexpr long kSessionSeconds = 4 * 3600;

// What an SSL carries.
struct Attachment {
  std::string protocol;
  SecretSink* secrets = nullptr;
};

int select_protocol(SSL* ssl, const unsigned char** selected, unsigned char* length,
                    const unsigned char* offered, unsigned offered_size, void* /*argument*/) {
  const Attachment* attachment = Attached<Attachment>::of(ssl);
  if (attachment == nullptr || attachment->protocol.empty()) return SSL_TLSEXT_ERR_NOACK;
  const std::string_view wanted = attachment->protocol;
  for (unsigned at = 0; at < offered_size; at += offered[at] + 1u) {
    if (at + 1u + offered[at] > offered_size) break;
    const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
    if (name != wanted) continue;
    *selected = offered + at + 1;
    *length = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301 §3.2: no_application_protocol
}

void tell_secret(const SSL* ssl, const char* line) {
  const Attachment* attachment = Attached<Attachment>::of(ssl);
  if (attachment != nullptr && attachment->secrets != nullptr) attachment->secrets->on_secret(line);
}

}  // namespace

Result<ClientTls> ClientTls::create(const CertificateAuthority& authority) {
  SslContextPtr context = make_tls_context(TLS_server_method());
  constexpr std::string_view kIdContext = "mpsdscope";
  if (!context || SSL_CTX_set_session_id_context(
                      context.get(), reinterpret_cast<const unsigned char*>(kIdContext.data()),
                      kIdContext.size()) != 1) {
    return Error{"cannot set up TLS with clients: " + take_openssl_error()};
  }
  for (const X509Ptr& issuer : authority.chain()) {
    SSL_CTX_add_extra_chain_cert(context.get(), share(issuer.get()).release());
  }
  // Sessions are resumed by tickets, which the clients keep: nothing of them is held here.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context.get(), kSessionSeconds);
  SSL_CTX_set_alpn_select_cb(context.get(), select_protocol, nullptr);
  SSL_CTX_set_keylog_callback(context.get(), tell_secret);
  return ClientTls(std::move(context));
}

Result<SslPtr> ClientTls::accept(const Leaf& leaf, std::string_view protocol,
                                 SecretSink* secrets) const {
  SslPtr ssl(SSL_new(context_.get()));
  auto attachment = std::make_unique<Attachment>(Attachment{std::string(protocol), secrets});
  if (!ssl || SSL_use_cert_and_key(ssl.get(), leaf.certificate.get(), leaf.key, nullptr, 1) != 1 ||
      !Attached<Attachment>::give(ssl.get(), std::move(attachment))) {
    return Error{"cannot set up TLS with a client: " + take_openssl_error()};
  }
  SSL_set_accept_state(ssl.get());
  return ssl;
}

ClientTlsFailure take_client_failure() {
  constexpr std::array kRefusals{
      SSL_AD_BAD_CERTIFICATE,     SSL_AD_UNSUPPORTED_CERTIFICATE,
      SSL_AD_CERTIFICATE_REVOKED, SSL_AD_CERTIFICATE_EXPIRED,
      SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_UNKNOWN_CA,
      SSL_AD_ACCESS_DENIED,       SSL_AD_BAD_CERTIFICATE_STATUS_RESPONSE};
  TlsError error = take_tls_error();
  ClientTlsFailure failure{error.alert, std::move(error.words), false};
  failure.certificate_refused = std::ranges::find(kRefusals, error.alert) != kRefusals.end();
  return failure;
}

}  // namespace mpsdscope

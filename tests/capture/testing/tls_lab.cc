#include "tests/capture/testing/tls_lab.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "capture/proxy/certificate_names.h"

namespace mpsdscope::testing {
namespace {

int select_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void* protocol) {
  const auto& wanted = *static_cast<const std::string*>(protocol);
  for (unsigned at = 0; at < offered_size; at += offered[at] + 1u) {
    const std::string_view name(reinterpret_cast<const char*>(offered) + at + 1, offered[at]);
    if (name != wanted) continue;
    *out = offered + at + 1;
    *size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

int accept_any(int /*good*/, X509_STORE_CTX* /*store*/) {
  return 1;
}

int step(SSL* ssl) {
  ERR_clear_error();
  return SSL_get_error(ssl, SSL_do_handshake(ssl));
}

}  // namespace

Identity make_ca(const std::string& name, Validity validity) {
  Identity ca{make_p256_key(), nullptr};
  ca.certificate = make_ca_certificate(ca.key.get(), name, validity);
  return ca;
}

Identity make_server(const Identity& ca, const std::vector<std::string>& names, Validity validity) {
  Identity server{make_p256_key(), nullptr};
  server.certificate =
      make_leaf_certificate(ca.certificate.get(), ca.key.get(), server.key.get(), names, validity);
  return server;
}

Identity make_self_signed_server(const std::vector<std::string>& names) {
  Identity self{make_p256_key(), nullptr};
  const X509Ptr first = make_ca_certificate(self.key.get(), "self", kValid);
  self.certificate =
      make_leaf_certificate(first.get(), self.key.get(), self.key.get(), names, kValid);
  X509_set_issuer_name(self.certificate.get(), X509_get_subject_name(self.certificate.get()));
  X509_sign(self.certificate.get(), self.key.get(), EVP_sha256());
  return self;
}

Identity make_intermediate(const Identity& ca, const std::string& name) {
  Identity below = make_ca(name);
  X509_set_issuer_name(below.certificate.get(), X509_get_subject_name(ca.certificate.get()));
  const int at = X509_get_ext_by_NID(below.certificate.get(), NID_authority_key_identifier, -1);
  X509_EXTENSION_free(X509_delete_ext(below.certificate.get(), at));
  X509_sign(below.certificate.get(), ca.key.get(), EVP_sha256());
  return below;
}

std::string pem_of(const std::vector<const X509*>& certificates, const EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  if (key != nullptr) {
    PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  }
  for (const X509* certificate : certificates) PEM_write_bio_X509(bio, certificate);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

SslContextPtr make_server_context(const Identity& identity, const ServerSettings& settings) {
  SslContextPtr context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_use_certificate(context.get(), identity.certificate.get());
  SSL_CTX_use_PrivateKey(context.get(), identity.key.get());
  for (X509* certificate : settings.chain) {
    SSL_CTX_add_extra_chain_cert(context.get(), share(certificate).release());
  }
  static const unsigned char kIdContext[] = "lab";
  SSL_CTX_set_session_id_context(context.get(), kIdContext, sizeof kIdContext);
  SSL_CTX_set_max_proto_version(context.get(), settings.max_version);
  if (settings.wants_certificate) SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, accept_any);
  if (!settings.protocol.empty()) {
    auto* protocol = new std::string(settings.protocol);
    SSL_CTX_set_alpn_select_cb(context.get(), select_protocol, protocol);
    static const int index = SSL_CTX_get_ex_new_index(
        0, nullptr, nullptr, nullptr, [](void*, void* text, CRYPTO_EX_DATA*, int, long, void*) {
          delete static_cast<std::string*>(text);
        });
    SSL_CTX_set_ex_data(context.get(), index, protocol);
  }
  return context;
}

SslPtr make_server_end(SSL_CTX* context) {
  SslPtr ssl(SSL_new(context));
  SSL_set_accept_state(ssl.get());
  return ssl;
}

SslContextPtr make_client_context(X509* ca) {
  SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (ca != nullptr) X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), ca);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

SslPtr make_client_end(SSL_CTX* context, const std::string& host, std::string_view alpn) {
  SslPtr ssl(SSL_new(context));
  SSL_set_connect_state(ssl.get());
  X509_VERIFY_PARAM* param = SSL_get0_param(ssl.get());
  X509_VERIFY_PARAM_set_time(param, kNow.time_since_epoch() / std::chrono::seconds(1));
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (address_bytes(host).empty()) {
    X509_VERIFY_PARAM_set1_host(param, host.c_str(), 0);
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str());
  }
  SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                      static_cast<unsigned>(alpn.size()));
  return ssl;
}

Outcome shake_hands(SSL* client, SSL* server) {
  BIO* to_client = BIO_new(BIO_s_mem());
  BIO* to_server = BIO_new(BIO_s_mem());
  BIO_up_ref(to_client);
  BIO_up_ref(to_server);
  SSL_set_bio(client, to_client, to_server);
  SSL_set_bio(server, to_server, to_client);
  Outcome outcome{SSL_ERROR_WANT_READ, SSL_ERROR_WANT_READ};
  // The last step is the client's, so that its queue of errors is what a caller finds.
  for (int turn = 0; turn < 8; ++turn) {
    if (outcome.server == SSL_ERROR_WANT_READ) outcome.server = step(server);
    if (outcome.client == SSL_ERROR_WANT_READ) outcome.client = step(client);
    if (outcome.client == SSL_ERROR_SSL) break;
  }
  if (outcome.client == SSL_ERROR_NONE) {
    char none = 0;
    const int error = SSL_get_error(client, SSL_read(client, &none, 1));
    if (error == SSL_ERROR_SSL) outcome.client = error;
  }
  if (outcome.server != SSL_ERROR_SSL && outcome.client == SSL_ERROR_SSL) {
    char none = 0;
    outcome.server = SSL_get_error(server, SSL_read(server, &none, 1));
  }
  return outcome;
}

std::string send(SSL* from, SSL* to, std::string_view text) {
  SSL_write(from, text.data(), static_cast<int>(text.size()));
  std::string got(text.size() + 1, '\0');
  const int size = SSL_read(to, got.data(), static_cast<int>(got.size()));
  got.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return got;
}

}  // namespace mpsdscope::testing

#include "capture/proxy/upstream_tls.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "capture/proxy/certificate_names.h"
#include "capture/proxy/certificates.h"
#include "capture/proxy/private_file.h"
#include "capture/proxy/tls_context.h"
#include "capture/proxy/upstream_sessions.h"
#include "capture/proxy/upstream_trust.h"

namespace mpsdscope {
namespace {

// A resumed handshake shows no certificate. So sessions, also those that come from one another, end
// this long after a certificate was verified.
constexpr std::chrono::hours kVerifyAgain{1};

struct ClientIdentity {
  KeyPtr key;
  std::vector<X509Ptr> certificates;  // its own first
};

// What an SSL carries; freed with it.
struct Attachment {
  UpstreamSessions* sessions = nullptr;
  std::string session_key;
  CaptureTime now;
  CaptureTime resumed_until;  // of the session that was offered
  std::string host;
  std::string authority;  // host:port, for messages
  bool insecure = false;
  bool certificate_wanted = false;  // from us, by the server, and there was none to send
  std::string distrust;             // the sentence about the first error of verification
};

int check_certificate(int good, X509_STORE_CTX* store) {
  if (good == 1) return 1;
  const auto* ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  Attachment* attachment = Attached<Attachment>::of(ssl);
  if (attachment->distrust.empty()) {
    attachment->distrust = explain_distrust(store, attachment->host, attachment->authority);
  }
  return 0;
}

int note_wanted_certificate(SSL* ssl, X509** /*certificate*/, EVP_PKEY** /*key*/) {
  Attached<Attachment>::of(ssl)->certificate_wanted = true;
  return 0;  // none
}

// Until when the sessions that come out of a connection are good.
CaptureTime until_of(const SSL* ssl, const Attachment& attachment) {
  if (SSL_session_reused(ssl) == 1) return attachment.resumed_until;
  const X509* certificate = SSL_get0_peer_certificate(ssl);
  const CaptureTime until = attachment.now + kVerifyAgain;
  return certificate != nullptr ? std::min(until, validity_of(certificate).not_after) : until;
}

// Keeps a copy: OpenSSL spoils the session of a connection that ends without close_notify, as many
// do. Sessions of a connection whose verification failed never get here, but this is where it would
// matter.
void keep(const SSL* ssl, const SSL_SESSION* session) {
  const Attachment& attachment = *Attached<Attachment>::of(ssl);
  if (!attachment.insecure && SSL_get_verify_result(ssl) != X509_V_OK) return;
  if (SSL_SESSION_is_resumable(session) != 1) return;
  if (SessionPtr copy{SSL_SESSION_dup(session)}) {
    attachment.sessions->put(attachment.session_key, {std::move(copy), until_of(ssl, attachment)});
  }
}

int keep_new_session(SSL* ssl, SSL_SESSION* session) {
  keep(ssl, session);
  return 0;  // the reference stays OpenSSL's
}

// TLS 1.2 tells no new session when one was resumed: the old one is good again.
void keep_resumed_session(const SSL* ssl, int where, int /*value*/) {
  if (where == SSL_CB_HANDSHAKE_DONE && SSL_version(ssl) == TLS1_2_VERSION &&
      SSL_session_reused(ssl) == 1) {
    keep(ssl, SSL_get_session(ssl));
  }
}

bool is_protocol_list(Bytes list) {
  ByteReader reader(list);
  while (reader.remaining() > 0) {
    const std::uint8_t length = reader.u8();
    reader.skip(length);
    if (length == 0 || !reader.ok()) return false;
  }
  return true;
}

Error unusable_option(const char* option, const std::string& value, const std::string& why) {
  return Error{std::string(option) + " " + value + ": " + why};
}

Result<Done> trust_file(SSL_CTX* context, const std::string& file) {
  auto text = read_small_file(file);
  if (!text) return unusable_option("--upstream-ca", file, text.error().message);
  auto content = read_certificates(*text, file);
  if (!content) return unusable_option("--upstream-ca", file, content.error().message);
  if (content->certificates.empty()) {
    return unusable_option("--upstream-ca", file, "there is no certificate in it");
  }
  for (const X509Ptr& certificate : content->certificates) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get());
  }
  return Done{};
}

Result<ClientIdentity> read_client_identity(const std::string& value, const std::string& file) {
  constexpr const char* kOption = "--client-cert";
  auto text = read_small_file(file);
  if (!text) return unusable_option(kOption, value, text.error().message);
  auto content = read_certificates(*text, file);
  OPENSSL_cleanse(text->data(), text->size());
  if (!content) return unusable_option(kOption, value, content.error().message);
  if (!content->key || content->certificates.empty()) {
    return unusable_option(kOption, value, "the file must hold a certificate and its key, as PEM");
  }
  if (EVP_PKEY_eq(X509_get0_pubkey(content->certificates.front().get()), content->key.get()) != 1) {
    ERR_clear_error();
    return unusable_option(kOption, value, "the first certificate and the key do not match");
  }
  return ClientIdentity{std::move(content->key), std::move(content->certificates)};
}

bool show_identity(SSL* ssl, const ClientIdentity& identity) {
  if (SSL_use_cert_and_key(ssl, identity.certificates.front().get(), identity.key.get(), nullptr,
                           1) != 1) {
    return false;
  }
  for (std::size_t i = 1; i < identity.certificates.size(); ++i) {
    if (SSL_add1_chain_cert(ssl, identity.certificates[i].get()) != 1) return false;
  }
  // Some servers ask for the certificate only when they know the request.
  SSL_clear_options(ssl, SSL_OP_NO_RENEGOTIATION);
  return true;
}

bool demand_host(SSL* ssl, const std::string& host, CaptureTime now) {
  X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_time(
      param, static_cast<time_t>(
                 std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count()));
  // Only subjectAltName counts (RFC 6125 §6.4.4 allows clients to leave the common name aside).
  X509_VERIFY_PARAM_set_hostflags(
      param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  SSL_set_verify(ssl, SSL_VERIFY_PEER, check_certificate);
  return address_bytes(host).empty()
             ? X509_VERIFY_PARAM_set1_host(param, host.c_str(), host.size()) == 1
             : X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str()) == 1;
}

// SSL_set_tlsext_host_name, a macro with a cast in C's style.
bool send_name(SSL* ssl, std::string name) {
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
}

}  // namespace

struct UpstreamTls::State {
  explicit State(std::size_t max_sessions) : sessions(max_sessions) {}

  SslContextPtr context;
  std::unordered_set<std::string> insecure;
  std::unordered_map<std::string, ClientIdentity> identities;
  UpstreamSessions sessions;
};

UpstreamTls::UpstreamTls(std::unique_ptr<State> state) : state_(std::move(state)) {}
UpstreamTls::UpstreamTls(UpstreamTls&&) noexcept = default;
UpstreamTls& UpstreamTls::operator=(UpstreamTls&&) noexcept = default;
UpstreamTls::~UpstreamTls() = default;

Result<UpstreamTls> UpstreamTls::create(const UpstreamTlsOptions& options) {
  auto state = std::make_unique<State>(options.max_sessions);
  state->context = make_tls_context(TLS_client_method());
  SSL_CTX* context = state->context.get();
  if (context == nullptr) {
    return Error{"cannot set up TLS with the service: " + take_openssl_error()};
  }
  if (options.system_store) SSL_CTX_set_default_verify_paths(context);
  for (const std::string& file : options.ca_files) {
    if (auto done = trust_file(context, file); !done) return done.error();
  }
  // What --upstream-ca names is trusted as it is, also when it is no root.
  X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_PARTIAL_CHAIN);
  for (const std::string& text : options.insecure_hosts) {
    std::string host = normalize_host(text);
    if (host.empty()) {
      return unusable_option("--insecure-upstream", text,
                             "give the name or the address of one host, without port or pattern");
    }
    state->insecure.insert(std::move(host));
  }
  for (const auto& [text, file] : options.client_certificates) {
    std::string host = normalize_host(text);
    const std::string value = text + "=" + file;
    if (host.empty()) {
      return unusable_option("--client-cert", value, "'" + text + "' is not the name of a host");
    }
    auto identity = read_client_identity(value, file);
    if (!identity) return identity.error();
    state->identities.insert_or_assign(std::move(host), std::move(*identity));
  }
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep_new_session);
  SSL_CTX_set_info_callback(context, keep_resumed_session);
  SSL_CTX_set_client_cert_cb(context, note_wanted_certificate);
  return UpstreamTls(std::move(state));
}

Result<SslPtr> UpstreamTls::connect(const UpstreamPeer& peer, CaptureTime now) const {
  const std::string host = normalize_host(peer.host);
  const std::string name = peer.server_name.empty() ? "" : normalize_host(peer.server_name);
  if (host.empty()) return Error{"'" + std::string(peer.host) + "' is no host name or address"};
  if (name.empty() != peer.server_name.empty() || !address_bytes(name).empty()) {
    return Error{"the server name '" + std::string(peer.server_name) + "' is no host name"};
  }
  if (!is_protocol_list(peer.alpn)) return Error{"the list of protocols (ALPN) is malformed"};

  SslPtr ssl(SSL_new(state_->context.get()));
  auto owned = std::make_unique<Attachment>();
  Attachment& attachment = *owned;
  if (!ssl || !Attached<Attachment>::give(ssl.get(), std::move(owned))) {
    return Error{"cannot set up TLS with " + host + ": " + take_openssl_error()};
  }
  attachment.sessions = &state_->sessions;
  attachment.host = host;
  attachment.authority = host + ":" + std::to_string(peer.port);
  attachment.insecure = state_->insecure.contains(host);
  attachment.now = now;
  // Whom the session is with, what was asked of it, and whether that was verified.
  attachment.session_key = (attachment.insecure ? "insecure " : "verified ") +
                           attachment.authority + " " + name + " " +
                           std::string(as_text(peer.alpn));

  SSL_set_connect_state(ssl.get());
  const auto identity = state_->identities.find(host);
  const bool set =
      (attachment.insecure || demand_host(ssl.get(), host, now)) &&
      (name.empty() || send_name(ssl.get(), name)) &&
      // Unlike its siblings, this one returns 0 when it is well.
      (peer.alpn.empty() || SSL_set_alpn_protos(ssl.get(), peer.alpn.data(),
                                                static_cast<unsigned>(peer.alpn.size())) == 0) &&
      (identity == state_->identities.end() || show_identity(ssl.get(), identity->second));
  if (!set) return Error{"cannot set up TLS with " + host + ": " + take_openssl_error()};
  if (auto kept = state_->sessions.take(attachment.session_key, now)) {
    attachment.resumed_until = kept->until;
    SSL_set_session(ssl.get(), kept->session.get());
  }
  return ssl;
}

Result<UpstreamIdentity> UpstreamTls::identity(const SSL* ssl) {
  const Attachment* attachment = Attached<Attachment>::of(ssl);
  X509* certificate = SSL_get0_peer_certificate(ssl);
  if (attachment == nullptr || SSL_is_init_finished(ssl) != 1 || certificate == nullptr) {
    return Error{"the handshake with the service is not complete"};
  }
  const bool verified = !attachment->insecure;
  if (verified && SSL_get_verify_result(ssl) != X509_V_OK) {
    return Error{"the certificate of " + attachment->authority + " was not verified"};
  }
  return UpstreamIdentity{attachment->host, certificate, verified};
}

UpstreamFailure UpstreamTls::take_failure(const SSL* ssl) {
  const TlsError error = take_tls_error();
  const Attachment* attachment = Attached<Attachment>::of(ssl);
  if (!attachment->distrust.empty()) return {true, attachment->distrust};
  std::string words = "no TLS with " + attachment->authority + ": ";
  if (error.alert >= 0) {
    words += "it answered with " + error.words;
  } else if (error.reason == SSL_R_WRONG_VERSION_NUMBER) {
    words += "what answers there does not speak TLS; is the port right?";
  } else {
    words += error.words.empty() || error.reason == SSL_R_UNEXPECTED_EOF_WHILE_READING
                 ? "it closed the connection during the handshake"
                 : error.words;
  }
  if (attachment->certificate_wanted) {
    words += "; it wants a client certificate: --client-cert " + attachment->host + "=FILE";
  }
  return {false, std::move(words)};
}

}  // namespace mpsdscope

#include "tests/decode/testing/tls_recorder.h"

#include <stdexcept>
#include <string>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

namespace mpsdscope::testing {
namespace {

void require(bool good, const char* what) {
  if (good) return;
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  throw std::runtime_error(std::string(what) + ": " + text.data());
}

struct Identity {
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
};

Identity make_identity(EVP_PKEY* key) {
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86'400);
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* cn = reinterpret_cast<const unsigned char*>("mpsd.example");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, cn, -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_set_pubkey(certificate, key);
  require(X509_sign(certificate, key, EVP_sha256()) > 0, "X509_sign");
  return {key, certificate};
}

// Made once for the process: keys are slow to make, and no test depends on their value.
const Identity& identity(bool ec) {
  static const Identity rsa_identity = make_identity(EVP_RSA_gen(2'048));
  static const Identity ec_identity = make_identity(EVP_EC_gen("P-256"));
  return ec ? ec_identity : rsa_identity;
}

TlsPeers& peers_of(const SSL* ssl) {
  return *static_cast<TlsPeers*>(SSL_get_app_data(ssl));
}

unsigned psk_client(SSL*, const char*, char* name, unsigned max_name, unsigned char* key,
                    unsigned max_key) {
  if (max_name < 5 || max_key < 16) return 0;
  std::copy_n("user", 5, name);
  std::fill_n(key, 16, std::uint8_t{0x42});
  return 16;
}
unsigned psk_server(SSL*, const char*, unsigned char* key, unsigned max_key) {
  if (max_key < 16) return 0;
  std::fill_n(key, 16, std::uint8_t{0x42});
  return 16;
}

int keep_session(SSL* ssl, SSL_SESSION* session) {
  peers_of(ssl).session.reset(session);
  return 1;  // we own it now
}

void keep_keys(const SSL* ssl, const char* line) {
  peers_of(ssl).keylog += line;
  peers_of(ssl).keylog += '\n';
}

void configure(SSL_CTX* context, const TlsSetup& setup, bool server) {
  require(SSL_CTX_set_min_proto_version(context, setup.version) == 1, "min version");
  require(SSL_CTX_set_max_proto_version(context, setup.version) == 1, "max version");
  require(SSL_CTX_set_cipher_list(context, setup.ciphers.c_str()) == 1, "cipher list");
  if (!setup.suites.empty()) {
    require(SSL_CTX_set_ciphersuites(context, setup.suites.c_str()) == 1, "cipher suites");
  }
  SSL_CTX_set_options(context, setup.options);
  const std::string& groups = server ? setup.server_groups : setup.client_groups;
  if (!groups.empty()) {
    require(SSL_CTX_set1_groups_list(context, groups.c_str()) == 1, "groups");
  }
  const Identity& own = identity(setup.ec_certificate);
  if (server || setup.client_certificate) {
    require(SSL_CTX_use_certificate(context, own.certificate) == 1, "certificate");
    require(SSL_CTX_use_PrivateKey(context, own.key) == 1, "key");
  }
  if (server && setup.client_certificate) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
  }
  if (setup.split_small) SSL_CTX_set_max_send_fragment(context, 512);
}

}  // namespace

TlsPeers::TlsPeers(const TlsSetup& s)
    : setup(s), client(SSL_CTX_new(TLS_client_method())), server(SSL_CTX_new(TLS_server_method())) {
  configure(client.get(), setup, false);
  configure(server.get(), setup, true);
  SSL_CTX_set_dh_auto(server.get(), 1);
  // Only for suites with it: a TLS 1.3 client would offer the key as a session and confuse tests.
  if (setup.ciphers.find("PSK") != std::string::npos) {
    SSL_CTX_set_psk_client_callback(client.get(), psk_client);
    SSL_CTX_set_psk_server_callback(server.get(), psk_server);
  }
  SSL_CTX_set_session_id_context(server.get(), reinterpret_cast<const unsigned char*>("t"), 1);
  SSL_CTX_set_session_cache_mode(server.get(), SSL_SESS_CACHE_SERVER);
  SSL_CTX_set_session_cache_mode(client.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(client.get(), keep_session);
  SSL_CTX_set_keylog_callback(client.get(), keep_keys);
  if (setup.server_early_data) SSL_CTX_set_max_early_data(server.get(), 16'384);
}

TlsTalk::TlsTalk(TlsPeers& peers, bool resume)
    : peers_(peers), client_(SSL_new(peers.client.get())), server_(SSL_new(peers.server.get())) {
  SSL_set_app_data(client_.get(), &peers);
  SSL_set_app_data(server_.get(), &peers);
  for (SSL* ssl : {client_.get(), server_.get()}) {
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  }
  SSL_set_connect_state(client_.get());
  SSL_set_accept_state(server_.get());
  if (!peers.setup.server_name.empty()) {
    // SSL_set_tlsext_host_name without the old-style cast of that macro.
    SSL_ctrl(client_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             peers.setup.server_name.data());
  }
  if (resume) require(SSL_set_session(client_.get(), peers.session.get()) == 1, "session");
}

void TlsTalk::move(Direction direction) {
  BIO* from = SSL_get_wbio(sender(direction));
  BIO* to = SSL_get_rbio(sender(opposite(direction)));
  const std::size_t size = BIO_ctrl_pending(from);
  if (size == 0) return;
  Piece piece{direction, std::vector<std::uint8_t>(size)};
  require(BIO_read(from, piece.bytes.data(), static_cast<int>(size)) == static_cast<int>(size),
          "BIO_read");
  require(BIO_write(to, piece.bytes.data(), static_cast<int>(size)) == static_cast<int>(size),
          "BIO_write");
  recording_.pieces.push_back(std::move(piece));
}

void TlsTalk::read_plaintext() {
  std::array<char, 16'384> buffer;
  for (const Direction d : {Direction::to_server, Direction::to_client}) {
    SSL* receiver = sender(opposite(d));
    int n = 0;
    while ((n = SSL_read(receiver, buffer.data(), static_cast<int>(buffer.size()))) > 0) {
      recording_.plaintext[index_of(d)].append(buffer.data(), static_cast<std::size_t>(n));
    }
  }
  ERR_clear_error();
}

void TlsTalk::exchange() {
  for (std::size_t before = ~std::size_t{0}; before != recording_.pieces.size();) {
    before = recording_.pieces.size();
    move(Direction::to_server);
    if (early_ && !SSL_is_init_finished(server_.get())) {
      std::array<char, 16'384> buffer;
      std::size_t n = 0;
      while (SSL_read_early_data(server_.get(), buffer.data(), buffer.size(), &n) ==
             SSL_READ_EARLY_DATA_SUCCESS) {
        recording_.plaintext[0].append(buffer.data(), n);
      }
    }
    read_plaintext();
    move(Direction::to_client);
    read_plaintext();
  }
}

bool TlsTalk::send_early(std::string_view data) {
  early_ = true;
  std::size_t written = 0;
  const bool good = SSL_write_early_data(client_.get(), data.data(), data.size(), &written) == 1 &&
                    written == data.size();
  move(Direction::to_server);
  return good;
}

bool TlsTalk::handshake() {
  SSL_do_handshake(client_.get());
  exchange();
  return SSL_is_init_finished(client_.get()) && SSL_is_init_finished(server_.get());
}

void TlsTalk::send(Direction direction, std::string_view data) {
  require(SSL_write(sender(direction), data.data(), static_cast<int>(data.size())) ==
              static_cast<int>(data.size()),
          "SSL_write");
  move(direction);
  read_plaintext();
  exchange();
}

void TlsTalk::update_key(Direction direction, bool request_answer) {
  require(SSL_key_update(sender(direction), request_answer ? SSL_KEY_UPDATE_REQUESTED
                                                           : SSL_KEY_UPDATE_NOT_REQUESTED) == 1,
          "SSL_key_update");
  require(SSL_do_handshake(sender(direction)) == 1, "key update");
  exchange();
}

bool TlsTalk::renegotiate() {
  if (SSL_renegotiate(client_.get()) != 1) return false;
  SSL_do_handshake(client_.get());
  exchange();
  return !SSL_renegotiate_pending(client_.get());
}

void TlsTalk::shut_down(Direction direction) {
  SSL_shutdown(sender(direction));
  move(direction);
}

bool TlsTalk::resumed() const {
  return SSL_session_reused(client_.get()) == 1;
}
bool TlsTalk::early_data_accepted() const {
  return SSL_get_early_data_status(client_.get()) == SSL_EARLY_DATA_ACCEPTED;
}

Recording TlsTalk::recording() {
  recording_.keylog = peers_.keylog;
  return recording_;
}

std::string sample_text(std::size_t size, unsigned seed) {
  std::string text;
  for (std::uint32_t i = seed * 0x9E3779B9u; text.size() < size; ++i) {
    text += static_cast<char>('!' + (i * 2'654'435'761u >> 24) % 90);
  }
  return text;
}

Recording record_talk(TlsTalk& talk) {
  require(talk.handshake(), "handshake");
  talk.send(Direction::to_server, sample_text(300, 1));
  talk.send(Direction::to_client, sample_text(1'500, 2));
  talk.send(Direction::to_server, sample_text(1, 3));
  talk.send(Direction::to_client, sample_text(40'000, 4));
  talk.send(Direction::to_server, sample_text(16'384, 5));
  talk.send(Direction::to_client, sample_text(17, 6));
  talk.shut_down(Direction::to_server);
  talk.shut_down(Direction::to_client);
  return talk.recording();
}

}  // namespace mpsdscope::testing

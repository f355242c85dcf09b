// Certificates to order, and handshakes in memory between two ends.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <openssl/types.h>

#include "capture/proxy/certificates.h"
#include "capture/proxy/openssl_ptr.h"
#include "decode/time.h"

namespace mpsdscope::testing {

// 2026-11-23T12:00:00Z: the time of every test.
constexpr CaptureTime kNow{std::chrono::seconds(1'795'435'200)};
constexpr std::chrono::hours kDay{24};
constexpr Validity kValid{kNow - kDay, kNow + 90 * kDay};

// A key and its certificate.
struct Identity {
  KeyPtr key;
  X509Ptr certificate;
};
Identity make_ca(const std::string& name = "Test CA", Validity validity = kValid);
Identity make_server(const Identity& ca, const std::vector<std::string>& names,
                     Validity validity = kValid);
Identity make_self_signed_server(const std::vector<std::string>& names);
// A CA below `ca`.
Identity make_intermediate(const Identity& ca, const std::string& name);

// The PEM of keys and certificates, in the order given; null ones are left out.
std::string pem_of(const std::vector<const X509*>& certificates, const EVP_PKEY* key = nullptr);

// A server's SSL_CTX for `identity`, with `chain` sent along. It resumes sessions by tickets.
struct ServerSettings {
  std::vector<X509*> chain{};
  std::string_view protocol{};  // ALPN, "" for none
  int max_version = 0;          // 0: any
  bool wants_certificate = false;
};
SslContextPtr make_server_context(const Identity& identity, const ServerSettings& settings = {});
SslPtr make_server_end(SSL_CTX* context);
// A client that trusts `ca` and demands `host`; verifies at kNow.
SslPtr make_client_end(SSL_CTX* context, const std::string& host, std::string_view alpn = "");
SslContextPtr make_client_context(X509* ca);

// Connects two ends in memory and runs their handshake until both are done or one fails; then lets
// the client read what the server still sends (tickets). What each end returned last, as
// SSL_get_error says: SSL_ERROR_NONE when its handshake is complete.
struct Outcome {
  int client = 0;
  int server = 0;
  bool done() const { return client == 0 && server == 0; }
};
Outcome shake_hands(SSL* client, SSL* server);
// After the handshake: sends `text` from one end to the other; what arrived.
std::string send(SSL* from, SSL* to, std::string_view text);

}  // namespace mpsdscope::testing

// TLS with the service, as its client. The certificate is verified (chain, time, host name) against
// the system's store and the CAs given, unless --insecure-upstream names the very host.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "capture/proxy/leaf_cache.h"
#include "capture/proxy/openssl_ptr.h"
#include "decode/bytes.h"
#include "decode/result.h"
#include "decode/time.h"

namespace mpsdscope {

struct UpstreamTlsOptions {
  std::vector<std::string> ca_files{};        // --upstream-ca, PEM or DER
  std::vector<std::string> insecure_hosts{};  // --insecure-upstream, a name or address each
  struct ClientCertificate {
    std::string host;
    std::string file;  // PEM: certificate, its chain, and the key without password
  };
  std::vector<ClientCertificate> client_certificates{};  // --client-cert HOST=FILE
  bool system_store = true;
  std::size_t max_sessions = 1024;  // kept for resumption, in all
};

struct UpstreamPeer {
  std::string_view host;         // name or address literal (IPv6 without brackets) to verify
  std::uint16_t port = 443;      // of the service
  std::string_view server_name;  // SNI to send; "" for none
  Bytes alpn;  // ProtocolNameList as the client offered it (RFC 7301 §3.1), without
               // the length in front; empty: no ALPN
};

struct UpstreamFailure {
  bool untrusted = false;  // the certificate was refused; nothing was sent to this upstream
  std::string words;       // a sentence, with what to do
};

class UpstreamTls {
 public:
  // Reads every file now. An Error says which of them is unusable.
  static Result<UpstreamTls> create(const UpstreamTlsOptions& options);
  UpstreamTls(UpstreamTls&&) noexcept;
  UpstreamTls& operator=(UpstreamTls&&) noexcept;
  ~UpstreamTls();  // after every SSL it made

  // An SSL in connect state without BIOs: the caller sets them. Verifies at `now`; resumes a
  // session that was verified for the same host in the same way, if there is one. An Error for a
  // malformed host or ALPN. Thread-safe.
  Result<SslPtr> connect(const UpstreamPeer& peer, CaptureTime now) const;

  // After the handshake: whom it reached, for LeafCache. An Error if that was not verified though
  // it had to be, which is a defect. `certificate` lives as long as `ssl`.
  static Result<UpstreamIdentity> identity(const SSL* ssl);
  // After a failed handshake, on the same thread: why. Empties OpenSSL's error queue.
  static UpstreamFailure take_failure(const SSL* ssl);

 private:
  struct State;
  explicit UpstreamTls(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mpsdscope

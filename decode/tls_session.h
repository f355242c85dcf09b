// What both directions of a TLS connection share: the facts of the hellos, and the secrets that
// they lead to.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "decode/keylog.h"
#include "decode/stream.h"
#include "decode/tls_record_cipher.h"
#include "decode/tls_suites.h"

namespace mpsdscope {

// The spans of a direction with one kind of key. TLS 1.2 goes from plaintext to application at
// ChangeCipherSpec; TLS 1.3 passes through all but, mostly, early.
enum class Epoch : std::uint8_t { plaintext, early, handshake, application };

class TlsSession {
 public:
  explicit TlsSession(const KeyLog& keys) : keys_(keys) {}

  ClientRandom client_random{};
  std::array<std::uint8_t, 32> server_random{};
  const CipherSuite* suite = nullptr;  // set with the ServerHello
  bool encrypt_then_mac = false;

  bool is_tls13() const { return suite != nullptr && suite->version() == TlsVersion::tls_1_3; }

  // The logged secret that protects what `sender` sends in that epoch; TLS 1.2: the master secret.
  std::optional<Secret> find_secret(Direction sender, Epoch epoch) const;
  // Whether the log has what application data of both directions needs.
  bool has_application_secrets() const;
  bool has_any_secret() const { return keys_.knows(client_random); }

  std::unique_ptr<RecordCipher> make_cipher(Direction sender, const Secret& secret) const;

 private:
  const KeyLog& keys_;
};

}  // namespace mpsdscope

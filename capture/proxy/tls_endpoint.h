// One side of TLS without a socket: ciphertext in, plaintext out, and the reverse.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "capture/proxy/machine.h"
#include "decode/bytes.h"

namespace mpsdscope {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, SslFree>;

class TlsEndpoint {
 public:
  enum class State : std::uint8_t { handshaking, open, failed };

  // `ssl` is set to accept or to connect. Ciphertext for the peer goes to `out`, which outlives
  // this.
  TlsEndpoint(SslPtr ssl, ByteQueue& out);
  ~TlsEndpoint();
  TlsEndpoint(const TlsEndpoint&) = delete;
  TlsEndpoint& operator=(const TlsEndpoint&) = delete;

  // Takes ciphertext of the peer, drives the handshake, then decrypts into `plaintext`. Returns how
  // much it decrypted. What finds no room there is kept and comes first the next time. The first
  // call of a connecting side, without ciphertext, sends the ClientHello.
  std::size_t receive(Bytes ciphertext, std::span<std::uint8_t> plaintext);
  // Only while open.
  void send(Bytes plaintext);
  // close_notify (RFC 8446 §6.1): we are done; the peer may still send.
  void send_close();

  State state() const { return state_; }
  bool peer_closed() const { return peer_closed_; }  // close_notify came
  // Why it failed, a clause such as "certificate has expired". Only after a failure.
  const std::string& error() const { return error_; }
  // The fatal alert that the peer sent (RFC 8446 §6), 0 if none.
  int peer_alert() const { return peer_alert_; }
  bool verification_failed() const { return verification_failed_; }
  bool kept_ciphertext() const { return !kept_.empty(); }
  // Whether our certificate is on its way: from then on a client may refuse it.
  bool sent_certificate() const;

  SSL* ssl() const { return ssl_.get(); }
  std::string alpn() const;  // as negotiated, "" if none

  // Lines of SSLKEYLOGFILE since the last call, each with its line end.
  std::string take_secrets();
  // For SSL_CTX_set_keylog_callback.
  static void on_key_log(const SSL* ssl, const char* line);

 private:
  struct Bio;  // the callbacks of OpenSSL's I/O

  void fail(int result);
  void shake_hands();

  SslPtr ssl_;
  ByteQueue& out_;
  Bytes input_;                     // during receive(): what OpenSSL has not taken yet
  std::vector<std::uint8_t> kept_;  // of input_, between two calls
  std::string error_;
  std::string secrets_;
  int peer_alert_ = 0;
  State state_ = State::handshaking;
  bool peer_closed_ = false;
  bool verification_failed_ = false;
};

}  // namespace mpsdscope

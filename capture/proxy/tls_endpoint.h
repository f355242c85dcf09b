// One side of TLS without a socket: ciphertext in, plaintext out, and the reverse.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "capture/proxy/machine.h"
#include "capture/proxy/openssl_ptr.h"
#include "decode/bytes.h"

namespace mpsdscope {

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
  // Only while open. What waits for the peer first (a renegotiation) is kept, and goes out of a
  // later receive().
  void send(Bytes plaintext);
  std::size_t unsent() const { return unsent_.size(); }  // kept so
  // close_notify (RFC 8446 §6.1), behind what was sent: we are done; the peer may still send.
  void send_close();
  // OpenSSL's buffers, 16 KiB and more each way: kept from one record to the next, which is faster;
  // or, at first, given back whenever they are empty.
  void keep_buffers(bool keep);

  // After a failure OpenSSL's error queue says why, until the next call of OpenSSL on this thread.
  State state() const { return state_; }
  bool peer_closed() const { return peer_closed_; }  // close_notify came
  bool kept_ciphertext() const { return !kept_.empty(); }

  SSL* ssl() const { return ssl_.get(); }
  std::string alpn() const;  // as negotiated, "" if none

 private:
  struct Bio;  // the callbacks of OpenSSL's I/O

  void shake_hands();
  std::size_t write(Bytes plaintext);

  SslPtr ssl_;
  ByteQueue& out_;
  Bytes input_;                     // during receive(): what OpenSSL has not taken yet
  std::vector<std::uint8_t> kept_;  // of input_, between two calls
  std::vector<std::uint8_t> unsent_;
  State state_ = State::handshaking;
  bool keeps_buffers_ = false;
  bool closing_ = false;  // close_notify comes behind unsent_
  bool peer_closed_ = false;
};

}  // namespace mpsdscope

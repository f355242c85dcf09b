// A real OpenSSL client and server that talk over memory; what passes between them is recorded,
// with the key log and the plaintext that a decoder has to find.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/ssl.h>

#include "decode/stream.h"

namespace mpsdscope::testing {

struct Piece {
  Direction direction = Direction::to_server;
  std::vector<std::uint8_t> bytes;
};

struct Recording {
  std::vector<Piece> pieces;  // one a flight, in causal order
  std::string keylog;
  std::array<std::string, 2> plaintext;  // application data by direction
};

struct TlsSetup {
  int version = TLS1_2_VERSION;
  std::string ciphers = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";  // TLS 1.2
  std::string suites = "";                                  // TLS 1.3; "" for the default
  std::uint64_t options = 0;                                // SSL_OP_… of both sides
  std::string client_groups = "";
  std::string server_groups = "";
  std::string server_name = "mpsd.example";
  bool ec_certificate = false;  // else RSA
  bool client_certificate = false;
  bool server_early_data = true;
  bool split_small = false;  // records of at most 512 bytes
};

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};

// The contexts of both sides; outlives its connections, so that sessions can be resumed.
class TlsPeers {
 public:
  explicit TlsPeers(const TlsSetup& setup);

  TlsSetup setup;
  std::unique_ptr<SSL_CTX, FreeSsl> client, server;
  std::unique_ptr<SSL_SESSION, FreeSsl> session;  // the last that the client was given
  std::string keylog;
};

// One connection. Each call runs until both sides have nothing more to say.
class TlsTalk {
 public:
  // `resume`: with the session of `peers`.
  explicit TlsTalk(TlsPeers& peers, bool resume = false);

  // Client: 0-RTT data, before handshake(). Returns whether it could be written.
  bool send_early(std::string_view data);
  bool handshake();
  void send(Direction direction, std::string_view data);
  void update_key(Direction direction, bool request_answer = false);
  bool renegotiate();
  void shut_down(Direction direction);
  bool resumed() const;
  bool early_data_accepted() const;
  SSL* client() { return client_.get(); }

  Recording recording();

 private:
  void exchange();
  void move(Direction direction);
  SSL* sender(Direction d) { return d == Direction::to_server ? client_.get() : server_.get(); }
  void read_plaintext();

  TlsPeers& peers_;
  std::unique_ptr<SSL, FreeSsl> client_, server_;
  bool early_ = false;
  Recording recording_;
};

// A whole talk: handshake, a few messages of several sizes each way, close_notify both ways.
Recording record_talk(TlsTalk& talk);

// Text of that size in which every place looks different.
std::string sample_text(std::size_t size, unsigned seed);

}  // namespace mpsdscope::testing

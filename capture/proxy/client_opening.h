// The first bytes that a client sends to its destination: a ClientHello, an HTTP request, or
// something else. They are kept, to be passed on as they are.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "decode/bytes.h"
#include "decode/tls_handshake.h"

namespace mpsdscope {

class ClientOpening {
 public:
  enum class Kind {
    undecided,
    tls,      // a whole ClientHello: hello()
    http,     // HTTP/1.1, or HTTP/2 without TLS
    other,    // something that is passed on unread
    damaged,  // TLS with a ClientHello that is malformed or too long
  };

  explicit ClientOpening(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // Until it is decided. All of `bytes` is kept.
  Kind read(Bytes bytes);
  Kind kind() const { return kind_; }

  bool is_hello() const;  // the first byte is one of TLS
  const ClientHello& hello() const { return hello_; }
  // Of HTTP/1: the head is here to its end, or as much of it as may be kept.
  bool head_complete();
  // The Host field of the first request, without port; "" if there is none. HTTP/2: "".
  std::string http_host() const;
  Bytes kept() const { return bytes_; }
  void forget() { bytes_ = {}; }
  // HTTP/1: "GET" and "/path"; "" both if the request line is not here or malformed.
  struct RequestTarget {
    std::string method, target;
  };
  RequestTarget request() const;

 private:
  Kind decide();
  Kind read_hello();

  const std::size_t max_bytes_;
  std::vector<std::uint8_t> bytes_;
  HandshakeReader reader_;
  std::size_t scanned_ = 0;      // of bytes_: records that reader_ has, or lines of a head
  std::size_t record_left_ = 0;  // of the record at scanned_
  ClientHello hello_;
  Kind kind_ = Kind::undecided;
};

// The host of `host` or `host:port` or `[v6]:port`, in lower case, without brackets.
std::string host_of_authority(std::string_view authority);

}  // namespace mpsdscope

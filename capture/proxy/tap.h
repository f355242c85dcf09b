// What the proxy tells about the connections that it can read. Tunnelled connections are not told.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "decode/address.h"
#include "decode/stream.h"

namespace mpsdscope {

struct TapConnection {
  // 1-based number of the client connection, in order of acceptance. Plain HTTP of one may go to
  // several upstream connections one after the other: each is begun anew, with the same number.
  std::uint64_t conn = 0;
  Endpoint client;          // the accepted socket's peer
  Endpoint server;          // the upstream socket's peer
  bool tls = false;         // terminated on the client's side
  std::string server_name;  // SNI of the client, else the host it asked for
  std::string authority;    // host:port that the client asked for; "" if it asked for an address
};

// One connection, on the thread of the worker that runs it. Everything is told with the time at
// which it was read, and settled before the client gets any of it: what a client does because of an
// answer is told after the answer took effect, on whichever worker. Of what was read at once the
// wire first, then the content.
class ConnectionTap {
 public:
  virtual ~ConnectionTap() = default;
  // The payload of the client's TCP connection as it was on the wire, from the first byte of TLS
  // (or of plain HTTP) on: without CONNECT or SOCKS before it. For recording.
  virtual void on_wire(Direction direction, CaptureTime time, Bytes bytes) = 0;
  // A line of SSLKEYLOGFILE (no line end) of the client's TLS; before the wire bytes it decrypts.
  virtual void on_secret(CaptureTime time, std::string_view line) = 0;
  // The content: what client and upstream said to each other. For decoding.
  virtual void on_data(Direction direction, CaptureTime time, Bytes bytes) = 0;
  // Once per direction, of content and wire both.
  virtual void on_end(Direction direction, CaptureTime time, StreamEnd end) = 0;
  // An exchange has begun and is not over, as far as the tap can tell.
  virtual bool under_way() const = 0;
};

class Tap {
 public:
  virtual ~Tap() = default;
  // Called on worker thread `worker` (0-based). Never null.
  virtual std::unique_ptr<ConnectionTap> begin(unsigned worker, const TapConnection& connection,
                                               CaptureTime time) = 0;
  // What was told on this worker until now takes effect (it is judged, it is in the files).
  virtual void settle(unsigned worker) = 0;
  // About once a second on every worker, traffic or none.
  virtual void on_tick(unsigned worker, CaptureTime time) = 0;
};

}  // namespace mpsdscope

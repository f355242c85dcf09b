// What the proxy's protocol machines share. A machine handles one client connection: it is given
// bytes, ends and failures, and changes a MachineIo to say what it wants done. It opens no socket
// and reads no clock, so a test plays a whole connection as a transcript.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "decode/bytes.h"

namespace mpsdscope {

// Where a client wants to go: a name or an address literal (IPv6 without brackets), as it was asked
// for.
struct Destination {
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const Destination&) const = default;
};

// Bytes on their way to a socket. The owner of the socket takes from the front. Bytes taken stay in
// place until the next append().
class ByteQueue {
 public:
  void append(Bytes bytes) {
    if (begin_ == bytes_.size()) {
      clear();
    } else if (begin_ >= kCompact && begin_ >= bytes_.size() / 2) {  // a queue that is never empty
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
      begin_ = 0;
    }
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  Bytes view() const { return Bytes(bytes_).subspan(begin_); }
  void consume(std::size_t count) { begin_ += count; }
  std::size_t size() const { return bytes_.size() - begin_; }
  bool empty() const { return size() == 0; }
  // The last `count` bytes that were appended, taken or not.
  Bytes last_appended(std::size_t count) const { return Bytes(bytes_).last(count); }
  void clear() {
    bytes_.clear();
    begin_ = 0;
  }
  std::size_t memory() const { return bytes_.capacity(); }  // bytes held, used or not
  // Gives back memory that an empty queue holds.
  void release() {
    if (empty()) bytes_ = {};
    if (bytes_.empty()) begin_ = 0;
  }

 private:
  static constexpr std::size_t kCompact = std::size_t{64} << 10;

  std::vector<std::uint8_t> bytes_;
  std::size_t begin_ = 0;
};

// A machine's wishes for one of its two sockets.
struct SocketWishes {
  ByteQueue out;          // to be sent
  bool read = true;       // false: do not read now (the other side is slower)
  bool shutdown = false;  // send FIN once `out` is empty
};

struct MachineIo {
  SocketWishes client;
  SocketWishes upstream;
  std::optional<Destination> connect;  // connect upstream to this, in place of any connection there
                                       // is; the owner resets it when it has taken it up
  bool drop_upstream = false;          // close that connection; the owner resets it
  bool close = false;                  // send client.out, then close both sockets
  bool abort = false;                  // send client.out, then close both; the client's with RST
};

// Above this many bytes waiting for one socket the other is not read until half of it is sent.
constexpr std::size_t kHighWater = std::size_t{256} << 10;

}  // namespace mpsdscope

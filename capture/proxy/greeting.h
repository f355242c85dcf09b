// What a client of the explicit proxy says before the connection is its own: where it wants to go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "capture/proxy/machine.h"
#include "capture/proxy/proxy_events.h"
#include "decode/bytes.h"

namespace mpsdscope {

// Why there is no connection to the destination.
enum class ConnectFailure : std::uint8_t {
  not_allowed,   // by the address policy, or a loop
  no_such_host,  // its name does not resolve
  refused,       // nobody listens there
  unreachable,   // no route, network down, connection reset
  timed_out,
  untrusted,   // its certificate failed verification
  overloaded,  // a limit of the proxy's own
};

// The names that show the proxy's own page: http://mpsdscope/ through the proxy.
bool is_own_page(const Destination& destination);

// Reads a greeting in whatever pieces it comes, of bounded size. Answers go into `out`, the queue
// of the client's socket.
class Greeting {
 public:
  enum class State : std::uint8_t {
    reading,
    connect,  // to destination(); then call connected() or failed(), once
    plain,    // a plain HTTP request: held() and all that follows is for a Forwarder
    refused,  // the answer is in `out`; close after it. problem() is for the log.
  };

  virtual ~Greeting() = default;
  // Only while reading. Returns how many bytes of the front were taken; what is left is the first
  // of the connection itself (or of a Forwarder).
  virtual std::size_t read(Bytes bytes, ByteQueue& out) = 0;
  // Upstream is connected: what follows in both directions is the connection's own.
  virtual void connected(ByteQueue& out) = 0;
  // `sentence` says what happened and what to do. Close after it.
  virtual void failed(ConnectFailure failure, std::string_view sentence, ByteQueue& out) = 0;

  State state() const { return state_; }
  const Destination& destination() const { return destination_; }
  // What is wrong with the greeting, a sentence without secrets.
  const std::string& problem() const { return problem_; }
  // client_error, or unauthorized.
  ProxyEventKind problem_kind() const { return problem_kind_; }
  Bytes held() const { return as_bytes(held_); }

 protected:
  State state_ = State::reading;
  Destination destination_;
  std::string problem_;
  ProxyEventKind problem_kind_ = ProxyEventKind::client_error;
  std::string held_;
};

}  // namespace mpsdscope

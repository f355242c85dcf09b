// Plain HTTP through the explicit proxy: requests in absolute form (RFC 9112 §3.2.2), several hosts
// on one connection, one exchange at a time. Only the request line is rewritten, to origin form,
// and Proxy-Authorization and Proxy-Connection are left out; every other byte passes as it came.
// What two parsers could read differently is refused, never guessed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "capture/proxy/greeting.h"
#include "capture/proxy/http_body.h"
#include "capture/proxy/machine.h"
#include "capture/proxy/plain_request.h"
#include "capture/proxy/proxy_auth.h"
#include "capture/proxy/proxy_events.h"
#include "decode/stream.h"

namespace mpsdscope {

struct ForwarderOptions {
  const ProxyAuth& auth;  // asked of every request to other hosts; must outlive the Forwarder
  std::size_t max_head_bytes = std::size_t{64} << 10;
  // Set: upstream is another HTTP proxy, which is asked in absolute form. The field line that logs
  // in to it, or "".
  std::optional<std::string> next_proxy{};
  // Whether the destination is the address that the client reached the proxy at. May be empty.
  std::function<bool(const Destination&)> is_self{};
  // The proxy's own page: a whole response to a GET for a path, with Content-Length.
  std::function<std::string(std::string_view path)> page{};
  // Content for the tap, with the time at which it was read (of a request's head: its first byte):
  // the request as the client sent it, in absolute form (without Proxy-Authorization); the response
  // as upstream sent it. First called after on_connected(). The bytes live during the call only.
  std::function<void(Direction, CaptureTime, Bytes)> content{};
  // A sentence for the log: what was refused or broken. Not of failures to connect.
  std::function<void(ProxyEventKind, std::string_view)> problem{};
};

// The owner calls on_sent() after it took bytes from a queue of the MachineIo, and looks at the
// MachineIo after every call. When it takes up `connect` it ends the upstream connection that there
// was, without an on_upstream_end().
class Forwarder {
 public:
  // `io` must outlive it.
  Forwarder(MachineIo& io, ForwarderOptions options);
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  void on_client_data(Bytes bytes, CaptureTime time);
  void on_client_end(StreamEnd end);
  // After io.connect was taken up: one of the two.
  void on_connected();
  void on_connect_failed(ConnectFailure failure, std::string_view sentence);
  void on_upstream_data(Bytes bytes, CaptureTime time);
  void on_upstream_end(StreamEnd end);
  void on_sent();
  // The owner's patience is over: 408 or 504, and the end.
  void on_timeout(std::string_view sentence);

  // What the owner's patience is for: a request's head that is not whole (the first one from the
  // start), or a connection; another number for each. 0: none of these.
  std::uint64_t errand() const;
  // Where io.connect asked to go last.
  const Destination& destination() const { return request_.destination; }

 private:
  enum class Phase : std::uint8_t {
    head,        // waits for a request
    connecting,  // holds a request for a connection that is being made
    exchange,
    tunnel,  // 101 was answered: bytes pass both ways (RFC 9110 §7.8)
    closed,
  };

  void drop_input(std::size_t count);
  void read_requests();
  bool read_request();
  void serve_page();
  void begin_exchange();
  void pass_request_body();
  void pass_response();
  bool read_response_head();
  void finish_exchange();
  void enter_tunnel();
  void to_upstream(Bytes bytes);
  void to_client(Bytes bytes);
  void refuse(const RequestRefusal& refusal);
  void break_off(std::string_view why);
  void answer(int status, std::string_view sentence);
  void close();
  void limit_reading();

  MachineIo& io_;
  const ForwarderOptions options_;
  Phase phase_ = Phase::head;
  std::string input_;            // of the client, not yet passed on
  std::string output_;           // of upstream, not yet passed on: an incomplete head
  CaptureTime input_since_{};    // when the first of it was read
  CaptureTime client_read_{};    // when the last bytes of the client were
  CaptureTime upstream_read_{};  // and those of upstream
  CaptureTime request_since_{};  // when the first byte of request_ was
  std::size_t input_scanned_ = 0;
  std::size_t output_scanned_ = 0;
  std::uint64_t requests_ = 0;            // whose heads were read
  bool empty_line_ = false;               // one came before the request
  PlainRequest request_;                  // the last one read
  std::optional<BodyReader> response_;    // once its head is read
  std::optional<Destination> connected_;  // of the upstream connection that is open
  bool fresh_ = false;                    // it was made for this request
  bool answered_ = false;                 // bytes of the response went to the client
  bool persistent_ = false;               // the client may send another request after this one
  bool client_ended_ = false;
  bool upstream_ended_ = false;  // in a tunnel
};

}  // namespace mpsdscope

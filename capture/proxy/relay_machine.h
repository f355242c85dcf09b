// One client connection without its sockets: what the client wants is read, upstream is connected
// and, where the host is to be intercepted, TLS is terminated on both sides; then bytes are relayed
// verbatim. Whatever goes wrong is answered in the way that the client understands, and reported:
// before TLS in words, in TLS with an alert. No certificate is shown for a name that upstream did
// not prove to be its own.
//
//   greeting -> connecting -> opening -> upstream_handshake -> client_handshake
//            -> relaying                 (tunnels and plain HTTP go from opening to relaying)
//   reverse with TLS reads the opening before it connects.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "capture/proxy/client_opening.h"
#include "capture/proxy/greeting.h"
#include "capture/proxy/machine.h"
#include "capture/proxy/proxy_connect.h"
#include "capture/proxy/relay.h"
#include "capture/proxy/relay_context.h"
#include "capture/proxy/tap_turn.h"
#include "capture/proxy/tls_endpoint.h"

namespace mpsdscope {

class Forwarder;

// RFC 8446 §6: fatal ones, sent in the clear, as is due before the handshake is done.
enum class TlsAlert : std::uint8_t { access_denied = 49, internal_error = 80 };

class RelayMachine {
 public:
  // `context` outlives it.
  RelayMachine(const RelayContext& context, const RelayClient& client);
  ~RelayMachine();
  RelayMachine(const RelayMachine&) = delete;
  RelayMachine& operator=(const RelayMachine&) = delete;

  // The owner looks at io() after each of these, sends upstream what it can, calls tell(), then
  // sends to the client.
  void start();
  void on_client_data(Bytes bytes);
  void on_client_end(StreamEnd end);
  void on_connected(const Endpoint& upstream);
  void on_connect_failed(ConnectFailure failure, std::string_view sentence);
  void on_upstream_data(Bytes bytes);
  void on_upstream_end(StreamEnd end);
  void on_sent();
  void on_timeout();
  void finish();  // the connection is over, whatever it was at
  void tell();    // the tap, with the context's time

  MachineIo& io() { return io_; }
  // What is to be done within the handshake time: another number for another thing. 0: bytes are
  // relayed, the idle time applies.
  std::uint64_t errand() const;
  bool established() const { return errand() == 0; }
  // An exchange is not over, as far as the tap can tell.
  bool under_way() const { return turn_.under_way(); }
  // Nothing was said for a while.
  void on_pause();
  // Much is being said, or no more so.
  void on_pace(bool busy);
  // Where the upstream proxy that is being connected to is to go; null without one.
  const Destination* beyond_proxy() const { return beyond_proxy_ ? &*beyond_proxy_ : nullptr; }

 private:
  enum class Phase : std::uint8_t {
    greeting,
    connecting,
    opening,
    upstream_handshake,
    client_handshake,
    relaying,
    forwarding,
    closed,
  };
  class Turn;

  // relay_machine.cc: the phases.
  void read_greeting(Bytes bytes);
  void connect();
  void redirect_to_proxy();
  void ask_proxy(Bytes bytes);
  void leave_proxy();
  void upstream_ready();
  void take_upstream(Bytes bytes);
  std::string describe_wait() const;
  void fail(ConnectFailure failure, const std::string& sentence);
  void answer_failure(ConnectFailure failure, const std::string& sentence);
  void close();
  void report(ProxyEventKind kind, std::string message);

  // relay_routes.cc: where it goes.
  void decide();
  void decide_tls();
  void relay_unread(bool told);
  void begin_tap(bool tls);
  void serve_page();
  std::string page(std::string_view method, std::string_view path);
  void start_forwarding(Bytes bytes);
  void forwarder_connected();

  // relay_handshakes.cc: TLS.
  void start_upstream_tls();
  void drive_upstream_tls(Bytes bytes);
  void start_client_tls();
  std::string own_name() const;
  void drive_client_tls(Bytes bytes);
  void client_tls_failed();
  void client_left();
  void on_tls_failure(Direction direction);
  void certificate_refused(const std::string& why);
  void report_refusal(const std::string& why, bool pinned);
  void note_trust();
  void start_relay();
  void alert_and_close(TlsAlert alert = TlsAlert::internal_error);

  const RelayContext& context_;
  const RelayClient client_;
  MachineIo io_;
  TapTurn turn_;
  Phase phase_ = Phase::greeting;
  bool connected_ = false;
  bool to_itself_ = false;  // the client asked for the proxy's own page
  bool unread_ = false;     // TLS that is tunnelled
  bool trusted_ = false;    // the client's content came through TLS with our certificate
  Endpoint upstream_;
  Destination destination_;  // that the client asked for
  std::string name_;         // of the host behind it: SNI, Host field, or the destination's

  std::unique_ptr<Greeting> greeting_;
  CaptureTime greeted_{};  // when the first byte of it was read
  std::optional<Destination> beyond_proxy_;
  std::optional<ProxyConnect> proxy_connect_;
  ClientOpening opening_;
  std::unique_ptr<TlsEndpoint> client_tls_;
  std::unique_ptr<TlsEndpoint> upstream_tls_;
  std::unique_ptr<Forwarder> forwarder_;
  std::optional<Relay> relay_;
  std::optional<StreamEnd> upstream_end_;  // that came before the relay began
};

}  // namespace mpsdscope

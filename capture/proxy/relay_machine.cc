#include "capture/proxy/relay_machine.h"

#include <utility>

#include "capture/proxy/address_policy.h"
#include "capture/proxy/device_page.h"
#include "capture/proxy/forwarder.h"
#include "capture/proxy/http_greeting.h"
#include "capture/proxy/proxy_answer.h"
#include "capture/proxy/socks_greeting.h"

namespace mpsdscope {
namespace {

ProxyEventKind event_of(ConnectFailure failure) {
  switch (failure) {
    case ConnectFailure::not_allowed:
      return ProxyEventKind::policy_refusal;
    case ConnectFailure::no_such_host:
      return ProxyEventKind::unresolved;
    case ConnectFailure::overloaded:
      return ProxyEventKind::limit_reached;
    case ConnectFailure::untrusted:
      return ProxyEventKind::upstream_untrusted;
    default:
      return ProxyEventKind::upstream_unreachable;
  }
}

}  // namespace

// What every call of the owner begins and ends with.
class RelayMachine::Turn {
 public:
  explicit Turn(TapTurn& turn) : turn_(turn) { turn_.start(); }
  ~Turn() { turn_.measure(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  TapTurn& turn_;
};

RelayMachine::RelayMachine(const RelayContext& context, const RelayClient& client)
    : context_(context),
      client_(client),
      turn_(context.tap, context.worker, io_.client.out),
      opening_(context.options.limits.header_bytes) {}

RelayMachine::~RelayMachine() = default;

void RelayMachine::start() {
  const Turn turn(turn_);
  const ProxyOptions& options = context_.options;
  switch (options.mode) {
    case ProxyMode::regular:
      greeting_ = std::make_unique<HttpGreeting>(context_.auth, options.limits.header_bytes);
      return;
    case ProxyMode::socks5:
      greeting_ = std::make_unique<SocksGreeting>(context_.auth);
      return;
    case ProxyMode::reverse:
      destination_ = options.reverse_to;
      if (!options.reverse_tls) return connect();
      phase_ = Phase::opening;
      return;
    case ProxyMode::transparent:
      destination_ = {client_.original.address.to_string(), client_.original.port};
      if (!client_.asks_itself) return connect();
      to_itself_ = true;
      phase_ = Phase::opening;
      return;
  }
}

void RelayMachine::on_client_data(Bytes bytes) {
  const Turn turn(turn_);
  if (turn_.begun() && !forwarder_) turn_.wire(bytes);
  switch (phase_) {
    case Phase::greeting:
      return read_greeting(bytes);
    case Phase::connecting:
    case Phase::upstream_handshake:
      opening_.read(bytes);
      return;
    case Phase::opening:
      opening_.read(bytes);
      return decide();
    case Phase::client_handshake:
      return drive_client_tls(bytes);
    case Phase::relaying:
      relay_->on_data(Direction::to_server, bytes);
      return note_trust();
    case Phase::forwarding:
      forwarder_->on_client_data(bytes, context_.now);
      return redirect_to_proxy();
    case Phase::closed:
      return;
  }
}

void RelayMachine::read_greeting(Bytes bytes) {
  if (greeted_ == CaptureTime{}) greeted_ = context_.now;
  const std::size_t taken = greeting_->read(bytes, io_.client.out);
  const Bytes rest = bytes.subspan(taken);
  switch (greeting_->state()) {
    case Greeting::State::reading:
      return;
    case Greeting::State::refused:
      report(greeting_->problem_kind(), greeting_->problem());
      return close();
    case Greeting::State::plain:
      return start_forwarding(rest);
    case Greeting::State::connect:
      destination_ = greeting_->destination();
      opening_.read(rest);
      if (!is_own_page(destination_)) return connect();
      greeting_->connected(io_.client.out);
      greeting_.reset();
      to_itself_ = true;
      phase_ = Phase::opening;
      return decide();
  }
}

void RelayMachine::connect() {
  phase_ = Phase::connecting;
  io_.client.read = false;
  io_.connect = destination_;
  redirect_to_proxy();
}

void RelayMachine::redirect_to_proxy() {
  const ProxyOptions& options = context_.options;
  if (!io_.connect || options.upstream_proxy.host.empty()) return;
  if (*io_.connect == options.upstream_proxy) return;
  beyond_proxy_ = *io_.connect;
  // Plain HTTP is asked for in absolute form: few proxies permit CONNECT to its port.
  if (!forwarder_) {
    proxy_connect_.emplace(*io_.connect, options.upstream_proxy_credentials,
                           options.limits.header_bytes);
  }
  io_.connect = options.upstream_proxy;
}

void RelayMachine::on_connected(const Endpoint& upstream) {
  const Turn turn(turn_);
  upstream_ = upstream;
  if (proxy_connect_) {
    io_.upstream.out.append(as_bytes(proxy_connect_->request()));
  } else {
    leave_proxy();
    upstream_ready();
  }
}

// It is connected to what it was asked for, or will not be.
void RelayMachine::leave_proxy() {
  proxy_connect_.reset();
  beyond_proxy_.reset();
}

void RelayMachine::ask_proxy(Bytes bytes) {
  switch (proxy_connect_->read(bytes)) {
    case ProxyConnect::State::reading:
      return;
    case ProxyConnect::State::refused:
      return fail(ConnectFailure::refused, "the upstream proxy " +
                                               context_.options.upstream_proxy.host +
                                               " does not connect: " + proxy_connect_->problem());
    case ProxyConnect::State::connected:
      leave_proxy();
      upstream_ready();
      if (!bytes.empty()) take_upstream(bytes);
      return;
  }
}

void RelayMachine::upstream_ready() {
  if (forwarder_) return forwarder_connected();
  connected_ = true;
  io_.client.read = true;
  if (greeting_) greeting_->connected(io_.client.out);
  greeting_.reset();
  phase_ = Phase::opening;
  if (!name_.empty()) return unread_ ? relay_unread(false) : start_upstream_tls();
  const bool name_decides = context_.options.mode != ProxyMode::reverse &&
                            !address_literal(destination_.host) &&
                            !context_.options.intercepts(host_of_authority(destination_.host));
  if (name_decides) return relay_unread(false);
  decide();
}

void RelayMachine::on_connect_failed(ConnectFailure failure, std::string_view sentence) {
  const Turn turn(turn_);
  fail(failure, std::string(sentence));
}

void RelayMachine::on_upstream_data(Bytes bytes) {
  const Turn turn(turn_);
  take_upstream(bytes);
}

void RelayMachine::take_upstream(Bytes bytes) {
  if (proxy_connect_) return ask_proxy(bytes);
  switch (phase_) {
    case Phase::opening:  // the server speaks first: nothing that is intercepted does
      relay_unread(false);
      return relay_->on_data(Direction::to_client, bytes);
    case Phase::upstream_handshake:
      return drive_upstream_tls(bytes);
    case Phase::client_handshake:  // kept until there is someone to pass it to
      upstream_tls_->receive(bytes, {});
      return;
    case Phase::relaying:
      return relay_->on_data(Direction::to_client, bytes);
    case Phase::forwarding:
      forwarder_->on_upstream_data(bytes, context_.now);
      return redirect_to_proxy();
    default:
      return;
  }
}

void RelayMachine::on_client_end(StreamEnd end) {
  const Turn turn(turn_);
  switch (phase_) {
    case Phase::relaying:
      return relay_->on_end(Direction::to_server, end);
    case Phase::forwarding:
      forwarder_->on_client_end(end);
      return redirect_to_proxy();
    case Phase::opening:
      if (!connected_ || end != StreamEnd::closed) return close();
      relay_unread(false);
      return relay_->on_end(Direction::to_server, end);
    case Phase::client_handshake:
      return client_left();
    default:
      return close();
  }
}

void RelayMachine::on_upstream_end(StreamEnd end) {
  const Turn turn(turn_);
  if (proxy_connect_) {
    return fail(ConnectFailure::unreachable, "the upstream proxy " +
                                                 context_.options.upstream_proxy.host +
                                                 " closed the connection before it answered");
  }
  switch (phase_) {
    case Phase::relaying:
      return relay_->on_end(Direction::to_client, end);
    case Phase::forwarding:
      forwarder_->on_upstream_end(end);
      return redirect_to_proxy();
    case Phase::opening:
      relay_unread(false);
      return relay_->on_end(Direction::to_client, end);
    case Phase::upstream_handshake:
      return fail(ConnectFailure::unreachable,
                  name_ +
                      " closed the connection during the TLS handshake: look whether it "
                      "speaks TLS on this port and takes the versions and suites offered");
    case Phase::client_handshake:
      upstream_end_ = end;
      return;
    default:
      return;
  }
}

void RelayMachine::on_sent() {
  const Turn turn(turn_);
  if (relay_) relay_->on_sent();
  if (forwarder_) {
    forwarder_->on_sent();
    redirect_to_proxy();
  }
}

void RelayMachine::on_timeout() {
  const Turn turn(turn_);
  if (established()) {
    report(ProxyEventKind::idle_timeout, "closed: no byte either way for the idle time");
    return close();
  }
  report(ProxyEventKind::handshake_timeout, describe_wait());
  if (phase_ == Phase::connecting || phase_ == Phase::upstream_handshake) {
    answer_failure(ConnectFailure::timed_out, describe_wait());
  } else if (forwarder_) {
    forwarder_->on_timeout(describe_wait());
  } else {
    io_.abort = true;
  }
}

std::string RelayMachine::describe_wait() const {
  switch (phase_) {
    case Phase::greeting:
      return "the client did not say in time where it wants to go";
    case Phase::connecting:
      return beyond_proxy_ ? "the upstream proxy did not connect in time"
                           : "upstream did not connect in time";
    case Phase::upstream_handshake:
      return "upstream did not finish its TLS handshake in time";
    case Phase::forwarding:
      return forwarder_->errand() % 2 != 0 ? "a request did not come whole in time"
             : beyond_proxy_               ? "the upstream proxy did not connect in time"
                                           : "upstream did not connect in time";
    default:
      return "the client did not finish its TLS handshake in time";
  }
}

void RelayMachine::finish() {
  const Turn turn(turn_);
  turn_.end(Direction::to_server, StreamEnd::unknown);
  turn_.end(Direction::to_client, StreamEnd::unknown);
}

void RelayMachine::tell() {
  turn_.tell(context_.now);
  if (phase_ == Phase::relaying) opening_.forget();
}

std::uint64_t RelayMachine::errand() const {
  if (phase_ == Phase::forwarding) {
    const std::uint64_t errand = forwarder_->errand();
    return errand == 0 ? 0 : errand + 1;
  }
  return phase_ == Phase::relaying ? 0 : 1;
}

// What may be the begin of a request or of another protocol, whose server is waited for: it is
// passed on, since nobody who sends a request stops in its method. A ClientHello is waited for.
void RelayMachine::on_pause() {
  const Turn turn(turn_);
  const bool begun = phase_ == Phase::opening && connected_ && !opening_.kept().empty();
  if (begun && opening_.kind() == ClientOpening::Kind::undecided && !opening_.is_hello()) {
    relay_unread(false);
  }
}

void RelayMachine::on_pace(bool busy) {
  if (client_tls_) client_tls_->keep_buffers(busy);
  if (upstream_tls_) upstream_tls_->keep_buffers(busy);
}

void RelayMachine::fail(ConnectFailure failure, const std::string& sentence) {
  report(event_of(failure), sentence);
  if (forwarder_) {
    leave_proxy();
    forwarder_->on_connect_failed(failure, sentence);
    return redirect_to_proxy();
  }
  answer_failure(failure, sentence);
}

// In the language that the client speaks at this moment.
void RelayMachine::answer_failure(ConnectFailure failure, const std::string& sentence) {
  leave_proxy();
  if (opening_.kind() == ClientOpening::Kind::tls) {
    const bool untrusted = failure == ConnectFailure::untrusted;
    return alert_and_close(untrusted ? TlsAlert::access_denied : TlsAlert::internal_error);
  }
  if (greeting_) {
    greeting_->failed(failure, sentence, io_.client.out);
  } else if (context_.options.mode == ProxyMode::reverse) {
    io_.client.out.append(as_bytes(proxy_answer(status_of(failure), sentence)));
  } else {
    io_.abort = true;  // as an unreachable host looks to the client
  }
  close();
}

void RelayMachine::close() {
  phase_ = Phase::closed;
  io_.close = true;
}

// What was told before comes before it in a log.
void RelayMachine::report(ProxyEventKind kind, std::string message) {
  context_.tap.settle(context_.worker);
  context_.events.on_event({kind, client_.conn, client_.peer,
                            name_.empty() ? destination_.host : name_, std::move(message),
                            context_.now});
}

}  // namespace mpsdscope

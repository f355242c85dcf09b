// Where a connection of a RelayMachine goes once its first bytes are known.
#include "capture/proxy/address_policy.h"
#include "capture/proxy/device_page.h"
#include "capture/proxy/forwarder.h"
#include "capture/proxy/relay_machine.h"

namespace mpsdscope {

void RelayMachine::decide() {
  const bool reverse = context_.options.mode == ProxyMode::reverse;
  const bool page_only = to_itself_ || !connected_;
  switch (opening_.kind()) {
    case ClientOpening::Kind::undecided:
      return;
    case ClientOpening::Kind::damaged:
      report(ProxyEventKind::client_error,
             std::string("the client sent a ClientHello that is malformed or larger than the limit "
                         "of a head") +
                 (page_only ? "" : ": passed on unread"));
      return page_only ? alert_and_close() : relay_unread(false);
    case ClientOpening::Kind::tls:
      return decide_tls();
    case ClientOpening::Kind::http:
      if (page_only) return opening_.head_complete() ? serve_page() : void();
      name_ = host_of_authority(destination_.host);
      if (!reverse && address_literal(destination_.host)) {
        if (!opening_.head_complete()) return;
        if (std::string host = opening_.http_host(); !host.empty()) name_ = std::move(host);
      }
      return relay_unread(reverse || context_.options.intercepts(name_));
    case ClientOpening::Kind::other:
      if (!page_only) return relay_unread(false);
      report(ProxyEventKind::client_error, "the client speaks neither TLS nor HTTP");
      return close();
  }
}

void RelayMachine::decide_tls() {
  const ProxyOptions& options = context_.options;
  const bool reverse = options.mode == ProxyMode::reverse;
  if (to_itself_) {
    report(ProxyEventKind::client_error,
           "the client asked for the proxy's own page with https://: use http://");
    return alert_and_close();
  }
  if (reverse && !options.reverse_tls) return relay_unread(false);
  const std::string& sni = opening_.hello().server_name;
  name_ = host_of_authority(reverse || sni.empty() ? destination_.host : sni);
  if (context_.devices.is_pinned(client_.peer.address, name_, context_.now)) {
    report(ProxyEventKind::tunnelled_pinned,
           "tunnelled undecrypted: this client refused our certificate for it before");
    unread_ = true;
  } else {
    unread_ = !reverse && !options.intercepts(name_);
  }
  if (!connected_) return connect();
  unread_ ? relay_unread(false) : start_upstream_tls();
}

void RelayMachine::relay_unread(bool told) {
  if (told) {
    ++context_.counters.plain;
    begin_tap(false);
    turn_.wire(opening_.kept());
  } else {
    ++context_.counters.tunnelled;
    context_.devices.tunnelled(client_.peer.address);
  }
  phase_ = Phase::relaying;
  relay_.emplace(io_, nullptr, nullptr, context_.scratch, turn_);
  if (!opening_.kept().empty()) relay_->on_data(Direction::to_server, opening_.kept());
}

void RelayMachine::begin_tap(bool tls) {
  TapConnection connection;
  connection.conn = client_.conn;
  connection.client = client_.peer;
  connection.server = upstream_;
  connection.tls = tls;
  connection.server_name = name_;
  if (!destination_.host.empty() && !address_literal(destination_.host)) {
    connection.authority = destination_.host + ":" + std::to_string(destination_.port);
  }
  turn_.begin(std::move(connection));
}

void RelayMachine::forwarder_connected() {
  if (!turn_.begun()) ++context_.counters.plain;
  destination_ = forwarder_->destination();
  name_ = host_of_authority(destination_.host);
  begin_tap(false);
  forwarder_->on_connected();
}

void RelayMachine::serve_page() {
  const ClientOpening::RequestTarget asked = opening_.request();
  io_.client.out.append(as_bytes(page(asked.method, asked.target)));
  close();
}

std::string RelayMachine::page(std::string_view method, std::string_view path) {
  const IpAddress& device = client_.peer.address;
  const DeviceRequest request{method, path, client_.local.to_string()};
  std::string response = context_.page.respond(request, context_.devices.state(device));
  context_.devices.forget_pins(device);
  return response;
}

void RelayMachine::start_forwarding(Bytes bytes) {
  phase_ = Phase::forwarding;
  const ProxyOptions& proxy = context_.options;
  ForwarderOptions options{context_.auth, proxy.limits.header_bytes};
  if (!proxy.upstream_proxy.host.empty()) {
    options.next_proxy = proxy_authorization(proxy.upstream_proxy_credentials);
  }
  options.page = [this](std::string_view path) { return page("GET", path); };
  options.is_self = [this](const Destination& to) {
    const auto address = address_literal(to.host);
    return address && *address == client_.local.address && to.port == client_.local.port;
  };
  options.content = [this](Direction direction, CaptureTime time, Bytes content) {
    turn_.copy(direction, time, content);
  };
  options.problem = [this](ProxyEventKind kind, std::string_view sentence) {
    report(kind, std::string(sentence));
  };
  forwarder_ = std::make_unique<Forwarder>(io_, std::move(options));
  const std::string held(as_text(greeting_->held()));
  greeting_.reset();
  if (!held.empty()) forwarder_->on_client_data(as_bytes(held), greeted_);
  if (!bytes.empty()) forwarder_->on_client_data(bytes, context_.now);
  redirect_to_proxy();
}

}  // namespace mpsdscope

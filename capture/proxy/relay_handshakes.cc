// TLS on both sides of a RelayMachine: upstream first, then the client with what upstream chose.
#include <array>

#include "capture/proxy/address_policy.h"
#include "capture/proxy/client_tls.h"
#include "capture/proxy/leaf_cache.h"
#include "capture/proxy/relay_machine.h"
#include "capture/proxy/upstream_tls.h"

namespace mpsdscope {
namespace {

// RFC 7301 §3.1: ProtocolNameList without its length.
std::vector<std::uint8_t> protocol_list(const std::vector<std::string>& names) {
  std::vector<std::uint8_t> list;
  for (const std::string& name : names) {
    list.push_back(static_cast<std::uint8_t>(name.size()));
    list.insert(list.end(), name.begin(), name.end());
  }
  return list;
}

}  // namespace

void RelayMachine::start_upstream_tls() {
  phase_ = Phase::upstream_handshake;
  io_.client.read = false;
  const std::vector<std::uint8_t> alpn = protocol_list(opening_.hello().alpn);
  UpstreamPeer peer;
  peer.host = name_;
  peer.port = destination_.port;
  peer.server_name = opening_.hello().server_name;
  if (context_.options.mode == ProxyMode::reverse) {
    peer.server_name = address_literal(name_) ? std::string_view() : name_;
  }
  peer.alpn = alpn;
  Result<SslPtr> ssl = context_.upstream_tls.connect(peer, context_.now);
  if (!ssl) return fail(ConnectFailure::unreachable, ssl.error().message);
  upstream_tls_ = std::make_unique<TlsEndpoint>(std::move(ssl).value(), io_.upstream.out);
  drive_upstream_tls({});
}

void RelayMachine::drive_upstream_tls(Bytes bytes) {
  upstream_tls_->receive(bytes, {});
  if (upstream_tls_->state() == TlsEndpoint::State::handshaking) return;
  if (upstream_tls_->state() == TlsEndpoint::State::open) return start_client_tls();
  const UpstreamFailure failure = UpstreamTls::take_failure(upstream_tls_->ssl());
  if (failure.untrusted) return fail(ConnectFailure::untrusted, failure.words);
  report(ProxyEventKind::upstream_tls_failed, failure.words);
  answer_failure(ConnectFailure::unreachable, failure.words);
}

void RelayMachine::start_client_tls() {
  io_.upstream.read = false;
  const Result<UpstreamIdentity> identity = UpstreamTls::identity(upstream_tls_->ssl());
  if (!identity) return fail(ConnectFailure::untrusted, identity.error().message);
  const Result<Leaf> leaf = context_.leaves.get(identity.value(), context_.now);
  Result<SslPtr> ssl =
      leaf ? context_.client_tls.accept(leaf.value(), upstream_tls_->alpn(), &turn_) : leaf.error();
  if (!ssl) {
    report(ProxyEventKind::internal, ssl.error().message);
    return alert_and_close();
  }
  client_tls_ = std::make_unique<TlsEndpoint>(std::move(ssl).value(), io_.client.out);
  phase_ = Phase::client_handshake;
  io_.client.read = true;
  begin_tap(true);
  turn_.wire(opening_.kept());
  drive_client_tls(opening_.kept());
}

void RelayMachine::drive_client_tls(Bytes bytes) {
  client_tls_->receive(bytes, {});
  switch (client_tls_->state()) {
    case TlsEndpoint::State::handshaking:
      return;
    case TlsEndpoint::State::failed:
      return client_tls_failed();
    case TlsEndpoint::State::open:
      return start_relay();
  }
}

void RelayMachine::client_tls_failed() {
  const ClientTlsFailure failure = take_client_failure();
  if (failure.certificate_refused) return certificate_refused(failure.words);
  report(ProxyEventKind::client_tls_failed, "no TLS with the client: " + failure.words);
  close();
}

// In the middle of its handshake, after our certificate: some clients refuse it that way.
void RelayMachine::client_left() {
  certificate_refused("it closed the connection");
}

// In TLS 1.3 a client may look at our certificate after it sent its Finished.
void RelayMachine::late_refusal() {
  const ClientTlsFailure failure = take_client_failure();
  if (failure.certificate_refused) certificate_refused(failure.words);
}

void RelayMachine::certificate_refused(const std::string& why) {
  context_.devices.refused(client_.peer.address, name_, why);
  report(
      ProxyEventKind::client_distrusts_ca,
      "the client refused our certificate (" + why +
          "): install the CA on the device, see http://mpsdscope/ through the proxy or the "
          "proxy's own address; until that page was opened there, its next connections to this "
          "host are tunnelled undecrypted. A host that pins its certificate cannot be decrypted: "
          "leave it out of --intercept");
  close();
}

void RelayMachine::start_relay() {
  phase_ = Phase::relaying;
  ++context_.counters.intercepted;
  context_.devices.decrypted(client_.peer.address, name_);
  io_.upstream.read = true;
  relay_.emplace(io_, client_tls_.get(), upstream_tls_.get(), context_.scratch, turn_);
  relay_->on_data(Direction::to_server, {});
  relay_->on_data(Direction::to_client, {});
  if (upstream_end_) relay_->on_end(Direction::to_client, *upstream_end_);
}

void RelayMachine::alert_and_close(TlsAlert alert) {
  const std::array<std::uint8_t, 7> record{21, 3, 3, 0, 2, 2, static_cast<std::uint8_t>(alert)};
  io_.client.out.append(record);
  close();
}

}  // namespace mpsdscope

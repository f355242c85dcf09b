// TLS on both sides of a RelayMachine: upstream first, then the client with what upstream chose.
#include <array>

#include <openssl/ssl.h>

#include "capture/proxy/address_policy.h"
#include "capture/proxy/client_tls.h"
#include "capture/proxy/leaf_cache.h"
#include "capture/proxy/relay_machine.h"
#include "capture/proxy/tls_context.h"
#include "capture/proxy/upstream_tls.h"
#include "decode/ascii.h"

namespace mpsdscope {

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
  Result<UpstreamIdentity> identity = UpstreamTls::identity(upstream_tls_->ssl());
  if (!identity) return fail(ConnectFailure::untrusted, identity.error().message);
  if (context_.options.mode == ProxyMode::reverse) identity->own_name = own_name();
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

// Mode reverse: clients that are not told another address for the service's name ask for the
// proxy's. Addresses are asked for without SNI (RFC 6066 §3).
std::string RelayMachine::own_name() const {
  const std::string& asked = opening_.hello().server_name;
  if (asked.empty()) return client_.local.address.to_string();
  constexpr std::string_view kLocal = "localhost";
  return equals_ignoring_case(asked, kLocal) ? std::string(kLocal) : "";
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

// In the middle of its handshake: some clients refuse our certificate that way, others were only
// cancelled.
void RelayMachine::client_left() {
  const OSSL_HANDSHAKE_STATE state = SSL_get_state(client_tls_->ssl());
  // Our flight is complete, with the certificate, and it is the client's turn (RFC 8446 §4.4.2; RFC
  // 5246 §7.3).
  const bool saw_it = state == TLS_ST_EARLY_DATA || state == TLS_ST_SW_SRVR_DONE;
  if (saw_it && context_.devices.left(client_.peer.address, name_, context_.now)) {
    report_refusal("it closed the connection, three times in a row", true);
  } else {
    report(ProxyEventKind::client_tls_failed,
           saw_it ? "the client closed the connection when it saw our certificate: if it always "
                    "does, install the CA on the device, see http://mpsdscope/ through the proxy"
                  : "the client closed the connection during the TLS handshake");
  }
  close();
}

// While relaying. In TLS 1.3 a client may look at our certificate after it sent its Finished, and a
// service at its client's.
void RelayMachine::on_tls_failure(Direction direction) {
  if (direction == Direction::to_client) {
    const UpstreamFailure failure = UpstreamTls::take_failure(upstream_tls_->ssl());
    return report(failure.untrusted ? ProxyEventKind::upstream_untrusted
                                    : ProxyEventKind::upstream_tls_failed,
                  failure.words);
  }
  const ClientTlsFailure failure = take_client_failure();
  if (failure.certificate_refused) return certificate_refused(failure.words);
  report(ProxyEventKind::client_tls_failed, "TLS with the client broke: " + failure.words);
}

void RelayMachine::certificate_refused(const std::string& why) {
  const bool pinned = context_.devices.refused(client_.peer.address, name_, why, context_.now);
  report_refusal(why, pinned);
  close();
}

void RelayMachine::report_refusal(const std::string& why, bool pinned) {
  std::string message = "the client refused our certificate (" + why +
                        "): install the CA on the device, see http://mpsdscope/ through the proxy "
                        "or the proxy's own address";
  if (pinned) {
    message +=
        "; until that page was opened there, but for 10 minutes at most, its next connections to "
        "this host are tunnelled undecrypted";
  }
  message += ". A host that pins its certificate cannot be decrypted: leave it out of --intercept";
  const std::string& asked = opening_.hello().server_name;
  if (context_.options.mode == ProxyMode::reverse && !asked.empty() && asked != name_) {
    message +=
        ". This one asked for " + asked + ": it is " + name_ +
        " that we have a certificate for, and localhost or our address for who asks for that";
  }
  report(ProxyEventKind::client_distrusts_ca, std::move(message));
}

// A client that distrusts our certificate says nothing through it.
void RelayMachine::note_trust() {
  if (trusted_ || !client_tls_ || !turn_.has_content(Direction::to_server)) return;
  trusted_ = true;
  context_.devices.trusted(client_.peer.address, name_);
}

void RelayMachine::start_relay() {
  phase_ = Phase::relaying;
  ++context_.counters.intercepted;
  context_.devices.decrypted(client_.peer.address, name_);
  io_.upstream.read = true;
  relay_.emplace(io_, client_tls_.get(), upstream_tls_.get(), context_.scratch, turn_,
                 [this](Direction direction) { on_tls_failure(direction); });
  relay_->on_data(Direction::to_server, {});
  note_trust();
  relay_->on_data(Direction::to_client, {});
  if (upstream_end_) relay_->on_end(Direction::to_client, *upstream_end_);
}

void RelayMachine::alert_and_close(TlsAlert alert) {
  const std::array<std::uint8_t, 7> record{21, 3, 3, 0, 2, 2, static_cast<std::uint8_t>(alert)};
  io_.client.out.append(record);
  close();
}

}  // namespace mpsdscope

#include "tests/capture/testing/proxy_stage.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "capture/proxy/address_policy.h"
#include "capture/proxy/tls_context.h"

namespace mpsdscope::testing {
namespace {

std::string describe(Direction direction, StreamEnd end) {
  const std::string who = direction == Direction::to_server ? "to_server " : "to_client ";
  switch (end) {
    case StreamEnd::closed:
      return who + "closed";
    case StreamEnd::reset:
      return who + "reset";
    default:
      return who + "unknown";
  }
}

class Recorder : public ConnectionTap {
 public:
  explicit Recorder(RecordingTap::Told& told) : told_(told) {}
  void on_wire(Direction direction, CaptureTime, Bytes bytes) override {
    told_.wire[index_of(direction)] += as_text(bytes);
  }
  void on_secret(CaptureTime, std::string_view line) override { told_.secrets.emplace_back(line); }
  void on_data(Direction direction, CaptureTime, Bytes bytes) override {
    told_.content[index_of(direction)] += as_text(bytes);
  }
  void on_end(Direction direction, CaptureTime, StreamEnd end) override {
    told_.ends.push_back(describe(direction, end));
  }
  bool under_way() const override { return false; }

 private:
  RecordingTap::Told& told_;
};

template <class T>
T take(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);  // fails the test
  return std::move(result).value();
}

}  // namespace

std::unique_ptr<ConnectionTap> RecordingTap::begin(unsigned, const TapConnection& connection,
                                                   CaptureTime) {
  told.begun.push_back(connection);
  return std::make_unique<Recorder>(told);
}

std::vector<std::string> RecordingEvents::names() const {
  std::vector<std::string> names;
  for (const ProxyEvent& event : seen) names.emplace_back(name_of(event.kind));
  return names;
}

Certified::Certified(const std::string& directory)
    : authority(std::make_unique<CertificateAuthority>(
          take(CertificateAuthority::make(directory, kStageTime)))),
      leaves(take(LeafCache::create(*authority))),
      server(std::make_unique<ClientTls>(take(ClientTls::create(*authority)))) {}

ProxyStage::ProxyStage() : proxy(folder.path("proxy")), service(folder.path("service")) {
  upstream_tls = trusting("service");
  page = std::make_unique<DevicePage>(*proxy.authority, std::vector<std::string>{"*.xboxlive.com"});
  options.intercepts = [](std::string_view host) { return host.ends_with(".xboxlive.com"); };
  for (auto& part : scratch_) part.resize(std::size_t{96} << 10);
}

std::unique_ptr<UpstreamTls> ProxyStage::trusting(const std::string& ca) {
  UpstreamTlsOptions trust;
  trust.ca_files = {folder.path(ca) + "/" + std::string(CaFiles::kPem)};
  trust.system_store = false;
  return std::make_unique<UpstreamTls>(take(UpstreamTls::create(trust)));
}

RelayContext ProxyStage::context() {
  return {options,
          auth,
          *upstream_tls,
          *proxy.leaves,
          *proxy.server,
          *page,
          devices,
          tap,
          events,
          counters,
          0,
          {scratch_[0], scratch_[1]},
          kStageTime};
}

SslPtr ProxyStage::game_tls(const std::string& ca, const std::string& host,
                            const std::vector<std::string>& alpn) {
  games_.push_back(trusting(ca));
  const auto list = protocol_list(alpn);
  const std::string name = address_literal(host) ? "" : host;
  return take(games_.back()->connect({host, 443, name, list}, kStageTime));
}

SslPtr ProxyStage::service_tls(const std::string& name, std::string_view protocol) {
  return take(service.server->accept(take(service.leaves->get({name, nullptr, false}, kStageTime)),
                                     protocol, nullptr));
}

void TlsPeer::take(Bytes bytes) {
  std::array<std::uint8_t, 1 << 16> plain{};
  do {
    heard.append(reinterpret_cast<const char*>(plain.data()), tls.receive(bytes, plain));
    bytes = {};
  } while (tls.kept_ciphertext() && tls.state() == TlsEndpoint::State::open && !tls.peer_closed());
}

Play::Play(const RelayContext& shared, std::size_t chunk, const RelayClient& client)
    : context(shared), machine(context, client), chunk_(chunk) {
  machine.start();
  settle();
}

// As a connection does after every call of its machine.
void Play::settle() {
  bool sent = false;
  if (sends) {
    all_to_client += as_text(io().client.out.view());
    for (auto& [queue, text] : {std::pair<ByteQueue&, std::string&>{io().client.out, to_client_},
                                {io().upstream.out, to_upstream_}}) {
      sent = sent || !queue.empty();
      text += as_text(queue.view());
      queue.consume(queue.size());
    }
  }
  machine.tell();
  if (!sent) return;
  machine.on_sent();
  settle();
}

void Play::client(Bytes bytes) {
  all_of_client += as_text(bytes);
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(chunk_, bytes.size()))) {
    machine.on_client_data(bytes.first(std::min(chunk_, bytes.size())));
    settle();
  }
}

void Play::upstream(Bytes bytes) {
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(chunk_, bytes.size()))) {
    machine.on_upstream_data(bytes.first(std::min(chunk_, bytes.size())));
    settle();
  }
}

void Play::client_ends(StreamEnd end) {
  machine.on_client_end(end);
  settle();
}

void Play::upstream_ends(StreamEnd end) {
  machine.on_upstream_end(end);
  settle();
}

Destination Play::connected() {
  if (!io().connect) {
    ADD_FAILURE() << "no wish to connect";
    return {};
  }
  const Destination to = *std::exchange(io().connect, std::nullopt);
  const std::array<std::uint8_t, 4> address{192, 0, 2, 44};
  machine.on_connected({IpAddress::from_bytes(address), to.port});
  settle();
  return to;
}

void Play::connect_fails(ConnectFailure failure, std::string_view why) {
  EXPECT_TRUE(io().connect);
  io().connect.reset();
  machine.on_connect_failed(failure, why);
  settle();
}

void Play::timeout() {
  machine.on_timeout();
  settle();
}

void Play::carry(TlsPeer* game, TlsPeer* service) {
  const auto deliver = [](TlsPeer* peer, const std::string& bytes) {
    if (peer != nullptr && !bytes.empty()) peer->take(as_bytes(bytes));
    return !bytes.empty();
  };
  const auto collect = [](TlsPeer* peer) {
    std::string said;
    if (peer != nullptr) {
      said = as_text(peer->out.view());
      peer->out.clear();
    }
    return said;
  };
  for (bool moved = true; moved && !io().close && !io().abort;) {
    moved = false;
    if (io().client.read) {
      const std::string said = collect(game);
      client(said);
      moved = moved || !said.empty();
    }
    if (io().upstream.read) {
      const std::string said = collect(service);
      upstream(said);
      moved = moved || !said.empty();
    }
    moved = deliver(game, to_client()) || moved;
    moved = deliver(service, to_upstream()) || moved;
  }
  deliver(game, to_client());
  deliver(service, to_upstream());
}

}  // namespace mpsdscope::testing

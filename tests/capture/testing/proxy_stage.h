// A stage for connections of a RelayMachine: a proxy and a service with a CA each, a game that
// trusts the proxy's, and plays in which bytes are carried between them without sockets.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "capture/proxy/certificate_authority.h"
#include "capture/proxy/client_tls.h"
#include "capture/proxy/device_page.h"
#include "capture/proxy/leaf_cache.h"
#include "capture/proxy/relay_machine.h"
#include "capture/proxy/upstream_tls.h"
#include "tests/capture/temporary_folder.h"

namespace mpsdscope::testing {

constexpr const char* kMpsd = "sessiondirectory.xboxlive.com";
constexpr CaptureTime kStageTime{std::chrono::seconds(1'795'435'200)};  // 2026-11-23T12:00:00Z

// What the tap was told of all connections.
class RecordingTap : public Tap {
 public:
  struct Told {
    std::vector<TapConnection> begun;
    std::array<std::string, 2> content, wire;  // by Direction
    std::vector<std::string> secrets;
    std::vector<std::string> ends;  // "to_server closed"
  };
  std::unique_ptr<ConnectionTap> begin(unsigned worker, const TapConnection& connection,
                                       CaptureTime time) override;
  void settle(unsigned) override {}
  void on_tick(unsigned, CaptureTime) override {}
  Told told;
};

class RecordingEvents : public ProxyEvents {
 public:
  void on_event(const ProxyEvent& event) override { seen.push_back(event); }
  std::vector<std::string> names() const;
  std::vector<ProxyEvent> seen;
};

struct Certified {
  explicit Certified(const std::string& directory);
  std::unique_ptr<CertificateAuthority> authority;
  std::unique_ptr<LeafCache> leaves;
  std::unique_ptr<ClientTls> server;  // shows leaves of `authority`
};

class ProxyStage {
 public:
  ProxyStage();
  RelayContext context();
  // A client that trusts the CA in `ca` ("proxy" or "service"), offering `alpn`.
  SslPtr game_tls(const std::string& ca, const std::string& host,
                  const std::vector<std::string>& alpn);
  // A server with a certificate for `name`, selecting `protocol`.
  SslPtr service_tls(const std::string& name, std::string_view protocol);

  TemporaryFolder folder;
  Certified proxy, service;
  std::unique_ptr<UpstreamTls> upstream_tls;
  std::unique_ptr<DevicePage> page;
  DeviceTable devices;
  RecordingTap tap;
  RecordingEvents events;
  RelayCounters counters;
  ProxyOptions options;
  ProxyAuth auth;

 private:
  std::unique_ptr<UpstreamTls> trusting(const std::string& ca);
  std::vector<std::unique_ptr<UpstreamTls>> games_;
  std::array<std::vector<std::uint8_t>, 2> scratch_;
};

// One end of TLS: the game or the service.
struct TlsPeer {
  explicit TlsPeer(SslPtr ssl) : tls(std::move(ssl), out) {}
  void take(Bytes bytes);
  void say(std::string_view text) { tls.send(as_bytes(text)); }
  ByteQueue out;
  TlsEndpoint tls;
  std::string heard;
};

// A connection: gives bytes to a machine in pieces of `chunk` and keeps what it says.
class Play {
 public:
  explicit Play(const RelayContext& context, std::size_t chunk = std::size_t{1} << 20,
                const RelayClient& client = {});
  ~Play() { machine.finish(); }

  void client(Bytes bytes);
  void client(std::string_view text) { client(as_bytes(text)); }
  void upstream(Bytes bytes);
  void upstream(std::string_view text) { upstream(as_bytes(text)); }
  void client_ends(StreamEnd end = StreamEnd::closed);
  void upstream_ends(StreamEnd end = StreamEnd::closed);
  // Answers the machine's wish to connect. It must have one.
  Destination connected();
  void connect_fails(ConnectFailure failure, std::string_view why);
  void timeout();
  // Carries bytes between the peers (null: none) and the machine until nothing moves.
  void carry(TlsPeer* game, TlsPeer* service);

  // What came out since the last call.
  std::string to_client() { return std::exchange(to_client_, {}); }
  std::string to_upstream() { return std::exchange(to_upstream_, {}); }
  MachineIo& io() { return machine.io(); }

  const RelayContext context;
  RelayMachine machine;
  bool sends = true;                         // false: the sockets take nothing
  std::string all_of_client, all_to_client;  // the client's socket, from the start

 private:
  void settle();
  std::size_t chunk_;
  std::string to_client_, to_upstream_;
};

}  // namespace mpsdscope::testing

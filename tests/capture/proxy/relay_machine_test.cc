#include "capture/proxy/relay_machine.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "tests/capture/testing/proxy_stage.h"

namespace mpsdscope {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string kConnect =
    "CONNECT sessiondirectory.xboxlive.com:443 HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kRequest =
    "GET /serviceconfigs/1/sessiontemplates/t/sessions/s HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kResponse = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
const std::vector<std::string> kBoth{"h2", "http/1.1"};

std::string random_text(std::mt19937& random, std::size_t most) {
  std::string text(random() % most, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

class RelayMachines : public ::testing::Test {
 protected:
  // A game that greets, and is connected to the service.
  void greet(Play& play) {
    play.client(kConnect);
    EXPECT_EQ(play.connected(), (Destination{kMpsd, 443}));
    EXPECT_THAT(play.to_client(), StartsWith("HTTP/1.1 200 "));
  }
  // A game and the service, and the machine between them once both handshakes are done.
  struct Intercepted {
    explicit Intercepted(RelayMachines& test)
        : play(test.stage_.context()),
          game(test.stage_.game_tls("proxy", kMpsd, {})),
          service(test.stage_.service_tls(kMpsd, "")) {
      test.greet(play);
      game.take({});
      play.carry(&game, &service);
    }
    Play play;
    TlsPeer game;
    TlsPeer service;
  };

  ProxyStage stage_;
};

TEST_F(RelayMachines, InterceptsInPiecesOfAnySize) {
  for (const std::size_t chunk : {1, 2, 3, 5, 7, 64, 517, 4096, 1 << 20}) {
    SCOPED_TRACE(chunk);
    stage_.tap.told = {};
    Play play(stage_.context(), chunk);
    greet(play);
    TlsPeer game(stage_.game_tls("proxy", kMpsd, kBoth));
    TlsPeer service(stage_.service_tls(kMpsd, "http/1.1"));
    game.take({});
    play.carry(&game, &service);
    ASSERT_EQ(game.tls.state(), TlsEndpoint::State::open);
    EXPECT_EQ(game.tls.alpn(), "http/1.1");
    EXPECT_STREQ(SSL_get_servername(service.tls.ssl(), TLSEXT_NAMETYPE_host_name), kMpsd);

    game.say(kRequest);
    play.carry(&game, &service);
    EXPECT_EQ(service.heard, kRequest);
    service.say(kResponse);
    play.carry(&game, &service);
    EXPECT_EQ(game.heard, kResponse);

    const auto& told = stage_.tap.told;
    ASSERT_EQ(told.begun.size(), 1u);
    EXPECT_TRUE(told.begun[0].tls);
    EXPECT_EQ(told.begun[0].server_name, kMpsd);
    EXPECT_EQ(told.begun[0].authority, std::string(kMpsd) + ":443");
    EXPECT_EQ(told.begun[0].server.to_string(), "192.0.2.44:443");
    EXPECT_THAT(told.content, ElementsAre(kRequest, kResponse));
  }
  EXPECT_THAT(stage_.events.seen, IsEmpty());
  EXPECT_EQ(stage_.counters.intercepted, 9u);
}

TEST_F(RelayMachines, TellTheTapTheWireAsItWas) {
  for (const std::size_t chunk : {1, 100, 1 << 20}) {
    stage_.tap.told = {};
    Play play(stage_.context(), chunk);
    greet(play);
    const std::string greeted = play.all_to_client;
    TlsPeer game(stage_.game_tls("proxy", kMpsd, {}));
    TlsPeer service(stage_.service_tls(kMpsd, ""));
    game.take({});
    play.carry(&game, &service);
    game.say(kRequest);
    play.carry(&game, &service);
    service.say(kResponse);
    play.carry(&game, &service);
    ASSERT_EQ(game.heard, kResponse);
    EXPECT_EQ(kConnect + stage_.tap.told.wire[0], play.all_of_client);
    EXPECT_EQ(greeted + stage_.tap.told.wire[1], play.all_to_client);
    EXPECT_THAT(stage_.tap.told.secrets,
                ::testing::Contains(StartsWith("CLIENT_TRAFFIC_SECRET_0 ")));
  }
}

TEST_F(RelayMachines, RelayEveryByteBothWays) {
  std::mt19937 random(7);
  Play play(stage_.context(), 1000);
  greet(play);
  TlsPeer game(stage_.game_tls("proxy", kMpsd, kBoth));
  TlsPeer service(stage_.service_tls(kMpsd, "h2"));
  game.take({});
  play.carry(&game, &service);
  std::string asked, answered;
  for (int i = 0; i < 50; ++i) {
    const std::string up = random_text(random, 70'000), down = random_text(random, 70'000);
    game.say(up);
    service.say(down);
    asked += up;
    answered += down;
    play.carry(&game, &service);
  }
  EXPECT_EQ(service.heard, asked);
  EXPECT_EQ(game.heard, answered);
  EXPECT_THAT(stage_.tap.told.content, ElementsAre(asked, answered));
}

TEST_F(RelayMachines, MirrorWhatUpstreamChoseInAlpn) {
  struct Case {
    std::vector<std::string> offered;
    const char* chosen;
  };
  for (const auto& [offered, chosen] : {Case{{}, ""}, Case{{"http/1.1"}, "http/1.1"},
                                        Case{kBoth, "h2"}, Case{kBoth, ""}, Case{{"x"}, "x"}}) {
    Play play(stage_.context());
    greet(play);
    TlsPeer game(stage_.game_tls("proxy", kMpsd, offered));
    TlsPeer service(stage_.service_tls(kMpsd, chosen));
    game.take({});
    play.carry(&game, &service);
    EXPECT_EQ(game.tls.state(), TlsEndpoint::State::open);
    EXPECT_EQ(game.tls.alpn(), chosen);
    EXPECT_EQ(service.tls.alpn(), chosen);
  }
}

TEST_F(RelayMachines, TakeClientsWithOneGroupOnly) {
  for (const char* group : {"X25519", "P-256", "P-384", "P-521"}) {
    Play play(stage_.context());
    greet(play);
    TlsPeer game(stage_.game_tls("proxy", kMpsd, {}));
    TlsPeer service(stage_.service_tls(kMpsd, ""));
    SSL_set1_groups_list(game.tls.ssl(), group);
    game.take({});
    play.carry(&game, &service);
    EXPECT_EQ(game.tls.state(), TlsEndpoint::State::open) << group;
  }
}

TEST_F(RelayMachines, PassClosesOnEachInItsWay) {
  Intercepted session(*this);
  auto& [play, game, service] = session;

  game.tls.send_close();
  play.carry(&game, &service);
  EXPECT_TRUE(service.tls.peer_closed());
  EXPECT_FALSE(play.io().upstream.shutdown);
  play.client_ends();
  EXPECT_TRUE(play.io().upstream.shutdown);

  service.say(kResponse);  // still goes the other way
  play.carry(&game, &service);
  EXPECT_EQ(game.heard, kResponse);
  EXPECT_FALSE(game.tls.peer_closed());
  play.upstream_ends();  // without close_notify: the game sees the same truncation
  play.carry(&game, &service);
  EXPECT_FALSE(game.tls.peer_closed());
  EXPECT_TRUE(play.io().client.shutdown);
  EXPECT_THAT(stage_.tap.told.ends, ElementsAre("to_server closed", "to_client closed"));
}

TEST_F(RelayMachines, ResetTheOtherSideToo) {
  Intercepted session(*this);
  auto& [play, game, service] = session;
  play.upstream_ends(StreamEnd::reset);
  EXPECT_TRUE(play.io().abort);
  EXPECT_THAT(stage_.tap.told.ends,
              ::testing::UnorderedElementsAre("to_client reset", "to_server unknown"));
}

TEST_F(RelayMachines, StopReadingFromTheFasterSide) {
  Intercepted session(*this);
  auto& [play, game, service] = session;
  play.sends = false;
  std::size_t given = 0;
  while (play.io().upstream.read) {
    service.say(std::string(10'000, 'x'));
    play.upstream(service.out.view());
    given += service.out.size();
    service.out.clear();
    ASSERT_LT(given, 2 * kHighWater);
  }
  EXPECT_GT(play.io().client.out.size(), kHighWater);
  EXPECT_TRUE(play.io().client.read);
  play.io().client.out.consume(kHighWater / 4);
  play.machine.on_sent();
  EXPECT_FALSE(play.io().upstream.read);
  play.io().client.out.consume(play.io().client.out.size() - kHighWater / 4);
  play.machine.on_sent();
  EXPECT_TRUE(play.io().upstream.read);
}

TEST_F(RelayMachines, TunnelHostsThatDoNotMatch) {
  for (const std::size_t chunk : {1, 1000}) {
    Play play(stage_.context(), chunk);
    play.client("CONNECT example.com:443 HTTP/1.1\r\n\r\n");
    EXPECT_EQ(play.connected(), (Destination{"example.com", 443}));
    play.to_client();
    TlsPeer game(stage_.game_tls("service", "example.com", kBoth));
    TlsPeer service(stage_.service_tls("example.com", "h2"));
    game.take({});
    game.take({});
    play.carry(&game, &service);
    EXPECT_EQ(game.tls.state(), TlsEndpoint::State::open);
    game.say(kRequest);
    play.carry(&game, &service);
    EXPECT_EQ(service.heard, kRequest);
  }
  EXPECT_THAT(stage_.tap.told.begun, IsEmpty());
  EXPECT_EQ(stage_.counters.tunnelled, 2u);
}

TEST_F(RelayMachines, DecideByTheNameInTheHelloWhereAnAddressWasAskedFor) {
  for (const auto& [name, intercepted] : {std::pair{kMpsd, true}, {"example.com", false}}) {
    stage_.counters.intercepted = 0;
    Play play(stage_.context());
    play.client("CONNECT 192.0.2.44:443 HTTP/1.1\r\n\r\n");
    play.connected();
    play.to_client();
    TlsPeer game(stage_.game_tls(intercepted ? "proxy" : "service", name, {}));
    TlsPeer service(stage_.service_tls(name, ""));
    game.take({});
    play.carry(&game, &service);
    EXPECT_EQ(game.tls.state(), TlsEndpoint::State::open);
    EXPECT_EQ(stage_.counters.intercepted, intercepted ? 1u : 0u);
  }
}

TEST_F(RelayMachines, TunnelAHostAfterItsClientRefusedTheCertificate) {
  {
    Play play(stage_.context());
    greet(play);
    TlsPeer game(stage_.game_tls("service", kMpsd, {}));  // does not trust the proxy's CA
    TlsPeer service(stage_.service_tls(kMpsd, ""));
    game.take({});
    play.carry(&game, &service);
    EXPECT_TRUE(play.io().close);
  }
  ASSERT_THAT(stage_.events.names(), ElementsAre("client_distrusts_ca"));
  EXPECT_EQ(stage_.events.seen[0].host, kMpsd);
  EXPECT_THAT(stage_.events.seen[0].message, HasSubstr("unknown CA"));
  EXPECT_THAT(stage_.events.seen[0].message, HasSubstr("http://mpsdscope/"));

  const auto connect_again = [this] {
    Play play(stage_.context());
    greet(play);
    TlsPeer game(stage_.game_tls("service", kMpsd, {}));
    TlsPeer service(stage_.service_tls(kMpsd, ""));
    game.take({});
    play.carry(&game, &service);
    return game.tls.state() == TlsEndpoint::State::open;
  };
  EXPECT_TRUE(connect_again());
  EXPECT_EQ(stage_.counters.tunnelled, 1u);
  EXPECT_THAT(stage_.events.names(), ElementsAre("client_distrusts_ca", "tunnelled_pinned"));

  Play page(stage_.context());
  page.client("GET / HTTP/1.1\r\nHost: mpsdscope\r\n\r\n");
  EXPECT_TRUE(page.io().close || page.to_client().size() > 0);
  EXPECT_FALSE(connect_again());  // decryption is tried again
}

TEST_F(RelayMachines, TakeThreeEndsBehindTheCertificateForARefusal) {
  for (const bool last : {false, false, true}) {
    stage_.events.seen.clear();
    Play play(stage_.context());
    greet(play);
    TlsPeer game(stage_.game_tls("proxy", kMpsd, {}));
    TlsPeer service(stage_.service_tls(kMpsd, ""));
    game.take({});
    play.client(game.out.view());
    play.carry(nullptr, &service);
    play.client_ends(StreamEnd::reset);
    EXPECT_THAT(stage_.events.names(),
                ElementsAre(last ? "client_distrusts_ca" : "client_tls_failed"));
    EXPECT_EQ(stage_.devices.is_pinned({}, kMpsd, kStageTime), last);
    EXPECT_TRUE(play.io().close);
  }
}

TEST_F(RelayMachines, GoOnDecryptingForADeviceThatTrusts) {
  {
    Intercepted session(*this);
    auto& [play, game, service] = session;
    game.say(kRequest);
    play.carry(&game, &service);
  }
  Play play(stage_.context());
  greet(play);
  TlsPeer game(stage_.game_tls("service", kMpsd, {}));  // another app that pins
  TlsPeer service(stage_.service_tls(kMpsd, ""));
  game.take({});
  play.carry(&game, &service);
  ASSERT_THAT(stage_.events.names(), ElementsAre("client_distrusts_ca"));
  EXPECT_THAT(stage_.events.seen[0].message, ::testing::Not(HasSubstr("tunnelled")));
  EXPECT_FALSE(stage_.devices.is_pinned({}, kMpsd, kStageTime));
}

TEST_F(RelayMachines, DoNotPinAHostThatTheyAnswerFor) {
  for (const char* trusts : {"proxy", "service"}) {
    Play play(stage_.context());
    greet(play);
    TlsPeer game(stage_.game_tls(trusts, kMpsd, {}));
    TlsPeer service(stage_.service_tls("other.example", ""));
    game.take({});
    play.carry(&game, &service);
    if (!play.io().close) play.client_ends();
    EXPECT_TRUE(play.io().close);
    EXPECT_FALSE(stage_.devices.is_pinned({}, kMpsd, kStageTime));
  }
}

// One that would make its owner send for ever.
TEST_F(RelayMachines, EndOrWaitWhenUpstreamIsReset) {
  // Relaying comes last: it leaves a session to resume, with no certificate to distrust.
  enum { opening, upstream_handshake, client_handshake, untrusted, forwarding, relaying };
  for (int phase = opening; phase <= relaying; ++phase) {
    SCOPED_TRACE(phase);
    Play play(stage_.context());
    TlsPeer game(stage_.game_tls("proxy", kMpsd, {}));
    TlsPeer service(stage_.service_tls(phase == untrusted ? "other.example" : kMpsd, ""));
    game.take({});
    if (phase == forwarding) {
      play.client("GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n");
      play.connected();
    } else {
      greet(play);
    }
    const std::size_t greeted = play.all_to_client.size();
    if (phase == upstream_handshake || phase == client_handshake) {
      play.client(game.out.view());
      game.out.clear();
    }
    if (phase == client_handshake) play.carry(nullptr, &service);
    if (phase == untrusted || phase == relaying) play.carry(&game, &service);
    play.upstream_ends(StreamEnd::reset);
    play.upstream_ends(StreamEnd::reset);  // once of sending, once of reading
    EXPECT_EQ(play.io().abort, phase == opening || phase == relaying);
    EXPECT_EQ(play.io().close,
              phase == upstream_handshake || phase == forwarding || phase == untrusted);
    if (phase != client_handshake) continue;
    game.take(as_bytes(std::string_view(play.all_to_client).substr(greeted)));
    play.carry(&game, nullptr);
    EXPECT_TRUE(play.io().abort);
  }
}

TEST_F(RelayMachines, StopReadingFromAPeerThatProvokesReplies) {
  for (const bool of_client : {true, false}) {
    Intercepted session(*this);
    auto& [play, game, service] = session;
    TlsPeer& peer = of_client ? game : service;
    SocketWishes& socket = of_client ? play.io().client : play.io().upstream;
    play.sends = false;
    while (socket.read && socket.out.size() < 4 * kHighWater) {
      for (int i = 0; i < 500; ++i) {
        ASSERT_EQ(SSL_key_update(peer.tls.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
        ASSERT_EQ(SSL_do_handshake(peer.tls.ssl()), 1);
        of_client ? play.client(peer.out.view()) : play.upstream(peer.out.view());
        peer.out.clear();
      }
    }
    EXPECT_FALSE(socket.read);
    EXPECT_LT(socket.out.size(), 2 * kHighWater);
    (of_client ? play.io().upstream : play.io().client).out.append(as_bytes("x"));
    play.machine.on_sent();
    EXPECT_FALSE(socket.read);
    socket.out.consume(socket.out.size());
    play.machine.on_sent();
    EXPECT_TRUE(socket.read);
  }
}

TEST_F(RelayMachines, ReportWhyTlsBrokeWhileRelaying) {
  for (const bool of_client : {false, true}) {
    stage_.events.seen.clear();
    Play play(stage_.context());
    greet(play);
    TlsPeer game(stage_.game_tls("proxy", kMpsd, {}));
    TlsPeer service(stage_.service_tls(kMpsd, ""));
    if (!of_client)
      SSL_set_verify(service.tls.ssl(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    game.take({});
    play.carry(&game, &service);
    if (of_client) play.client("no TLS at all");
    EXPECT_TRUE(play.io().abort);
    ASSERT_THAT(stage_.events.names(),
                ElementsAre(of_client ? "client_tls_failed" : "upstream_tls_failed"));
    EXPECT_THAT(stage_.events.seen[0].message,
                HasSubstr(of_client ? "wrong version number" : "--client-cert"));
  }
}

TEST_F(RelayMachines, TakeAnEndForNoRefusalOfAClientThatTrustedUsBefore) {
  stage_.devices.trusted({}, kMpsd);
  for (int i = 0; i < 3; ++i) stage_.devices.left({}, kMpsd, kStageTime);
  Play play(stage_.context());
  greet(play);
  TlsPeer game(stage_.game_tls("proxy", kMpsd, {}));
  TlsPeer service(stage_.service_tls(kMpsd, ""));
  game.take({});
  play.client(game.out.view());
  play.carry(nullptr, &service);
  play.client_ends();
  EXPECT_THAT(stage_.events.names(), ElementsAre("client_tls_failed"));
  EXPECT_FALSE(stage_.devices.is_pinned({}, kMpsd, kStageTime));
}

// Nothing but the alert: no ServerHello, no certificate.
TEST_F(RelayMachines, ShowNoCertificateForAnUpstreamThatIsNotTrusted) {
  for (const auto& alpn : {std::vector<std::string>{}, kBoth, {"h2"}}) {
    stage_.events.seen.clear();
    Play play(stage_.context());
    greet(play);
    const std::size_t greeted = play.all_to_client.size();
    TlsPeer game(stage_.game_tls("proxy", kMpsd, alpn));
    TlsPeer service(stage_.service_tls("other.example", ""));
    game.take({});
    play.carry(&game, &service);
    EXPECT_EQ(play.all_to_client.substr(greeted), std::string("\x15\x03\x03\x00\x02\x02\x31", 7));
    EXPECT_EQ(game.tls.state(), TlsEndpoint::State::failed);
    ASSERT_THAT(stage_.events.names(), ElementsAre("upstream_untrusted"));
    EXPECT_THAT(stage_.events.seen[0].message, HasSubstr("--insecure-upstream"));
    EXPECT_TRUE(play.io().close);
    EXPECT_EQ(service.heard, "");
  }
  EXPECT_THAT(stage_.tap.told.begun, IsEmpty());
  EXPECT_FALSE(stage_.devices.is_pinned({}, kMpsd, kStageTime));
}

TEST_F(RelayMachines, ShowNoCertificateForAnUpstreamWithoutTls) {
  Play play(stage_.context());
  greet(play);
  const std::size_t greeted = play.all_to_client.size();
  TlsPeer game(stage_.game_tls("proxy", kMpsd, kBoth));
  game.take({});
  play.carry(&game, nullptr);
  play.upstream("HTTP/1.1 400 Bad Request\r\n\r\n");
  play.carry(&game, nullptr);
  EXPECT_EQ(play.all_to_client.substr(greeted), std::string("\x15\x03\x03\x00\x02\x02\x50", 7));
  EXPECT_EQ(game.tls.state(), TlsEndpoint::State::failed);
  EXPECT_THAT(stage_.events.names(), ElementsAre("upstream_tls_failed"));
  EXPECT_TRUE(play.io().close);
}

}  // namespace
}  // namespace mpsdscope

// Where connections go that are not, or not yet, intercepted: every way in, and what fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/proxy/relay_machine.h"
#include "tests/capture/testing/proxy_stage.h"

namespace mpsdscope {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr std::size_t kWhole = std::size_t{1} << 20;
const std::string kRequest = "GET /x HTTP/1.1\r\nHost: sessiondirectory.xboxlive.com\r\n\r\n";
const std::string kResponse = "HTTP/1.1 204 No Content\r\n\r\n";
const std::string kSocks("\x05\x01\x00\x05\x01\x00\x03\x1dsessiondirectory.xboxlive.com\x00\x50",
                         39);

Endpoint endpoint(std::uint8_t last, std::uint16_t port) {
  const std::array<std::uint8_t, 4> bytes{192, 0, 2, last};
  return {IpAddress::from_bytes(bytes), port};
}

class RelayRoutes : public ::testing::Test {
 protected:
  void intercepted(std::size_t chunk, Play& play, const std::string& asked) {
    SCOPED_TRACE(chunk);
    TlsPeer game(stage_.game_tls("proxy", kMpsd, {"http/1.1"}));
    TlsPeer service(stage_.service_tls(kMpsd, "http/1.1"));
    game.take({});
    play.carry(&game, &service);
    if (play.io().connect) {
      EXPECT_EQ(play.connected().host, asked);
      play.carry(&game, &service);
    }
    ASSERT_EQ(game.tls.state(), TlsEndpoint::State::open);
    game.say(kRequest);
    play.carry(&game, &service);
    EXPECT_EQ(service.heard, kRequest);
    service.say(kResponse);
    play.carry(&game, &service);
    EXPECT_EQ(game.heard, kResponse);
  }
  RelayClient redirected() {
    RelayClient client;
    client.local = endpoint(1, 8888);
    client.original = endpoint(44, 443);
    return client;
  }

  ProxyStage stage_;
};

TEST_F(RelayRoutes, SocksIsTapped) {
  stage_.options.mode = ProxyMode::socks5;
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{3}, kWhole}) {
    stage_.tap.told = {};
    Play play(stage_.context(), chunk);
    play.client(kSocks.substr(0, 3));
    EXPECT_EQ(play.to_client(), std::string("\x05\x00", 2));
    play.client(kSocks.substr(3));
    EXPECT_EQ(play.connected(), (Destination{kMpsd, 80}));
    EXPECT_THAT(play.to_client(), StartsWith(std::string("\x05\x00\x00", 3)));
    play.client(kRequest);  // plain HTTP to a host that matches
    EXPECT_EQ(play.to_upstream(), kRequest);
    play.upstream(kResponse);
    EXPECT_EQ(play.to_client(), kResponse);
    ASSERT_EQ(stage_.tap.told.begun.size(), 1u);
    EXPECT_FALSE(stage_.tap.told.begun[0].tls);
    EXPECT_THAT(stage_.tap.told.content, ElementsAre(kRequest, kResponse));
    EXPECT_THAT(stage_.tap.told.wire, ElementsAre(kRequest, kResponse));
  }
  EXPECT_EQ(stage_.counters.plain, 3u);
}

TEST_F(RelayRoutes, SocksIsToldWhatFailed) {
  stage_.options.mode = ProxyMode::socks5;
  Play play(stage_.context());
  play.client(kSocks);
  play.to_client();
  play.connect_fails(ConnectFailure::refused, "nobody listens there");
  EXPECT_THAT(play.to_client(), StartsWith("\x05\x05"));
  EXPECT_TRUE(play.io().close);
  EXPECT_THAT(stage_.events.names(), ElementsAre("upstream_unreachable"));
}

TEST_F(RelayRoutes, ReverseWithTlsConnectsAfterTheHello) {
  stage_.options.mode = ProxyMode::reverse;
  stage_.options.reverse_to = {kMpsd, 8443};
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{100}, kWhole}) {
    Play play(stage_.context(), chunk);
    EXPECT_FALSE(play.io().connect);
    intercepted(chunk, play, kMpsd);
  }
}

TEST_F(RelayRoutes, ReverseWithTlsIsWhoItsClientsAskForIfThatIsItself) {
  stage_.options.mode = ProxyMode::reverse;
  stage_.options.reverse_to = {kMpsd, 443};
  RelayClient client;
  client.local = endpoint(1, 8888);
  unsigned device = 100;  // another each time: one that refuses is tunnelled afterwards
  using enum TlsEndpoint::State;
  const std::pair<const char*, TlsEndpoint::State> kAsked[] = {
      {"localhost", open}, {"LocalHost", open},          {"192.0.2.1", open},
      {kMpsd, open},       {"rta.xboxlive.com", failed}, {"192.0.2.9", failed},
  };
  for (const auto& [asked, expected] : kAsked) {
    client.peer = endpoint(static_cast<std::uint8_t>(++device), 50'000);
    Play play(stage_.context(), kWhole, client);
    TlsPeer game(stage_.game_tls("proxy", asked, {}));
    TlsPeer service(stage_.service_tls(kMpsd, ""));
    game.take({});
    play.carry(&game, &service);
    EXPECT_EQ(play.connected(), (Destination{kMpsd, 443}));
    play.carry(&game, &service);
    EXPECT_EQ(game.tls.state(), expected) << asked;
  }
  ASSERT_THAT(stage_.events.names(), ElementsAre("client_distrusts_ca", "client_distrusts_ca"));
  EXPECT_THAT(stage_.events.seen[0].message, HasSubstr("asked for rta.xboxlive.com"));
}

TEST_F(RelayRoutes, ReverseWithTlsSendsAnAlertWhenItCannotConnect) {
  stage_.options.mode = ProxyMode::reverse;
  stage_.options.reverse_to = {kMpsd, 8443};
  Play play(stage_.context());
  TlsPeer game(stage_.game_tls("proxy", kMpsd, {}));
  game.take({});
  play.carry(&game, nullptr);
  play.connect_fails(ConnectFailure::no_such_host, "no such host: it is not there");
  EXPECT_EQ(play.all_to_client, std::string("\x15\x03\x03\x00\x02\x02\x50", 7));
  play.carry(&game, nullptr);
  EXPECT_EQ(game.tls.state(), TlsEndpoint::State::failed);
  ASSERT_THAT(stage_.events.names(), ElementsAre("unresolved"));
  EXPECT_THAT(stage_.events.seen[0].message, HasSubstr("it is not there"));
}

TEST_F(RelayRoutes, ReverseWithTlsShowsThePageToPlainHttp) {
  stage_.options.mode = ProxyMode::reverse;
  stage_.options.reverse_to = {kMpsd, 8443};
  for (const std::size_t chunk : {std::size_t{1}, kWhole}) {
    Play play(stage_.context(), chunk);
    play.client("GET / HTTP/1.1\r\nHost: proxy\r\n");
    EXPECT_EQ(play.to_client(), "");
    play.client("\r\n");
    EXPECT_THAT(play.to_client(), StartsWith("HTTP/1.1 200 "));
    EXPECT_TRUE(play.io().close);
    EXPECT_FALSE(play.io().connect);
  }
}

TEST_F(RelayRoutes, ReverseWithoutTlsIsTapped) {
  stage_.options.mode = ProxyMode::reverse;
  stage_.options.reverse_tls = false;
  stage_.options.reverse_to = {"localhost", 8080};
  Play play(stage_.context());
  EXPECT_EQ(play.connected(), (Destination{"localhost", 8080}));
  play.client(kRequest);
  play.upstream(kResponse);
  EXPECT_EQ(play.to_upstream(), kRequest);
  EXPECT_EQ(play.to_client(), kResponse);
  EXPECT_THAT(stage_.tap.told.content, ElementsAre(kRequest, kResponse));

  Play refused(stage_.context());
  refused.connect_fails(ConnectFailure::timed_out, "no answer");
  EXPECT_THAT(refused.to_client(), StartsWith("HTTP/1.1 504 "));
}

TEST_F(RelayRoutes, RedirectedConnectionsAreDecidedByWhatTheySay) {
  stage_.options.mode = ProxyMode::transparent;
  {
    Play play(stage_.context(), kWhole, redirected());
    EXPECT_EQ(play.connected(), (Destination{"192.0.2.44", 443}));
    intercepted(kWhole, play, "");
    EXPECT_EQ(stage_.counters.intercepted, 1u);
  }
  for (const auto& [host, read] : {std::pair{"sessiondirectory.xboxlive.com:80", 1u},
                                   {"SessionDirectory.XboxLive.com", 2u},
                                   {"example.com", 2u},
                                   {"[2001:db8::1]:80", 2u}}) {
    Play play(stage_.context(), 1, redirected());
    play.connected();
    const std::string request = std::string("GET / HTTP/1.1\r\nHost: ") + host + "\r\n\r\n";
    play.client(request);
    EXPECT_EQ(play.to_upstream(), request);
    EXPECT_EQ(stage_.counters.plain, read) << host;
  }
}

TEST_F(RelayRoutes, ARedirectedConnectionToTheProxyItselfGetsThePage) {
  stage_.options.mode = ProxyMode::transparent;
  RelayClient client = redirected();
  client.original = client.local;
  client.asks_itself = true;
  Play play(stage_.context(), 1, client);
  play.client("GET / HTTP/1.1\r\nHost: 192.0.2.1:8888\r\n\r\n");
  EXPECT_THAT(play.to_client(), StartsWith("HTTP/1.1 200 "));
  EXPECT_TRUE(play.io().close);
}

// TPROXY accepts a connection at the very address that it wants to go to.
TEST_F(RelayRoutes, AConnectionAcceptedAtItsDestinationIsNotForTheProxy) {
  stage_.options.mode = ProxyMode::transparent;
  RelayClient client = redirected();
  client.local = client.original;
  Play play(stage_.context(), 1, client);
  EXPECT_EQ(play.connected(), (Destination{"192.0.2.44", 443}));
}

TEST_F(RelayRoutes, ConnectToThePagesNameGetsThePage) {
  Play play(stage_.context());
  play.client("CONNECT mpsdscope:80 HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost: mpsdscope\r\n\r\n");
  const std::string answer = play.to_client();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\nHTTP/1.1 200 "));
  EXPECT_FALSE(play.io().connect);
  EXPECT_TRUE(play.io().close);
}

TEST_F(RelayRoutes, WhoSpeaksFirstOrSomethingElseIsTunnelled) {
  struct Case {
    const char* client;
    const char* upstream;
  };
  for (const auto& [client, upstream] :
       {Case{"", "220 mail.example ESMTP\r\n"}, Case{"SSH-2.0-x\r\n", "SSH-2.0-y\r\n"},
        Case{"\x16\x05garbage", "x"}}) {
    Play play(stage_.context());
    play.client("CONNECT sessiondirectory.xboxlive.com:443 HTTP/1.1\r\n\r\n");
    play.connected();
    play.to_client();
    play.client(client);
    play.upstream(upstream);
    EXPECT_EQ(play.to_client(), upstream);
    EXPECT_EQ(play.to_upstream(), client);
  }
  EXPECT_THAT(stage_.tap.told.begun, IsEmpty());
}

TEST_F(RelayRoutes, ADamagedHelloIsPassedOnUnread) {
  const std::string too_long = std::string("\x16\x03\x01\x40\x00\x01\x02\x00\x00", 9);
  for (const std::string& hello :
       {std::string("\x16\x03\x01\x00\x04\x02\x00\x00\x00", 9),
        std::string("\x16\x03\x01\x00\x00", 5),
        std::string("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03", 10),
        too_long + std::string(16380, 'x') + std::string("\x16\x03\x01\x40\x00", 5) +
            std::string(60'000, 'x')}) {
    stage_.events.seen.clear();
    Play play(stage_.context());
    play.client("CONNECT sessiondirectory.xboxlive.com:443 HTTP/1.1\r\n\r\n");
    play.connected();
    play.to_client();
    play.client(hello);
    EXPECT_THAT(stage_.events.names(), ElementsAre("client_error"));
    EXPECT_EQ(play.to_client(), "");
    EXPECT_EQ(play.to_upstream(), hello);
    play.upstream("\x15");
    EXPECT_EQ(play.to_client(), "\x15");
  }
  EXPECT_THAT(stage_.tap.told.begun, IsEmpty());
}

TEST_F(RelayRoutes, AnotherProxyIsAskedToConnect) {
  stage_.options.upstream_proxy = {"corp", 3128};
  stage_.options.upstream_proxy_credentials = "user:pass";
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{7}, kWhole}) {
    Play play(stage_.context(), chunk);
    play.client("CONNECT sessiondirectory.xboxlive.com:443 HTTP/1.1\r\n\r\n");
    EXPECT_EQ(play.connected(), (Destination{"corp", 3128}));
    EXPECT_EQ(play.to_client(), "");
    EXPECT_EQ(play.to_upstream(),
              "CONNECT sessiondirectory.xboxlive.com:443 HTTP/1.1\r\nHost: "
              "sessiondirectory.xboxlive.com:443\r\nProxy-Authorization: Basic "
              "dXNlcjpwYXNz\r\n\r\n");
    play.upstream("HTTP/1.1 200 Go on\r\nX: y\r\n\r\n");
    EXPECT_THAT(play.to_client(), StartsWith("HTTP/1.1 200 "));
    intercepted(chunk, play, "");
  }
}

TEST_F(RelayRoutes, AnotherProxyIsAskedForPlainHttp) {
  stage_.options.upstream_proxy = {"corp", 3128};
  stage_.options.upstream_proxy_credentials = "user:pass";
  Play play(stage_.context());
  play.client("GET http://a.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n");
  // Whether the client may go there is asked of what is beyond the proxy.
  ASSERT_NE(play.machine.beyond_proxy(), nullptr);
  EXPECT_EQ(*play.machine.beyond_proxy(), (Destination{"a.test", 80}));
  EXPECT_EQ(play.connected(), (Destination{"corp", 3128}));
  EXPECT_EQ(play.machine.beyond_proxy(), nullptr);
  EXPECT_EQ(play.to_upstream(),
            "GET http://a.test/x HTTP/1.1\r\nHost: a.test\r\nProxy-Authorization: Basic "
            "dXNlcjpwYXNz\r\n\r\n");
  play.upstream("HTTP/1.1 204 No\r\n\r\n");
  EXPECT_EQ(play.to_client(), "HTTP/1.1 204 No\r\n\r\n");
  EXPECT_EQ(stage_.tap.told.begun.at(0).server_name, "a.test");
}

TEST_F(RelayRoutes, AnotherProxyMayRefuse) {
  stage_.options.upstream_proxy = {"corp", 3128};
  struct Case {
    const char* answer;
    const char* told;
  };
  for (const auto& [answer, told] : {Case{"HTTP/1.1 407 Who are you\r\n\r\n", "--upstream-proxy"},
                                     Case{"HTTP/1.1 403 No\r\n\r\n", "403"},
                                     Case{"SSH-2.0\r\n\r\n", "HTTP"}, Case{"", "closed"}}) {
    stage_.events.seen.clear();
    Play play(stage_.context());
    play.client("CONNECT sessiondirectory.xboxlive.com:443 HTTP/1.1\r\n\r\n");
    play.connected();
    play.upstream(answer);
    if (*answer == '\0') play.upstream_ends();
    EXPECT_THAT(play.to_client(), StartsWith("HTTP/1.1 502 "));
    ASSERT_THAT(stage_.events.names(), ElementsAre("upstream_unreachable"));
    EXPECT_THAT(stage_.events.seen[0].message, HasSubstr(told));
    EXPECT_TRUE(play.io().close);
  }
}

TEST_F(RelayRoutes, PlainRequestsInAbsoluteFormAreForwardedAndTapped) {
  const std::string request =
      "GET http://sessiondirectory.xboxlive.com/x HTTP/1.1\r\n"
      "Host: sessiondirectory.xboxlive.com\r\n\r\n";
  Play play(stage_.context(), 5);
  play.client(request);
  EXPECT_EQ(play.connected(), (Destination{kMpsd, 80}));
  EXPECT_THAT(play.to_upstream(), StartsWith("GET /x HTTP/1.1\r\n"));
  play.upstream(kResponse);
  EXPECT_EQ(play.to_client(), kResponse);
  ASSERT_EQ(stage_.tap.told.begun.size(), 1u);
  EXPECT_EQ(stage_.tap.told.begun[0].server_name, kMpsd);
  EXPECT_THAT(stage_.tap.told.content, ElementsAre(request, kResponse));
  EXPECT_THAT(stage_.tap.told.wire, ElementsAre(request, kResponse));
  EXPECT_TRUE(play.machine.established());
}

TEST_F(RelayRoutes, EveryUpstreamConnectionOfPlainRequestsIsToldAsOne) {
  const auto request = [](const std::string& host) {
    return "GET http://" + host + "/x HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
  };
  Play play(stage_.context());
  std::string asked, answered;
  for (const char* host : {"a.xboxlive.com", "b.xboxlive.com", "b.xboxlive.com"}) {
    play.client(request(host));
    if (play.io().connect) {
      EXPECT_EQ(play.connected().host, host);
    }
    play.upstream(kResponse);
    asked += request(host);
    answered += kResponse;
  }
  const auto& told = stage_.tap.told;
  ASSERT_EQ(told.begun.size(), 2u);
  EXPECT_EQ(told.begun[0].server_name, "a.xboxlive.com");
  EXPECT_EQ(told.begun[1].authority, "b.xboxlive.com:80");
  EXPECT_THAT(told.ends, ElementsAre("to_server closed", "to_client closed"));
  EXPECT_THAT(told.content, ElementsAre(asked, answered));
  EXPECT_EQ(stage_.counters.plain, 1u);

  // What the proxy itself answers is no traffic of the service.
  play.client(request("gone.example"));
  play.connect_fails(ConnectFailure::refused, "refused");
  EXPECT_THAT(play.to_client(), HasSubstr("502"));
  EXPECT_THAT(told.content, ElementsAre(asked, answered));
  EXPECT_THAT(told.wire, ElementsAre(asked, answered));
}

TEST_F(RelayRoutes, TimesThatRunOutAreAnswered) {
  {
    Play play(stage_.context());
    play.client("CONNECT session");
    EXPECT_FALSE(play.machine.established());
    play.timeout();
    EXPECT_TRUE(play.io().abort);
  }
  {
    Play play(stage_.context());
    play.client("CONNECT sessiondirectory.xboxlive.com:443 HTTP/1.1\r\n\r\n");
    play.timeout();
    EXPECT_THAT(play.to_client(), StartsWith("HTTP/1.1 504 "));
    EXPECT_TRUE(play.io().close);
  }
  {
    Play play(stage_.context());
    play.client("CONNECT example.com:443 HTTP/1.1\r\n\r\n");
    play.connected();
    EXPECT_TRUE(play.machine.established());
    play.timeout();
    EXPECT_TRUE(play.io().close);
  }
  EXPECT_THAT(stage_.events.names(),
              ElementsAre("handshake_timeout", "handshake_timeout", "idle_timeout"));
}

TEST_F(RelayRoutes, HalfClosesOfTunnelsPass) {
  Play play(stage_.context());
  play.client("CONNECT example.com:443 HTTP/1.1\r\n\r\n");
  play.connected();
  play.client("ask");
  play.client_ends();
  EXPECT_TRUE(play.io().upstream.shutdown);
  EXPECT_FALSE(play.io().client.shutdown);
  play.to_client();
  play.upstream("answer");
  EXPECT_EQ(play.to_client(), "answer");
  play.upstream_ends();
  EXPECT_TRUE(play.io().client.shutdown);
}

}  // namespace
}  // namespace mpsdscope

#include "capture/proxy/http_greeting.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/capture/proxy/greeting_transcript.h"

namespace mpsdscope {
namespace {

using ::testing::AllOf;
using testing::greet;
using testing::Greeted;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::size_t kMaxHead = 400;

Greeted greet_http(std::string_view said, const ProxyAuth& auth = {}) {
  HttpGreeting whole(auth, kMaxHead);
  Greeted expected = greet(whole, said, said.size());
  for (std::size_t piece = 1; piece < said.size(); ++piece) {
    HttpGreeting greeting(auth, kMaxHead);
    EXPECT_EQ(greet(greeting, said, piece).outcome, expected.outcome) << piece << ": " << said;
    HttpGreeting again(auth, kMaxHead);
    EXPECT_EQ(greet(again, said, piece).answer, expected.answer) << piece << ": " << said;
  }
  return expected;
}

ProxyAuth auth() {
  return *ProxyAuth::parse("player:open sesame");
}

TEST(HttpGreeting, ReadsWhereToConnect) {
  struct Case {
    std::string target;
    std::string outcome;
  };
  for (const Case& c : {
           Case{"title.xboxlive.com:443", "title.xboxlive.com 443"},
           Case{"Title.XboxLive.com.:443", "Title.XboxLive.com. 443"},
           Case{"192.0.2.1:8443", "192.0.2.1 8443"},
           Case{"[2001:db8::1]:443", "2001:db8::1 443"},
           Case{"[::ffff:127.0.0.1]:65535", "::ffff:127.0.0.1 65535"},
           Case{"2130706433:80", "2130706433 80"},
           Case{"a_b-c.example:1", "a_b-c.example 1"},
       }) {
    const Greeted done =
        greet_http("CONNECT " + c.target + " HTTP/1.1\r\nHost: " + c.target + "\r\n\r\n");
    EXPECT_EQ(done.outcome, c.outcome);
    EXPECT_EQ(done.answer, "");
  }
}

TEST(HttpGreeting, LeavesWhatFollowsTheHead) {
  const Greeted done = greet_http("CONNECT a:443 HTTP/1.0\r\n\r\n\x16\x03\x01");
  EXPECT_EQ(done.outcome, "a 443");
  EXPECT_EQ(done.rest, "\x16\x03\x01");
}

TEST(HttpGreeting, SaysThatTheConnectionIsThere) {
  const ProxyAuth none;
  HttpGreeting greeting(none, kMaxHead);
  greet(greeting, "CONNECT a:443 HTTP/1.1\r\n\r\n", 100);
  ByteQueue out;
  greeting.connected(out);
  EXPECT_EQ(as_text(out.view()), "HTTP/1.1 200 Connection established\r\n\r\n");
}

TEST(HttpGreeting, SaysWhyThereIsNone) {
  struct Case {
    ConnectFailure failure;
    std::string status;
  };
  for (const Case& c : {
           Case{ConnectFailure::not_allowed, "403 Forbidden"},
           Case{ConnectFailure::no_such_host, "502 Bad Gateway"},
           Case{ConnectFailure::refused, "502 Bad Gateway"},
           Case{ConnectFailure::unreachable, "502 Bad Gateway"},
           Case{ConnectFailure::untrusted, "502 Bad Gateway"},
           Case{ConnectFailure::overloaded, "503 Service Unavailable"},
           Case{ConnectFailure::timed_out, "504 Gateway Timeout"},
       }) {
    const ProxyAuth none;
    HttpGreeting greeting(none, kMaxHead);
    greet(greeting, "CONNECT a:443 HTTP/1.1\r\n\r\n", 100);
    ByteQueue out;
    greeting.failed(c.failure, "a: nobody is there; look again", out);
    EXPECT_THAT(std::string(as_text(out.view())),
                AllOf(StartsWith("HTTP/1.1 " + c.status + "\r\n"), HasSubstr("Connection: close"),
                      HasSubstr("\r\nContent-Length: 42\r\n\r\nmpsdscope: a: nobody is there; "
                                "look again\n")));
    EXPECT_EQ(greeting.state(), Greeting::State::refused);
    EXPECT_EQ(greeting.problem(), "a: nobody is there; look again");
  }
}

TEST(HttpGreeting, LeavesOtherRequestsToTheForwarder) {
  for (const std::string said : {"GET http://a/ HTTP/1.1\r\n\r\n", "COPY / HTTP/1.1\r\n\r\n",
                                 "CONNECTED x", "\r\nGET", "CONNECT\tx"}) {
    const Greeted done = greet_http(said);
    EXPECT_EQ(done.outcome, "plain");
    EXPECT_EQ(done.rest, said);
    EXPECT_EQ(done.answer, "");
  }
}

TEST(HttpGreeting, WaitsForTheWholeHead) {
  const std::string said = "CONNECT a:443 HTTP/1.1\r\nX: y\r\n\r\n";
  for (std::size_t length = 0; length < said.size(); ++length) {
    EXPECT_EQ(greet_http(said.substr(0, length)).outcome, "reading");
  }
}

TEST(HttpGreeting, RefusesWhatIsNoTarget) {
  struct Case {
    std::string target;
    std::string problem;
  };
  for (const Case& c : {
           Case{"title.xboxlive.com", "no port"},
           Case{"a:", "1 to 65535"},
           Case{"a:0", "1 to 65535"},
           Case{"a:65536", "1 to 65535"},
           Case{"a:00443", ""},
           Case{"a:000443", "1 to 65535"},
           Case{"a:+1", "1 to 65535"},
           Case{"a:4 3", "no URI has"},
           Case{":443", "host is empty"},
           Case{"::1:443", "in brackets"},
           Case{"[::1", "without its end"},
           Case{"[::1]", "no port"},
           Case{"[::1]443", "1 to 65535"},
           Case{"[fe80::1%25eth0]:443", "zone"},
           Case{"[127.0.0.1]:443", "no IPv6"},
           Case{"user:secret@a:443", "user name"},
           Case{"a/b:443", "no host has"},
           Case{"a%2e:443", "no host has"},
           Case{"http://a:443", "several colons"},
           Case{std::string(255, 'a') + ":443", "too long"},
       }) {
    const Greeted done = greet_http("CONNECT " + c.target + " HTTP/1.1\r\n\r\n");
    if (c.problem.empty()) {
      EXPECT_EQ(done.outcome, "a 443");
      continue;
    }
    EXPECT_THAT(done.outcome, AllOf(StartsWith("refused: "), HasSubstr(c.problem))) << c.target;
    EXPECT_THAT(done.answer, AllOf(StartsWith("HTTP/1.1 4"), Not(HasSubstr("secret"))));
  }
}

TEST(HttpGreeting, RefusesWhatTwoParsersReadDifferently) {
  struct Case {
    std::string head;
    std::string problem;
  };
  for (const Case& c : {
           Case{"CONNECT a:443 HTTP/1.1\r\nX: y\r\n z\r\n\r\n", "obs-fold"},
           Case{"CONNECT a:443 HTTP/1.1\r\nX : y\r\n\r\n", "token"},
           Case{"CONNECT a:443 HTTP/1.1\r\n: y\r\n\r\n", "token"},
           Case{"CONNECT a:443 HTTP/1.1\r\nXy\r\n\r\n", "no colon"},
           Case{"CONNECT a:443 HTTP/1.1\r\nX: a\rb\r\n\r\n", "control"},
           Case{"CONNECT a:443 HTTP/1.1\r\nX: a\nY: b\r\n\r\n", "without CR"},
           Case{"CONNECT a:443 HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "content"},
           Case{"CONNECT a:443 HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
                "content"},
           Case{"CONNECT a:443 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "content"},
           Case{"CONNECT a:443 HTTP/2.0\r\n\r\n", "neither HTTP/1.1"},
           Case{"CONNECT a:443\r\n\r\n", "METHOD TARGET"},
           Case{"CONNECT  HTTP/1.1\r\n\r\n", "no URI"},
           Case{"CONNECT a:443  HTTP/1.1\r\n\r\n", "no URI"},
       }) {
    EXPECT_THAT(greet_http(c.head).outcome, AllOf(StartsWith("refused: "), HasSubstr(c.problem)))
        << c.head;
  }
  EXPECT_EQ(greet_http("CONNECT a:443 HTTP/1.1\r\nContent-Length: 0\r\n\r\n").outcome, "a 443");
}

TEST(HttpGreeting, AHeadIsBounded) {
  const std::string head = "CONNECT a:443 HTTP/1.1\r\nX: ";
  const std::string most = head + std::string(kMaxHead - head.size() - 4, 'y') + "\r\n\r\n";
  EXPECT_EQ(greet_http(most).outcome, "a 443");
  EXPECT_EQ(greet_http(most + std::string(1000, 'z')).outcome, "a 443");
  const Greeted more = greet_http(head + std::string(kMaxHead, 'y'));
  EXPECT_THAT(more.outcome, HasSubstr("larger than 400 bytes"));
  EXPECT_THAT(more.answer, StartsWith("HTTP/1.1 431 "));
}

TEST(HttpGreeting, TellsWhatTheClientSeemsToSpeak) {
  EXPECT_THAT(greet_http("\x16\x03\x01").outcome, HasSubstr("TLS"));
  EXPECT_THAT(greet_http("\x05\x01").outcome, HasSubstr("--mode socks5"));
  EXPECT_THAT(greet_http("\x04\x01").answer, HasSubstr("SOCKS"));
}

TEST(HttpGreeting, AsksForUserAndPassword) {
  const std::string head = "CONNECT a:443 HTTP/1.1\r\n";
  // "player:open sesame"
  const std::string right = "cGxheWVyOm9wZW4gc2VzYW1l";
  EXPECT_EQ(greet_http(head + "Proxy-Authorization: Basic " + right + "\r\n\r\n", auth()).outcome,
            "a 443");
  EXPECT_EQ(greet_http(head + "proxy-authorization: BASIC  " + right + "\r\n\r\n", auth()).outcome,
            "a 443");
  for (const std::string& fields : std::vector<std::string>{
           "",
           "Authorization: Basic " + right + "\r\n",
           "Proxy-Authorization: Bearer " + right + "\r\n",
           "Proxy-Authorization: Basic" + right + "\r\n",
           "Proxy-Authorization: Basic \r\n",
           "Proxy-Authorization: Basic " + right + "x\r\n",
           "Proxy-Authorization: Basic " + right + "*\r\n",
           "Proxy-Authorization: Basic " + right.substr(1) + "\r\n",
           "Proxy-Authorization: Basic cGxheWVyOm9wZW4gc2VzYW1m\r\n",
           "Proxy-Authorization: Basic cGxheWVy\r\n",
           "Proxy-Authorization: Basic " + right + "\r\nProxy-Authorization: Basic eA==\r\n",
       }) {
    const Greeted done = greet_http(head + fields + "\r\n", auth());
    EXPECT_THAT(done.outcome, HasSubstr("--proxy-auth")) << fields;
    EXPECT_THAT(done.answer, AllOf(StartsWith("HTTP/1.1 407 "),
                                   HasSubstr("\r\nProxy-Authenticate: Basic realm=\"mpsdscope\""),
                                   Not(HasSubstr("sesame")), Not(HasSubstr(right.substr(1)))));
  }
}

TEST(IsOwnPage, ByNameOnPort80) {
  EXPECT_TRUE(is_own_page({"mpsdscope", 80}));
  EXPECT_TRUE(is_own_page({"MPSDscope.", 80}));
  EXPECT_FALSE(is_own_page({"mpsdscope", 443}));
  EXPECT_FALSE(is_own_page({"mpsdscope.example", 80}));
}

}  // namespace
}  // namespace mpsdscope

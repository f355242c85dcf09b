#include "capture/proxy/socks_greeting.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/capture/proxy/greeting_transcript.h"

namespace mpsdscope {
namespace {

using ::testing::AllOf;
using testing::greet;
using testing::Greeted;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::string_literals;

Greeted greet_socks(const std::string& said, const ProxyAuth& auth = {}) {
  SocksGreeting whole(auth);
  Greeted expected = greet(whole, said, said.size());
  for (std::size_t piece = 1; piece < said.size(); ++piece) {
    SocksGreeting greeting(auth);
    EXPECT_EQ(greet(greeting, said, piece), expected) << piece;
  }
  return expected;
}

const std::string kNoAuth = "\x05\x01\x00"s;
const std::string kChosen = "\x05\x00"s;
const std::string kName = "\x05\x01\x00\x03\x05title\x01\xbb"s;

TEST(SocksGreeting, ReadsWhereToConnect) {
  const Greeted name = greet_socks(kNoAuth + kName + "rest");
  EXPECT_EQ(name.outcome, "title 443");
  EXPECT_EQ(name.answer, kChosen);
  EXPECT_EQ(name.rest, "rest");
  EXPECT_EQ(greet_socks(kNoAuth + "\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50"s).outcome,
            "192.0.2.1 80");
  EXPECT_EQ(greet_socks(kNoAuth + "\x05\x01\x00\x04\x20\x01\x0d\xb8"s + std::string(11, '\0') +
                        "\x01\x20\xfb"s)
                .outcome,
            "2001:db8::1 8443");
  EXPECT_EQ(greet_socks("\x05\x03\x01\x02\x00"s + kName).outcome, "title 443");
}

TEST(SocksGreeting, AnIpv4AddressWithinIpv6IsThatAddress) {
  EXPECT_EQ(greet_socks(kNoAuth + "\x05\x01\x00\x04"s + std::string(10, '\0') +
                        "\xff\xff\x7f\x00\x00\x01\x00\x50"s)
                .outcome,
            "127.0.0.1 80");
}

TEST(SocksGreeting, WaitsForTheWholeRequest) {
  const std::string said = kNoAuth + kName;
  for (std::size_t length = 0; length < said.size(); ++length) {
    EXPECT_EQ(greet_socks(said.substr(0, length)).outcome, "reading");
  }
}

TEST(SocksGreeting, SaysHowTheConnectionWent) {
  struct Case {
    ConnectFailure failure;
    char reply;
  };
  for (const Case& c : {
           Case{ConnectFailure::not_allowed, 2},
           Case{ConnectFailure::no_such_host, 4},
           Case{ConnectFailure::refused, 5},
           Case{ConnectFailure::unreachable, 3},
           Case{ConnectFailure::timed_out, 4},
           Case{ConnectFailure::untrusted, 1},
           Case{ConnectFailure::overloaded, 1},
       }) {
    const ProxyAuth none;
    SocksGreeting greeting(none);
    greet(greeting, kNoAuth + kName, 100);
    ByteQueue out;
    greeting.failed(c.failure, "title: no", out);
    EXPECT_EQ(as_text(out.view()), "\x05"s + c.reply + "\x00\x01\x00\x00\x00\x00\x00\x00"s);
    EXPECT_EQ(greeting.state(), Greeting::State::refused);
    EXPECT_EQ(greeting.problem(), "title: no");
  }
  const ProxyAuth none;
  SocksGreeting greeting(none);
  greet(greeting, kNoAuth + kName, 100);
  ByteQueue out;
  greeting.connected(out);
  EXPECT_EQ(as_text(out.view()), "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"s);
}

TEST(SocksGreeting, RefusesWhatItCannotDo) {
  struct Case {
    std::string said;
    std::string problem;
    std::string answer;
  };
  const auto reply = [](char code) {
    return kChosen + "\x05"s + code + "\x00\x01\x00\x00\x00\x00\x00\x00"s;
  };
  for (const Case& c : {
           Case{"\x04\x01\x00\x50\x7f\x00\x00\x01\x00"s, "SOCKS4", "\0\x5b\0\0\0\0\0\0"s},
           Case{"\x05\x01\x01"s, "without authentication", "\x05\xff"},
           Case{"\x05\x00"s, "without authentication", "\x05\xff"},
           Case{kNoAuth + "\x05\x02\x00\x01\xc0\x00\x02\x01\x00\x50"s, "BIND", reply(7)},
           Case{kNoAuth + "\x05\x03\x00\x03\x01\x61\x00\x50"s, "UDP", reply(7)},
           Case{kNoAuth + "\x05\x01\x00\x02\x00"s, "unknown type", reply(8)},
           Case{kNoAuth + "\x05\x01\x00\x03\x00\x00\x50"s, "cannot be", reply(1)},
           Case{kNoAuth + "\x05\x01\x00\x03\x01\x61\x00\x00"s, "cannot be", reply(1)},
           Case{kNoAuth + "\x05\x01\x00\x03\x03\x61\x00\x62\x00\x50"s, "cannot be", reply(1)},
           Case{kNoAuth + "\x05\x01\x00\x03\x03"s + "a\nb" + "\x00\x50"s, "cannot be", reply(1)},
           Case{kNoAuth + "\x04\x01"s, "wrong version", reply(1)},
           Case{"\x16\x03\x01"s, "SOCKS5", ""},
       }) {
    const Greeted done = greet_socks(c.said);
    EXPECT_THAT(done.outcome, AllOf(StartsWith("refused: "), HasSubstr(c.problem)));
    EXPECT_EQ(done.answer, c.answer) << c.problem;
  }
}

TEST(SocksGreeting, AnHttpClientReadsWhatToDo) {
  EXPECT_THAT(greet_socks("GET http://a/ HTTP/1.1\r\n").answer,
              AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("SOCKS5")));
}

TEST(SocksGreeting, AsksForUserAndPassword) {
  const ProxyAuth auth = *ProxyAuth::parse("player:secret");
  const std::string methods = "\x05\x02\x00\x02"s;
  const Greeted right = greet_socks(methods + "\x01\x06player\x06secret"s + kName, auth);
  EXPECT_EQ(right.outcome, "title 443");
  EXPECT_EQ(right.answer, "\x05\x02\x01\x00"s);
  for (const std::string& wrong : {"\x01\x06player\x06secreT"s, "\x01\x06player\x05secre"s,
                                   "\x01\x00\x00"s, "\x01\x01:\x0bplayersecret"s,
                                   "\x01\x0dplayer:secret\x00"s, "\x01\x06player\x07secret\x00"s}) {
    const Greeted done = greet_socks(methods + wrong + kName, auth);
    EXPECT_THAT(done.outcome, HasSubstr("is wrong")) << wrong;
    EXPECT_EQ(done.answer, "\x05\x02\x01\x01"s);
  }
  const Greeted none = greet_socks(kNoAuth, auth);
  EXPECT_THAT(none.outcome, HasSubstr("--proxy-auth"));
  EXPECT_EQ(none.answer, "\x05\xff");
}

TEST(ProxyAuth, IsUserAndPassword) {
  for (const std::string& wrong : {""s, ":"s, "user"s, "user:"s, ":pass"s,
                                   std::string(256, 'u') + ":p", "u:" + std::string(256, 'p')}) {
    const auto parsed = ProxyAuth::parse(wrong);
    ASSERT_FALSE(parsed.ok()) << wrong;
    EXPECT_THAT(parsed.error().message, HasSubstr("USER:PASSWORD"));
  }
  const ProxyAuth colons = *ProxyAuth::parse("user:pass:word");
  EXPECT_TRUE(colons.admits("user", "pass:word"));
  EXPECT_FALSE(colons.admits("user:pass", "word"));
  EXPECT_TRUE(ProxyAuth().admits("any", "thing"));
  EXPECT_FALSE(ProxyAuth().required());
}

}  // namespace
}  // namespace mpsdscope

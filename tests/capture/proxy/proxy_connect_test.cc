#include "capture/proxy/proxy_connect.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

using ::testing::HasSubstr;

struct Answered {
  ProxyConnect::State state;
  std::string rest;
  std::string problem;
};

// Whole and byte by byte: the same comes of it.
Answered answer(std::string said) {
  const auto play = [&](std::size_t piece) {
    ProxyConnect connect({"title.test", 443}, "", 200);
    Answered done{ProxyConnect::State::reading, "", ""};
    std::string_view rest = said;
    while (!rest.empty() && done.state == ProxyConnect::State::reading) {
      const std::string part(rest.substr(0, piece));
      Bytes bytes = as_bytes(part);
      done.state = connect.read(bytes);
      rest.remove_prefix(part.size() - bytes.size());
    }
    done.rest = rest;
    done.problem = connect.problem();
    return done;
  };
  Answered whole = play(said.size());
  EXPECT_EQ(play(1).state, whole.state) << said;
  EXPECT_EQ(play(1).problem, whole.problem) << said;
  return whole;
}

TEST(ProxyConnect, AsksWithItsCredentials) {
  EXPECT_EQ(ProxyConnect({"2001:db8::1", 443}, "player:secret", 200).request(),
            "CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n"
            "Proxy-Authorization: Basic cGxheWVyOnNlY3JldA==\r\n\r\n");
  EXPECT_EQ(ProxyConnect({"title.test", 443}, "", 200).request(),
            "CONNECT title.test:443 HTTP/1.1\r\nHost: title.test:443\r\n\r\n");
}

TEST(ProxyConnect, LeavesWhatFollowsTheAnswer) {
  const Answered done = answer("HTTP/1.1 200 Connected\r\nX: y\r\n\r\n\x16\x03");
  EXPECT_EQ(done.state, ProxyConnect::State::connected);
  EXPECT_EQ(done.rest, "\x16\x03");
}

// Proxies that permit CONNECT for HTTPS only are the rule.
TEST(ProxyConnect, SaysWhichPortWouldHaveToBePermitted) {
  for (const std::uint16_t port : {std::uint16_t{80}, std::uint16_t{443}}) {
    ProxyConnect connect({"title.test", port}, "", 200);
    Bytes answer = as_bytes("HTTP/1.1 403 No\r\n\r\n");
    EXPECT_EQ(connect.read(answer), ProxyConnect::State::refused);
    EXPECT_EQ(connect.problem().find("let it permit port 80") != std::string::npos, port == 80)
        << connect.problem();
  }
}

TEST(ProxyConnect, SaysWhyItIsRefused) {
  struct Case {
    std::string said;
    std::string problem;
  };
  for (const Case& c : {
           Case{"HTTP/1.1 407 No\r\n\r\n", "--upstream-proxy"},
           Case{"HTTP/1.1 503 Busy\r\n\r\n", "503"},
           Case{"SSH-2.0-x\r\n\r\n", "not answer in HTTP"},
           Case{"HTTP/1.1 200 OK\n\n", "without CR"},
           Case{"HTTP/1.1 200 OK\r\nX: " + std::string(300, 'y'), "no end"},
       }) {
    const Answered done = answer(c.said);
    EXPECT_EQ(done.state, ProxyConnect::State::refused) << c.said;
    EXPECT_THAT(done.problem, HasSubstr(c.problem));
  }
}

}  // namespace
}  // namespace mpsdscope

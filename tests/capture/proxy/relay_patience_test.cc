// How long a RelayMachine waits, and what for.
#include <algorithm>

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

const std::string kConnect = "CONNECT sessiondirectory.xboxlive.com:443 HTTP/1.1\r\n\r\n";

class RelayPatience : public ::testing::Test {
 protected:
  ProxyStage stage_;
};

TEST_F(RelayPatience, ADamagedHelloToUsEndsTheConnection) {
  stage_.options.mode = ProxyMode::reverse;
  stage_.options.reverse_to = {kMpsd, 443};
  Play play(stage_.context());
  play.client(std::string("\x16\x03\x01\x00\x00", 5));
  EXPECT_THAT(stage_.events.names(), ElementsAre("client_error"));
  EXPECT_EQ(play.to_client().front(), '\x15');
  EXPECT_TRUE(play.io().close);
}

// The first bytes of a protocol whose server answers them may look like those of a request.
TEST_F(RelayPatience, WhatStaysUndecidedIsPassedOn) {
  struct Case {
    const char* begin;
    bool passed;
  };
  for (const auto& [begin, passed] :
       {Case{"GE", true}, Case{"PRI", true}, Case{"\x16\x03", false}, Case{"", false}}) {
    Play play(stage_.context());
    play.client(kConnect);
    play.machine.on_pause();  // not connected yet
    play.connected();
    play.client(begin);
    EXPECT_EQ(play.to_upstream(), "");
    play.machine.on_pause();
    EXPECT_EQ(play.machine.established(), passed) << begin;
    EXPECT_EQ(as_text(play.io().upstream.out.view()), passed ? begin : "");
  }
  EXPECT_THAT(stage_.events.seen, IsEmpty());
}

// Nobody holds a connection for the idle time with a request that does not end.
TEST_F(RelayPatience, EveryRequestHasTheHandshakeTime) {
  Play play(stage_.context());
  const auto errand = [&] { return play.machine.errand(); };
  EXPECT_NE(errand(), 0u);
  play.client("\r\n");
  EXPECT_NE(errand(), 0u);
  std::vector<std::uint64_t> errands;
  for (const std::string host : {"a.test", "b.test"}) {
    play.client("G");
    errands.push_back(errand());
    play.client("ET http://");
    EXPECT_EQ(errand(), errands.back());
    play.client(host + "/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    errands.push_back(errand());
    play.connected();
    EXPECT_EQ(errand(), 0u);
    play.upstream("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    EXPECT_EQ(errand(), 0u);
  }
  std::sort(errands.begin(), errands.end());
  EXPECT_EQ(std::unique(errands.begin(), errands.end()), errands.end());
  EXPECT_NE(errands.front(), 0u);
  play.to_client();
  play.client("GET ");
  play.timeout();
  EXPECT_THAT(play.to_client(), StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(play.io().close);
}

TEST_F(RelayPatience, AnUpstreamProxyMustAnswerInTime) {
  stage_.options.upstream_proxy = {"corp", 3128};
  Play play(stage_.context());
  play.client("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n");
  play.connected();
  EXPECT_FALSE(play.machine.established());
  play.timeout();
  const std::string answer = play.to_client();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 504 "));
  EXPECT_THAT(answer, HasSubstr("the upstream proxy did not connect in time"));
}

}  // namespace
}  // namespace mpsdscope

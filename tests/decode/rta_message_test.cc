#include "decode/rta_message.h"

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

using Kind = RtaMessage::Kind;

RtaMessage read(std::string_view text, bool from_server) {
  RtaMessage message;
  read_rta_message(text, from_server, message);
  return message;
}

TEST(RtaMessage, ReadsWhatAClientSends) {
  const RtaMessage subscribe = read(R"([1,7,"https://a.example/connections/"])", false);
  EXPECT_EQ(subscribe.kind, Kind::subscribe);
  EXPECT_EQ(subscribe.sequence, 7);
  EXPECT_EQ(subscribe.uri, "https://a.example/connections/");
  const RtaMessage unsubscribe = read("[2, 8, 4711]", false);
  EXPECT_EQ(unsubscribe.kind, Kind::unsubscribe);
  EXPECT_EQ(unsubscribe.sequence, 8);
  EXPECT_EQ(unsubscribe.subscription, 4711);
  EXPECT_FALSE(unsubscribe.code);
}

TEST(RtaMessage, ReadsAnswers) {
  const RtaMessage subscribed = read(R"([1,7,0,4711,{"ConnectionId":"8C1D"}])", true);
  EXPECT_EQ(subscribed.sequence, 7);
  EXPECT_EQ(subscribed.code, 0);
  EXPECT_EQ(subscribed.subscription, 4711);
  EXPECT_EQ(subscribed.connection_id, "8C1D");
  EXPECT_EQ(read("[1,7,1003]", true).code, 1003);
  EXPECT_EQ(read("[2,8,0]", true).code, 0);
  EXPECT_EQ(read("[4]", true).kind, Kind::resync);
}

TEST(RtaMessage, ReadsShoulderTapsOfSessions) {
  const RtaMessage event = read(
      R"([3,4711,{"ncid":"n","shoulderTaps":[
        {"timestamp":"t","subscription":"s","resourceType":"mpsd/session","resource":"a~b~c","branch":"d","changeNumber":5},
        {"resourceType":"other/thing","resource":"x~y~z","changeNumber":1},
        {"resourceType":"MPSD/Session","resource":"a~b~e"}, 7]}])",
      true);
  EXPECT_EQ(event.kind, Kind::event);
  EXPECT_EQ(event.subscription, 4711);
  ASSERT_EQ(event.taps.size(), 2u);
  EXPECT_EQ(event.taps[0].resource, "a~b~c");
  EXPECT_EQ(event.taps[0].branch, "d");
  EXPECT_EQ(event.taps[0].change_number, 5);
  EXPECT_EQ(event.taps[1].resource, "a~b~e");
  EXPECT_FALSE(event.taps[1].change_number);
  // Events of other services.
  EXPECT_TRUE(read(R"([3,1,{"presence":"online"}])", true).taps.empty());
  EXPECT_TRUE(read(R"([3,1,{"shoulderTaps":{}}])", true).taps.empty());
}

TEST(RtaMessage, SurvivesAnythingElse) {
  for (const char* text : {"", "[]", "[", "{}", "null", "[0]", "[5,1]", "[-1]", "[\"1\"]", "[1.5]",
                           "[99999999999999999999]", "\xFF\xFE", "[[1]]"}) {
    EXPECT_EQ(read(text, true).kind, Kind::none) << text;
    EXPECT_EQ(read(text, false).kind, Kind::none) << text;
  }
  for (const char* text : {"[1]", "[3]", "[3,[],[]]", "[1,{},{},{},{}]",
                           R"([3,1,{"shoulderTaps":[]}])", R"([1,1,0,1,{"ConnectionId":{}}])"}) {
    const RtaMessage message = read(text, true);
    EXPECT_NE(message.kind, Kind::none) << text;
    EXPECT_TRUE(message.connection_id.empty());
  }
}

TEST(RtaMessage, IsBounded) {
  std::string taps;
  for (int i = 0; i < 2'000; ++i) {
    taps += R"({"resourceType":"mpsd/session","resource":"a~b~c"},)";
  }
  EXPECT_EQ(read("[3,1,{\"shoulderTaps\":[" + taps + "1]}]", true).taps.size(), 1'024u);
  EXPECT_EQ(read("[1,1,\"" + std::string(1'025, 'u') + "\"]", false).uri, "");
}

TEST(RtaMessage, ClearsToEmpty) {
  RtaMessage message = read(R"([1,7,0,4711,{"ConnectionId":"8C1D"}])", true);
  message.clear();
  EXPECT_EQ(message.kind, Kind::none);
  EXPECT_FALSE(message.sequence || message.code || message.subscription || message.from_server);
  EXPECT_TRUE(message.connection_id.empty());
}

}  // namespace
}  // namespace mpsdscope

#include "rules/rta/rta.h"

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/engine.h"
#include "tests/rules/testing/exchanges.h"

namespace mpsdscope {
namespace {

using testing::at_ms;
using testing::Built;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kScid;
using testing::session_json;
using testing::session_path;

constexpr std::string_view kConnection = "8C1D5C6B-0001";
const std::string kConnections = "https://sessiondirectory.xboxlive.com/connections/";

// An engine that hears messages of websocket 9 and calls, a second apart each.
class Rtas {
 public:
  std::string client(std::string_view text) {
    return message(text, false, Exchange::Kind::message);
  }
  std::string server(std::string_view text) { return message(text, true, Exchange::Kind::message); }
  std::string ends() { return message("", true, Exchange::Kind::end_of_messages); }

  void subscribe(std::string_view id = kConnection) {
    client("[1,1,\"" + kConnections + "\"]");
    server("[1,1,0,4711,{\"ConnectionId\":\"" + std::string(id) + "\"}]");
  }

  // A call of user 77 that names the connection, or reads.
  void join(std::string_view id = kConnection, int status = 201, std::string_view query = "",
            std::string_view xuid = "77") {
    Built built("PUT", session_path() + std::string(query), status);
    built.ask_body("{\"members\":{\"me\":{\"constants\":{\"system\":{\"xuid\":\"" +
                   std::string(xuid) + "\"}},\"properties\":{\"system\":{\"connection\":\"" +
                   std::string(id) + "\"}}}}}");
    built.ask("Authorization", "XBL3.0 x=" + std::string(xuid) + "00;t");
    call(built.json(session_json()));
  }
  std::optional<CaptureTime> since(std::string_view path = session_path(),
                                   std::string_view xuid = "77") {
    Built built("GET", path, 200);
    built.field("X-Xbl-Debug", "user0=" + std::string(xuid));
    call(built.json(session_json()));
    return engine.rta().subscribed_since(*last);
  }

  // Any call of user 77.
  void call(std::string_view method, std::string_view below, int status, std::string_view body) {
    Built built(method, session_path() + std::string(below), status);
    call(built.ask_body(body).field("X-Xbl-Debug", "user0=77"));
  }

  Engine engine{RuleSettings()};
  std::string hash = "7700";  // of who opened the websocket
  std::uint64_t conn = 9;

 private:
  void call(Built& built) {
    built.time(now += 1'000);
    last = examined(built);
    engine.judge(*last);
  }

  // What was told: "tap harbour 5; …".
  std::string message(std::string_view text, bool from_server, Exchange::Kind kind) {
    auto call = std::make_unique<Call>();
    call->exchange = std::make_unique<Exchange>();
    Exchange& exchange = *call->exchange;
    exchange.kind = kind;
    exchange.conn = conn;
    exchange.stream = 1;
    (from_server ? exchange.response.present : exchange.request.present) = true;
    (from_server ? exchange.response.body : exchange.request.body) = text;
    now += 1'000;
    exchange.request.end = exchange.response.end = exchange.decided = at_ms(now);
    if (!hash.empty()) exchange.request.fields.add("Authorization", "XBL3.0 x=" + hash + ";t");
    examine(*call, RuleSettings());
    std::string all;
    for (const Notification& told : engine.hear(*call)) {
      EXPECT_EQ(told.at, at_ms(now));
      EXPECT_EQ(told.conn, conn);
      if (!all.empty()) all += "; ";
      all += name_of(told.kind);
      for (const std::string* part : {&told.session.session, &told.user}) {
        if (!part->empty()) all += " " + *part;
      }
      if (told.change_number) all += " " + std::to_string(*told.change_number);
      if (told.code) all += " code " + std::to_string(*told.code);
      if (told.member) all += " member";
    }
    return all;
  }

  std::int64_t now = 1'000'000;
  CallPtr last;
};

std::string tap(std::string_view session, std::string_view more = "") {
  return "{\"resourceType\":\"mpsd/session\",\"resource\":\"" + std::string(kScid) + "~lobby~" +
         std::string(session) + "\"" + std::string(more) + "}";
}
std::string event(const std::string& taps) {
  return "[3,4711,{\"ncid\":\"n\",\"shoulderTaps\":[" + taps + "]}]";
}

TEST(IsRta, BySubprotocolElseByHost) {
  const auto rta = [](std::string_view host, const char* subprotocol) {
    Built built("GET", "/connect", 101);
    built.host(host);
    if (subprotocol != nullptr) built.field("Sec-WebSocket-Protocol", subprotocol);
    return is_rta(built.exchange());
  };
  EXPECT_TRUE(rta("rta.xboxlive.com", "rta.xboxlive.com.V2"));
  EXPECT_TRUE(rta("rta.xboxlive.com:443", "rta.xboxlive.com.v1"));
  EXPECT_TRUE(rta("localhost:8443", "rta.xboxlive.com.V2"));
  EXPECT_TRUE(rta("RTA.xboxlive.com", nullptr));
  EXPECT_FALSE(rta("rta.xboxlive.com", "mqtt"));
  EXPECT_FALSE(rta("rta.xboxlive.com.example", nullptr));
  EXPECT_FALSE(rta("chat.example", nullptr));
}

TEST(Rta, FollowsASubscriptionFromQuestionToEnd) {
  Rtas rta;
  EXPECT_EQ(rta.client("[1,1,\"" + kConnections + "\"]"), "");
  EXPECT_EQ(rta.server("[1,1,0,4711,{\"ConnectionId\":\"8c1d\"}]"), "subscribed hash:7700");
  EXPECT_EQ(rta.server("[1,2,1003]"), "refused hash:7700 code 1003");
  EXPECT_EQ(rta.server("[4]"), "resync hash:7700");
  EXPECT_EQ(rta.client("[2,3,4712]"), "");  // of no subscription
  EXPECT_EQ(rta.client("[2,3,4711]"), "unsubscribed hash:7700");
  EXPECT_EQ(rta.server("[2,3,0]"), "");
  EXPECT_EQ(rta.ends(), "");  // nothing was subscribed any more
  EXPECT_EQ(rta.engine.rta().counts().messages, 7u);
  EXPECT_EQ(rta.engine.rta().counts().subscriptions, 1u);
}

TEST(Rta, JoinsTapsToSessions) {
  Rtas rta;
  rta.subscribe();
  EXPECT_EQ(rta.server(event(tap("HARBOUR", ",\"changeNumber\":1"))), "tap HARBOUR hash:7700 1");
  rta.join();
  // As the calls spell it; several at once; the last one of a session without a number.
  EXPECT_EQ(rta.server(event(tap("harbour", ",\"changeNumber\":4") + "," + tap("other"))),
            "tap harbour 77 4 member; tap other 77");
  EXPECT_EQ(rta.server(event(tap("harbour"))), "tap harbour 77 member");
  EXPECT_EQ(rta.server("[3,4711,{\"presence\":1}]"), "");
  EXPECT_EQ(rta.engine.rta().counts().taps, 4u);
  EXPECT_EQ(rta.ends(), "closed 77");
}

TEST(Rta, AnXuidOfTheSessionNamesTheUserOfTheWebsocket) {
  Rtas rta;
  rta.hash.clear();
  rta.subscribe();
  EXPECT_EQ(rta.server(event(tap("harbour"))), "tap harbour");
  rta.join("8c1d5c6b-0001");  // in another case
  EXPECT_EQ(rta.server(event(tap("harbour"))), "tap harbour 77 member");
}

TEST(Rta, KnowsSinceWhenAUserIsTold) {
  Rtas rta;
  EXPECT_EQ(rta.since(), std::nullopt);
  rta.subscribe();  // at 1,003 s
  EXPECT_EQ(rta.since(), std::nullopt);
  rta.join();  // at 1,005 s
  EXPECT_EQ(rta.since(), at_ms(1'005'000));
  rta.join();  // says it again
  EXPECT_EQ(rta.since(), at_ms(1'005'000));
  EXPECT_EQ(rta.since(session_path() + "2"), std::nullopt);  // another session
  EXPECT_EQ(rta.since(session_path(), "78"), std::nullopt);  // another user
  EXPECT_EQ(rta.since(session_path() + "/members/me"), at_ms(1'005'000));
  rta.client("[2,2,4711]");
  EXPECT_EQ(rta.since(), std::nullopt);
}

TEST(Rta, NobodyIsToldAfterTheEnd) {
  Rtas rta;
  rta.join();
  rta.subscribe();
  EXPECT_EQ(rta.since(), at_ms(1'003'000));
  rta.ends();
  EXPECT_EQ(rta.since(), std::nullopt);
  // A new websocket has a new id, which the session must be given.
  rta.conn = 10;
  rta.subscribe("8c1d5c6b-0002");
  EXPECT_EQ(rta.since(), std::nullopt);
  rta.join("8c1d5c6b-0002", 200);
  EXPECT_NE(rta.since(), std::nullopt);
}

TEST(Rta, ADryRunOrARefusalNamesNoConnection) {
  Rtas rta;
  rta.subscribe();
  rta.join(kConnection, 200, "?nocommit=true");
  EXPECT_EQ(rta.since(), std::nullopt);
  rta.join(kConnection, 412);
  EXPECT_EQ(rta.since(), std::nullopt);
}

// A call of the member, with a body.
struct OwnCall {
  const char* method;
  const char* below;  // the session's path
  int status;
  const char* body;
};

TEST(Rta, WhoeverLeftIsToldNoMore) {
  const std::vector<std::pair<OwnCall, bool>> cases{
      {{"PUT", "", 200, R"({"members":{"me":null}})"}, false},
      {{"PUT", "", 204, R"({"members":{"me":null}})"}, false},
      {{"PUT", "", 204, R"({"properties":{}})"}, false},  // it deleted the session
      {{"DELETE", "/members/me", 204, ""}, false},
      {{"DELETE", "/Members/ME", 200, ""}, false},
      {{"PUT", "", 200, R"({"members":{"me":{"properties":{"system":{"connection":null}}}}})"},
       false},
      {{"PUT", "/members/me", 200, R"({"properties":{"system":{"connection":null}}})"}, false},
      {{"PUT", "/members/me/properties/system", 200, R"({"connection":null})"}, false},
      {{"PUT", "/members/me/properties/system/connection", 200, "null"}, false},
      {{"DELETE", "/members/me/properties/system/connection", 204, ""}, false},
      {{"PUT", "/members/me/properties/system/other", 200, "null"}, true},
      {{"DELETE", "/members/3/properties/system/connection", 204, ""}, true},
      {{"PUT", "", 412, R"({"members":{"me":null}})"}, true},  // did not leave
      {{"PUT", "?nocommit=true", 200, R"({"members":{"me":null}})"}, true},
      {{"DELETE", "/members/3", 204, ""}, true},
      {{"DELETE", "/members/me/properties/custom/x", 204, ""}, true},
      {{"PUT", "/members/me", 200, R"({"properties":{"custom":{}}})"}, true},
      {{"PUT", "/properties/system", 200, R"({"connection":null})"}, true},
      {{"GET", "", 200, ""}, true},
  };
  for (const auto& [own, told] : cases) {
    Rtas rta;
    rta.subscribe();
    rta.join();
    rta.call(own.method, own.below, own.status, own.body);
    EXPECT_EQ(rta.since().has_value(), told) << own.method << own.below << own.body;
    // The change itself, which ended it, is still told to the member.
    EXPECT_EQ(rta.server(event(tap("harbour"))), "tap harbour 77 member");
    rta.join();  // again
    EXPECT_TRUE(rta.since());
  }
}

TEST(Rta, AConnectionCanBeNamedToAnElement) {
  const std::string id = "\"" + std::string(kConnection) + "\"";
  const std::vector<std::tuple<std::string, std::string, bool>> cases{
      {"", R"({"members":{"me":{"properties":{"system":{"connection":)" + id + "}}}}}", true},
      {"/members/me", R"({"properties":{"system":{"connection":)" + id + "}}}", true},
      {"/members/me/properties", R"({"system":{"connection":)" + id + "}}", true},
      {"/members/me/properties/system", R"({"active":true,"connection":)" + id + "}", true},
      {"/members/me/properties/system/connection", id, true},
      {"/Members/Me/Properties/System/Connection", ' ' + id, true},
      {"/members/me/properties/custom/connection", id, false},
      {"/members/me/properties/system", id, false},
      {"/members/3/properties/system/connection", id, false},
      {"", id, false},
      {"/properties", R"({"system":{"connection":)" + id + "}}", false},
      {"/servers/s/properties/system", R"({"connection":)" + id + "}", false},
      {"/members/3/properties/system", R"({"connection":)" + id + "}", false},
  };
  for (const auto& [below, body, told] : cases) {
    Rtas rta;
    rta.subscribe();
    rta.call("PUT", below, 200, body);
    EXPECT_EQ(rta.since().has_value(), told) << below;
  }
}

// Other methods know no dry run.
TEST(Rta, OnlyAPutCanBeADryRun) {
  Rtas rta;
  rta.subscribe();
  rta.join();
  rta.call("DELETE", "/members/me?nocommit=true", 204, "");
  EXPECT_FALSE(rta.since());
}

TEST(Rta, AnAnswerAloneIsASubscription) {
  Rtas rta;
  rta.server("[1,1,0,4711,{\"ConnectionId\":\"" + std::string(kConnection) + "\"}]");
  rta.join();
  EXPECT_NE(rta.since(), std::nullopt);
  EXPECT_EQ(rta.client("[2,2,4711]"), "unsubscribed 77");
  EXPECT_EQ(rta.since(), std::nullopt);
}

TEST(Rta, IsBounded) {
  RtaLimits limits;
  limits.max_connections = 2;
  limits.max_active = 3;
  Rta rta(limits);
  Call message;
  message.exchange = std::make_unique<Exchange>();
  message.exchange->kind = Exchange::Kind::message;
  for (std::uint64_t conn = 1; conn <= 5; ++conn) {
    message.exchange->conn = conn;
    for (std::int64_t i = 1; i <= 10; ++i) {
      message.rta = {};
      message.rta.kind = RtaMessage::Kind::subscribe;
      message.rta.sequence = i;
      rta.hear(message);
      message.rta.from_server = true;
      message.rta.code = 0;
      message.rta.subscription = i;
      rta.hear(message);
    }
  }
  EXPECT_EQ(rta.forgotten(), 3u);
  message.rta = {};
  message.rta.kind = RtaMessage::Kind::unsubscribe;
  message.rta.subscription = 3;
  rta.hear(message);
  EXPECT_EQ(rta.notifications().size(), 1u);
  message.rta.subscription = 4;
  rta.hear(message);
  EXPECT_THAT(rta.notifications(), IsEmpty());
}

}  // namespace
}  // namespace mpsdscope

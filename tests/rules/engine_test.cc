#include "rules/engine.h"

#include <gtest/gtest.h>

#include "rules/identity.h"
#include "tests/rules/testing/exchanges.h"

namespace mpsdscope {
namespace {

using testing::Built;
using testing::examined;
using testing::kHandle;
using testing::kScid;
using testing::session_json;
using testing::session_path;

bool mpsd(std::string_view host, std::string_view target = "/x",
          const RuleSettings& settings = RuleSettings()) {
  Built built("GET", target, 200);
  return is_mpsd(built.host(host).exchange(), settings);
}

TEST(IsMpsd, ByHost) {
  EXPECT_TRUE(mpsd("sessiondirectory.xboxlive.com"));
  EXPECT_TRUE(mpsd("SessionDirectory.XboxLive.com:443"));
  EXPECT_TRUE(mpsd("client-sessiondirectory.xboxlive.com"));
  EXPECT_TRUE(mpsd("sessiondirectory.xboxlive.com."));
  EXPECT_FALSE(mpsd("xboxlive.com"));
  EXPECT_FALSE(mpsd("x-sessiondirectory.xboxlive.com"));
  EXPECT_FALSE(mpsd("sessiondirectory.xboxlive.com.example", "/handles"));
  EXPECT_FALSE(mpsd("sessiondirectory.xboxlive.comm"));
}

TEST(IsMpsd, ByPatterns) {
  const auto with = [](const char* pattern, std::string_view host) {
    RuleSettings settings;
    settings.mpsd_hosts = {pattern};
    return mpsd(host, "/x", settings);
  };
  EXPECT_TRUE(with("*", "any.example:8080"));
  EXPECT_TRUE(with("*.test", "mock.TEST"));
  EXPECT_FALSE(with("*.test", "test"));
  EXPECT_TRUE(with("m*k.*.test", "mock.a.b.test"));
  EXPECT_FALSE(with("m*k.*.test", "mock.test"));
  EXPECT_TRUE(with("127.0.0.1:8443", "127.0.0.1:9000"));
  EXPECT_TRUE(with("[::1]", "[::1]:8443"));
  EXPECT_FALSE(with("", "host"));
  EXPECT_FALSE(with("a*a", "a"));
  EXPECT_TRUE(with("*", ""));
  EXPECT_TRUE(with("*:8080", ""));
  EXPECT_FALSE(with("*.test", ""));  // no host: the path decides
  // No blow-up for many stars.
  EXPECT_FALSE(with("*a*a*a*a*a*a*a*a*a*a*a*b", std::string(20'000, 'a')));
}

TEST(IsMpsd, ByPathWithoutAHost) {
  EXPECT_TRUE(mpsd("", "/handles"));
  EXPECT_TRUE(mpsd("", session_path()));
  EXPECT_FALSE(mpsd("", "/index.html"));
  Built alone("GET", "/handles", 200);
  EXPECT_FALSE(is_mpsd(alone.host("").no_request().exchange(), RuleSettings()));
}

TEST(IsMpsd, NotTheConnectOfATunnel) {
  Built connect("CONNECT", "sessiondirectory.xboxlive.com:443", 200);
  EXPECT_FALSE(is_mpsd(connect.exchange(), RuleSettings()));
}

TEST(Examine, LeavesOtherHostsAlone) {
  const CallPtr call = examined(Built("GET", "/handles", 500).host("social.xboxlive.com"));
  EXPECT_FALSE(call->mpsd);
  EXPECT_EQ(call->row, std::nullopt);
  EXPECT_TRUE(call->violations.empty());
  EXPECT_EQ(call->target.kind, TargetKind::unknown);
}

TEST(Examine, TagsNoResponseWithoutAStatus) {
  const CallPtr call = examined(Built("GET", session_path(), 0).defect(Defect::response_malformed));
  EXPECT_EQ(call->row, std::nullopt);
  EXPECT_EQ(testing::fired(*call), "http-malformed");
  EXPECT_EQ(examined(Built("GET", session_path(), 0))->row, Row::unlisted);
}

TEST(Examine, ReadsTheCorrelationId) {
  const auto id = [](std::string_view value) {
    const CallPtr call =
        examined(Built("GET", session_path(), 204).field("x-xblcorrelationid", value));
    return std::string(call->correlation_id);
  };
  EXPECT_EQ(id(" 6f1d0e2c-8a52-4b52-9c0c-3a4ad2a1f0b7 "), "6f1d0e2c-8a52-4b52-9c0c-3a4ad2a1f0b7");
  EXPECT_EQ(id(""), "");
  EXPECT_EQ(id(std::string(128, 'c')).size(), 128U);
  EXPECT_EQ(id(std::string(129, 'c')), "");
  EXPECT_EQ(examined(Built("GET", session_path(), 204))->correlation_id, "");
}

TEST(Examine, TellsTheTitleOfAPathWithATypingError) {
  Built built("PUT", "/serviceconfigs/" + std::string(kScid) + "/sessiontemplates/t/session/n",
              404);
  const CallPtr call = examined(built.text("no such URI"));
  EXPECT_EQ(call->target.kind, TargetKind::unknown);
  EXPECT_EQ(call->title_id, 0x0A6D2730U);
}

TEST(Examine, TagsUnknownPathsOfTheService) {
  const CallPtr call = examined(Built("GET", "/nowhere", 404).text("no such URI"));
  EXPECT_TRUE(call->mpsd);
  EXPECT_EQ(call->row, Row::r404);
  EXPECT_EQ(call->target.kind, TargetKind::unknown);
}

TEST(Examine, TellsTheVariantsOf204) {
  EXPECT_EQ(examined(Built("GET", session_path(), 204))->variant, Variant204::session_absent);
  EXPECT_EQ(examined(Built("PUT", session_path() + "/members/me", 204))->variant,
            Variant204::element_gone);
  EXPECT_EQ(examined(Built("GET", session_path(), 200))->variant, Variant204::none);
}

TEST(Examine, SplitsWithoutAContentType) {
  const auto row = [](int status, std::string_view body) {
    return examined(Built("PUT", session_path(), status).body(body))->row;
  };
  EXPECT_EQ(row(403, session_json()), Row::r403_session);
  EXPECT_EQ(row(403, "{}"), Row::r403_session);
  EXPECT_EQ(row(403, "no"), Row::r403_message);
  EXPECT_EQ(row(403, "[1]"), Row::r403_message);
  EXPECT_EQ(row(412, session_json().substr(0, 50)), Row::r412_session);
  EXPECT_EQ(row(412, ""), Row::r412_bare);
  EXPECT_EQ(row(412, "{not json}"), Row::r412_bare);
  Built empty("PUT", session_path(), 403);
  EXPECT_EQ(examined(empty.field("Content-Type", "").body("{}"))->row, Row::r403_session);
}

TEST(Examine, KeepsAsMuchOfBodiesAsAsked) {
  const auto body_after = [](std::size_t keep, std::size_t size) {
    RuleSettings settings;
    settings.keep_body_bytes = keep;
    Built built("PUT", session_path(), 200);
    built.ask_body(std::string(size, 'q')).body(std::string(size, 's'));
    const CallPtr call = examine(built.take(), settings);
    return call->exchange->request.body + call->exchange->response.body;
  };
  EXPECT_EQ(body_after(0, 10), "");
  EXPECT_EQ(body_after(0, 1'000'000), "");
  EXPECT_EQ(body_after(4, 3), "qqqsss");
  EXPECT_EQ(body_after(3, 3), "qqqsss");
  EXPECT_EQ(body_after(2, 3), "qqss");
  EXPECT_EQ(body_after(2, 1'000'000), "qqss");
}

TEST(Identity, FormatsAndParsesTitles) {
  EXPECT_EQ(format_title_id(174'925'616), "0A6D2730");
  EXPECT_EQ(format_title_id(0xFFFFFFFF), "FFFFFFFF");
  EXPECT_EQ(parse_title_id("174925616"), 174'925'616U);
  EXPECT_EQ(parse_title_id("4294967295"), 0xFFFFFFFFU);
  for (const char* bad : {"", "0", "-1", "4294967296", "12x", " 1"}) {
    EXPECT_EQ(parse_title_id(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(title_id_of_scid(kScid), 0x0A6D2730U);
  EXPECT_EQ(title_id_of_scid("00000000-0000-0000-0000-000066591171"), 0x66591171U);
  for (const char* bad : {"", "short", "00000000-0000-0000-0000-000000000000", "xxxxxxx-1234567"}) {
    EXPECT_EQ(title_id_of_scid(bad), std::nullopt) << bad;
  }
}

// Each source of the title in turn, best first, by taking away the better ones.
TEST(Identity, TitleBestFirst) {
  const auto title = [](bool debug, bool handle, bool member, std::string_view scid) {
    Built built("PUT", "/serviceconfigs/" + std::string(scid) + "/sessiontemplates/t/sessions/n",
                200);
    if (debug) built.field("X-Xbl-Debug", "title=1, device=2, sandbox=XDKS.1, mode=Write");
    if (handle) built.ask_body(R"({"id":"h","sessionRef":{},"titleId":"2"})");
    built.body(member ? R"({"members":{"0":{"activeTitleId":"3"}}})" : "{}");
    return examined(built)->title_id;
  };
  EXPECT_EQ(title(true, true, true, kScid), 1U);
  EXPECT_EQ(title(false, true, true, kScid), 2U);
  EXPECT_EQ(title(false, false, true, kScid), 3U);
  EXPECT_EQ(title(false, false, false, kScid), 0x0A6D2730U);
  EXPECT_EQ(title(false, false, false, "no-title"), std::nullopt);
}

TEST(Identity, TitleOfDocumentsThatNameAScid) {
  const std::string scid(kScid);
  EXPECT_EQ(
      examined(
          Built("POST", "/handles", 400).ask_body(R"({"sessionRef":{"scid":")" + scid + R"("}})"))
          ->title_id,
      0x0A6D2730U);
  EXPECT_EQ(examined(Built("POST", "/handles/query", 400)
                         .ask_body(R"({"type":"activity","scid":")" + scid + R"("})"))
                ->title_id,
            0x0A6D2730U);
  // The handles found may be of other titles.
  EXPECT_EQ(
      examined(
          Built("POST", "/handles/query", 200).json(R"({"results":[{"id":"1","titleId":"9"}]})"))
          ->title_id,
      std::nullopt);
}

TEST(Identity, ReadsDebugLines) {
  const auto call = [](std::initializer_list<const char*> lines) {
    Built built("GET", "/nowhere", 404);
    for (const char* line : lines) built.field("x-xbl-debug", line);
    return examined(built);
  };
  EXPECT_EQ(call({"title=5, mode=Write", "user0=28146; gamertag=Some, One"})->user_id, "28146");
  EXPECT_EQ(call({"user0=28146; gamertag=x", "title=5"})->title_id, 5U);
  EXPECT_EQ(call({"device=1, title=5, user0=7"})->user_id, "7");
  EXPECT_EQ(call({"gamertag=title=9"})->title_id, std::nullopt);
  EXPECT_EQ(call({"user0=1; gamertag=user0=2"})->user_id, "1");
  EXPECT_EQ(call({"subtitle=9, user00=3", "title=x", "user0=abc"})->title_id, std::nullopt);
  EXPECT_EQ(call({"user0=abc", "user0=;"})->user_id, "");
  EXPECT_EQ(call({",,, ,", ""})->title_id, std::nullopt);
}

TEST(Identity, UserBestFirst) {
  const auto user = [](bool debug, bool me, bool owner) {
    Built built("PUT", session_path(), 200);
    built.ask("Authorization", "XBL3.0 x=55;token");
    if (debug) built.field("X-Xbl-Debug", "user0=1; gamertag=g");
    if (me) built.ask_body(R"({"members":{"me":{"constants":{"system":{"xuid":"2"}}}}})");
    if (owner) built.body(R"({"sessionRef":{},"ownerXuid":"3"})");
    const CallPtr call = examined(built);
    EXPECT_EQ(call->user_hash, "55");
    return call->user_id.text();
  };
  EXPECT_EQ(user(true, true, true), "1");
  EXPECT_EQ(user(false, true, true), "2");
  EXPECT_EQ(user(false, false, true), "3");
  EXPECT_EQ(user(false, false, false), "");
  Built element("PUT", session_path() + "/Members/Me", 200);
  EXPECT_EQ(examined(element.ask_body(R"({"constants":{"system":{"xuid":"4"}}})"))->user_id, "4");
  Built index("PUT", session_path() + "/members/0", 200);
  EXPECT_EQ(examined(index.ask_body(R"({"constants":{"system":{"xuid":"4"}}})"))->user_id, "");
}

TEST(Identity, KeepsOnlyTheHash) {
  const auto hash = [](std::string_view authorization) {
    return examined(Built("GET", "/x", 404).ask("authorization", authorization))->user_hash.text();
  };
  EXPECT_EQ(hash("XBL3.0 x=1234567890;eyJtoken"), "1234567890");
  EXPECT_EQ(hash("xbl3.0  X=12;t"), "12");
  EXPECT_EQ(hash("XBL3.0 x=-;token"), "");
  EXPECT_EQ(hash("XBL3.0 x=eyJtoken"), "");
  EXPECT_EQ(hash("XBL3.0 eyJtoken"), "");
  EXPECT_EQ(hash("Bearer x=12;token"), "");
  EXPECT_EQ(hash("XBL3.0 x=" + std::string(100, '1') + ";t"), "");
  EXPECT_EQ(hash("XBL3.0 x=a b;t"), "");
  EXPECT_EQ(hash(""), "");
}

class EngineTest : public ::testing::Test {
 protected:
  CallPtr judged(Built& built) {
    CallPtr call = examined(built);
    engine_.judge(*call);
    return call;
  }
  CallPtr judged(Built&& built) { return judged(built); }

  RuleSettings settings_;
  Engine engine_{settings_};
};

std::string handle_json(std::string_view id, std::string_view title = R"("titleId":"9",)") {
  return R"({"id":")" + std::string(id) + R"(","type":"activity",)" + std::string(title) +
         R"("sessionRef":{"scid":")" + std::string(kScid) +
         R"(","templateName":"lobby","name":"harbour"}})";
}

TEST_F(EngineTest, RemembersHandlesThatWereCreated) {
  judged(Built("POST", "/handles", 201).json(handle_json("AbC")));
  const CallPtr call = judged(Built("GET", "/handles/aBc/session", 204));
  EXPECT_EQ(call->title_id, 9U);
  EXPECT_EQ(call->target.scid, kScid);
  EXPECT_EQ(call->target.template_name, "lobby");
  EXPECT_EQ(call->target.session, "harbour");
  const CallPtr deleted = judged(Built("DELETE", "/handles/abc", 204));
  EXPECT_EQ(deleted->title_id, 9U);
  const CallPtr other = judged(Built("GET", "/handles/abcd/session", 204));
  EXPECT_EQ(other->title_id, std::nullopt);
  EXPECT_EQ(other->target.scid, "");
}

TEST_F(EngineTest, RemembersHandlesThatWereFoundOrRead) {
  judged(Built("POST", "/handles/query", 200)
             .json(R"({"results":[)" + handle_json("q1", "") + "," + handle_json("q2") + "]}"));
  EXPECT_EQ(judged(Built("GET", "/handles/q1/session", 204))->title_id, 0x0A6D2730U);
  EXPECT_EQ(judged(Built("GET", "/handles/q2/session", 204))->title_id, 9U);
  judged(Built("GET", "/handles/r", 200).json(handle_json("r")));
  EXPECT_EQ(judged(Built("GET", "/handles/r/session/members/0", 204))->target.session, "harbour");
  // What the service refused teaches nothing.
  judged(Built("POST", "/handles", 409).json(handle_json("no")));
  EXPECT_EQ(judged(Built("GET", "/handles/no/session", 204))->title_id, std::nullopt);
}

TEST_F(EngineTest, RemembersTheTitleOfACallByHandle) {
  judged(Built("GET", "/handles/h/session", 204).field("X-Xbl-Debug", "title=6"));
  EXPECT_EQ(judged(Built("PUT", "/handles/h/session", 503))->title_id, 6U);
  // A better source outweighs memory.
  EXPECT_EQ(
      judged(Built("PUT", "/handles/h/session", 503).field("X-Xbl-Debug", "title=7"))->title_id,
      7U);
}

Built authorised(std::string_view method, std::string_view target, std::string_view hash) {
  Built built(method, target, 204);
  built.ask("Authorization", "XBL3.0 x=" + std::string(hash) + ";t");
  return built;
}

TEST_F(EngineTest, RemembersWhoseHashItIs) {
  EXPECT_EQ(judged(authorised("GET", session_path(), "55"))->user_id, "");
  judged(authorised("PUT", session_path(), "55").field("X-Xbl-Debug", "user0=42; gamertag=g"));
  const CallPtr call = judged(authorised("GET", session_path(), "55"));
  EXPECT_EQ(call->user_id, "42");
  EXPECT_EQ(call->user_source, UserSource::hash);
  EXPECT_EQ(judged(authorised("GET", session_path(), "56"))->user_id, "");
  EXPECT_EQ(judged(authorised("GET", session_path(), "-"))->user_id, "");
  const std::vector<TitleRates> rates = engine_.rates_at(CaptureTime{});
  ASSERT_EQ(rates.size(), 1U);
  EXPECT_EQ(rates[0].users.at("42").responses, 3U);
  EXPECT_EQ(rates[0].users.count("hash:55"), 0U);
  EXPECT_EQ(rates[0].users.at("hash:56").responses, 1U);
  EXPECT_EQ(rates[0].users.at("").responses, 1U);
}

TEST_F(EngineTest, TheOwnerOfAHandleThatIsReadTeachesNothing) {
  const std::string handle = R"({"id":"h","sessionRef":{},"ownerXuid":"77"})";
  EXPECT_EQ(judged(authorised("GET", "/handles/h", "55").json(handle))->user_id, "77");
  EXPECT_EQ(judged(authorised("GET", session_path(), "55"))->user_id, "");
  judged(
      authorised("POST", "/handles", "55").json(R"({"id":"m","sessionRef":{},"ownerXuid":"42"})"));
  EXPECT_EQ(judged(authorised("GET", session_path(), "55"))->user_id, "42");
  EXPECT_EQ(judged(authorised("GET", "/handles/h", "55").json(handle))->user_id, "42");
}

// One player, whose hash was seen with two titles before its XUID was.
TEST_F(EngineTest, CountsOnePlayerOnce) {
  judged(authorised("GET", "/handles/h", "55").field("X-Xbl-Debug", "title=1"));
  judged(authorised("GET", "/handles/h", "55").field("X-Xbl-Debug", "title=2"));
  judged(authorised("GET", "/handles/h", "66").field("X-Xbl-Debug", "title=2, user0=42"));
  judged(authorised("GET", "/handles/h", "55").field("X-Xbl-Debug", "title=3, user0=42"));
  const std::vector<TitleRates> rates = engine_.rates_at(CaptureTime{});
  ASSERT_EQ(rates.size(), 3U);
  const std::array<std::uint64_t, 3> calls{1, 2, 1};
  for (std::size_t i = 0; i < calls.size(); ++i) {
    ASSERT_EQ(rates[i].users.size(), 1U) << i;
    EXPECT_EQ(rates[i].users.at("42").requests, calls[i]) << i;
    EXPECT_EQ(rates[i].users.at("42").sustained.responses, calls[i]) << i;
  }
}

TEST_F(EngineTest, CountsNothingOfOtherHosts) {
  judged(Built("GET", "/x", 429).host("other.example"));
  EXPECT_TRUE(engine_.rates_at(CaptureTime{}).empty());
}

TEST(EngineMemory, IsBounded) {
  RuleSettings settings;
  settings.max_remembered_handles = 2;
  settings.max_remembered_users = 1;
  Engine engine(settings);
  const auto judge = [&engine](auto&& built) {
    CallPtr call = examined(built);
    engine.judge(*call);
    return call;
  };
  for (const char* id : {"1", "2", "3"}) {
    judge(Built("POST", "/handles", 201).json(handle_json(id)));
  }
  EXPECT_EQ(judge(Built("GET", "/handles/1/session", 500))->title_id, std::nullopt);
  EXPECT_EQ(judge(Built("GET", "/handles/2/session", 500))->title_id, 9U);
  EXPECT_EQ(judge(Built("GET", "/handles/3/session", 500))->title_id, 9U);
  EXPECT_EQ(engine.forgotten(), 1U);
  judge(authorised("GET", "/x", "a").field("X-Xbl-Debug", "user0=1"));
  judge(authorised("GET", "/x", "b").field("X-Xbl-Debug", "user0=2"));
  EXPECT_EQ(judge(authorised("GET", "/x", "a"))->user_id, "");
  EXPECT_EQ(judge(authorised("GET", "/x", "b"))->user_id, "2");
  EXPECT_EQ(engine.forgotten(), 2U);
}

// Neither ids nor names of any length are remembered, and what is not is counted.
TEST(Engine, RemembersNoLongHandles) {
  const auto judged = [](Engine& engine, const std::string& id, const std::string& session) {
    const std::string path = "/handles/" + id + "/session";
    const std::string named = session_path().substr(0, session_path().rfind('/') + 1) + session;
    for (const bool tells : {true, false}) {
      Built built("GET", path, 200);
      if (tells) built.field("Content-Location", named);
      const CallPtr call = examined(built);
      engine.judge(*call);
      if (!tells) return call->target.session;
    }
    return std::string();
  };
  const std::string most(256, 'n'), more(257, 'n');
  Engine engine{RuleSettings()};
  EXPECT_EQ(judged(engine, most, most), most);
  EXPECT_EQ(engine.forgotten(), 0U);
  EXPECT_EQ(judged(engine, "short", more), "");
  EXPECT_GT(engine.forgotten(), 0U);
  const std::uint64_t before = engine.forgotten();
  EXPECT_EQ(judged(engine, more, "short"), "");
  EXPECT_GT(engine.forgotten(), before);
}

// Calls of two users of which rules with memory find something, once by hash and once by XUID.
std::vector<CallPtr> remembered_calls() {
  std::vector<CallPtr> calls;
  for (int i = 0; i < 12; ++i) {
    Built built("GET", i % 3 == 0 ? std::string(kHandle) + "/session" : session_path(), 200);
    built.time(1'000'000 + i * 1'000)
        .json(session_json())
        .field("Content-Location", session_path());
    built.ask("Authorization", i % 2 == 0 ? "XBL3.0 x=42;t" : "XBL3.0 x=text;t");
    if (i % 4 == 0) built.field("X-Xbl-Debug", "user0=77; gamertag=X");
    calls.push_back(examined(std::move(built)));
  }
  return calls;
}

std::string found_in(const std::vector<CallPtr>& calls) {
  std::string found;
  for (const CallPtr& call : calls) {
    found += call->user_id.text() + call->target.session + ':';
    for (const Violation& violation : call->violations) found += violation.message + '\n';
  }
  return found;
}

TEST(Engine, FindsTheSameOfCallsThatWereAnnounced) {
  const std::vector<CallPtr> announced = remembered_calls();
  const std::vector<CallPtr> others = remembered_calls();
  Engine expecting{RuleSettings()};
  Engine engine{RuleSettings()};
  for (std::size_t i = 0; i < announced.size(); ++i) {
    if (i + Engine::kAhead < announced.size()) expecting.expect(*announced[i + Engine::kAhead]);
    expecting.judge(*announced[i]);
    engine.judge(*others[i]);
  }
  EXPECT_EQ(found_in(announced), found_in(others));
  EXPECT_NE(found_in(others).find("the same GET"), std::string::npos) << found_in(others);
}

}  // namespace
}  // namespace mpsdscope

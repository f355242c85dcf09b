#include "decode/session_document.h"

#include <cstring>
#include <memory>

#include <gtest/gtest.h>

#include "decode/json_text.h"

namespace mpsdscope {
namespace {

// From an exact-size heap buffer, so that sanitizers see reads past the end.
DocumentFacts read(std::string_view body, int contract_version = 0) {
  const std::unique_ptr<char[]> exact(new char[body.size()]);
  std::memcpy(exact.get(), body.data(), body.size());
  return *read_document({exact.get(), body.size()}, contract_version);
}

struct Pieces {
  std::string info = R"("membersInfo":{"first":0,"next":7,"count":2})";
  std::string constants = R"("constants":{"system":{},"custom":{}})";
  std::string properties = R"("properties":{})";
  std::string members = R"("members":{"3":{"next":7},"0":{"next":3}})";
  std::string extra;
  std::string json() const {
    std::string text = "{";
    for (const std::string& piece : {info, constants, properties, members, extra}) {
      if (piece.empty()) continue;
      if (text.size() > 1) text += ',';
      text += piece;
    }
    return text + "}";
  }
};

std::string with_members(std::string_view info, std::string_view members) {
  Pieces pieces;
  pieces.info = "\"membersInfo\":" + std::string(info);
  pieces.members = "\"members\":" + std::string(members);
  return pieces.json();
}

TEST(SessionDocument, RecognisesAnEntireSession) {
  const DocumentFacts facts = read(Pieces().json());
  EXPECT_EQ(facts.shape, DocumentShape::session);
  EXPECT_EQ(facts.problem, "");
  EXPECT_TRUE(facts.json_object);
  EXPECT_EQ(facts.missing_fields, "");
}

struct NotEntire {
  std::string json;
  DocumentShape shape;
  std::string problem;
};

TEST(SessionDocument, SaysWhyASessionIsNotEntire) {
  const auto without = [](std::string Pieces::*piece) {
    Pieces pieces;
    (pieces.*piece).clear();
    return pieces.json();
  };
  const auto with = [](std::string Pieces::*piece, const char* text) {
    Pieces pieces;
    pieces.*piece = text;
    return pieces.json();
  };
  const std::vector<NotEntire> cases{
      {without(&Pieces::constants), DocumentShape::partial_session, "constants is missing"},
      {with(&Pieces::constants, R"("constants":null)"), DocumentShape::partial_session,
       "constants is not an object"},
      {without(&Pieces::properties), DocumentShape::partial_session, "properties is missing"},
      {with(&Pieces::properties, R"("properties":[])"), DocumentShape::partial_session,
       "properties is not an object"},
      {without(&Pieces::info), DocumentShape::partial_session, "membersInfo is missing"},
      {with(&Pieces::info, R"("membersInfo":2)"), DocumentShape::partial_session,
       "membersInfo is not an object"},
      {with(&Pieces::info, R"("membersInfo":{"next":7,"count":2})"), DocumentShape::partial_session,
       "membersInfo.first is missing or not an integer"},
      {with(&Pieces::info, R"("membersInfo":{"first":0,"next":"7","count":2})"),
       DocumentShape::partial_session, "membersInfo.next is missing or not an integer"},
      {with(&Pieces::info, R"("membersInfo":{"first":0,"next":7,"count":2.5})"),
       DocumentShape::partial_session, "membersInfo.count is missing or not an integer"},
      {with(&Pieces::members, R"("members":[])"), DocumentShape::partial_session,
       "members is not an object"},
      {without(&Pieces::members), DocumentShape::partial_session,
       "member 0 is missing from the list after 0 of 2"},
      {with(&Pieces::extra, R"("results":[])"), DocumentShape::query_results,
       "it has results at the top level: the answer to a query"},
      {with(&Pieces::extra, R"("sessionRef":{})"), DocumentShape::handle,
       "it has sessionRef at the top level: a handle"},
      {with(&Pieces::extra, R"("currentRequests":1)"), DocumentShape::rate_limit,
       "it has currentRequests at the top level: a rate limit message"},
      {R"({"constants":{},"properties":{}})", DocumentShape::partial_session,
       "membersInfo is missing"},
      {R"({"next":1,"joinTime":"x","constants":{},"properties":{}})", DocumentShape::member,
       "it is a member element (next, joinTime, no membersInfo)"},
      {"[]", DocumentShape::other, "it is a JSON array, not an object"},
      {"{}", DocumentShape::other, "constants is missing"},
      {"17", DocumentShape::other, "it is a single JSON value, not an object"},
  };
  for (const NotEntire& c : cases) {
    const DocumentFacts facts = read(c.json);
    EXPECT_EQ(facts.shape, c.shape) << c.json << " is " << name_of(facts.shape);
    EXPECT_EQ(facts.problem, c.problem) << c.json;
  }
}

struct Walk {
  const char* info;
  const char* members;
  const char* problem;
};

TEST(SessionDocument, WalksTheMemberList) {
  const std::vector<Walk> cases{
      {R"({"first":0,"next":0,"count":0})", "{}", ""},
      {R"({"first":4,"next":4,"count":0})", R"({"me":{}})", ""},
      {R"({"first":0,"next":1,"count":1})", R"({"0":{"next":1}})", ""},
      {R"({"first":2.0,"next":12,"count":2})", R"({"10":{"next":12},"2":{"next":10}})", ""},
      {R"({"first":0,"next":2,"count":2})", R"({"0":{"next":1}})",
       "member 1 is missing from the list after 1 of 2"},
      {R"({"first":0,"next":2,"count":3})", R"({"0":{"next":1},"1":{"next":2}})",
       "the list of members holds 2, but count says 3"},
      {R"({"first":0,"next":2,"count":1})", R"({"0":{"next":1},"1":{"next":2}})",
       "the list of members holds 2, but count says 1"},
      {R"({"first":0,"next":0,"count":1})", R"({"0":{"next":1}})",
       "the list of members holds 0, but count says 1"},
      {R"({"first":0,"next":2,"count":2})", R"({"0":{"next":1},"1":{"next":0}})",
       "the list of members does not end: member 0 is reached after 2 of 2, and membersInfo.next "
       "is 2"},
      {R"({"first":0,"next":5,"count":1})", R"({"0":{"next":0}})",
       "the list of members does not end: member 0 is reached after 1 of 1, and membersInfo.next "
       "is 5"},
      {R"({"first":0,"next":2,"count":2})", R"({"0":{"next":1},"1":{}})",
       "member 1 has no numeric next after 1 of 2"},
      {R"({"first":0,"next":1,"count":1})", R"({"0":null})",
       "member 0 has no numeric next after 0 of 1"},
      {R"({"first":0,"next":1,"count":-1})", R"({"0":{"next":1}})",
       "the list of members holds 1, but count says -1"},
      {R"({"first":0,"next":1,"count":1})", R"({"00":{"next":1}})",
       "member 0 is missing from the list after 0 of 1"},
      // Of two members of one index the last counts.
      {R"({"first":0,"next":1,"count":1})", R"({"0":{"next":9},"0":{"next":1}})", ""},
  };
  for (const Walk& c : cases) {
    const DocumentFacts facts = read(with_members(c.info, c.members));
    EXPECT_EQ(facts.problem, c.problem) << c.info << c.members;
    EXPECT_EQ(facts.shape == DocumentShape::session, facts.problem.empty());
  }
}

TEST(SessionDocument, WalksManyMembersInAnyOrder) {
  constexpr int kCount = 20'000;
  std::string forward = "{";
  std::string backward = "{";
  for (int i = 0; i < kCount; ++i) {
    const auto member = [](int m) {
      return "\"" + std::to_string(m) + "\":{\"next\":" + std::to_string(m + 1) + "}";
    };
    if (i > 0) {
      forward += ',';
      backward += ',';
    }
    forward += member(i);
    backward += member(kCount - 1 - i);
  }
  const std::string info = R"({"first":0,"next":20000,"count":20000})";
  EXPECT_EQ(read(with_members(info, forward + "}")).shape, DocumentShape::session);
  EXPECT_EQ(read(with_members(info, backward + "}")).shape, DocumentShape::session);
}

TEST(SessionDocument, SkipsTheWalkInLargeSessions) {
  Pieces large;
  large.constants = R"("constants":{"system":{"capabilities":{"large":true}}})";
  large.info = R"("membersInfo":{"first":0,"next":5000,"count":4321})";
  large.members = R"("members":{"me":{"next":3}})";
  EXPECT_EQ(read(large.json()).shape, DocumentShape::session);
  EXPECT_TRUE(read(large.json()).large);
  large.constants = R"("constants":{"system":{"capabilities":{"large":false}}})";
  EXPECT_EQ(read(large.json()).shape, DocumentShape::partial_session);
  large.constants = R"("constants":{"system":{"capabilities":{"large":"true"}}})";
  EXPECT_EQ(read(large.json()).shape, DocumentShape::partial_session);
  // custom data decides nothing
  large.constants = R"("constants":{"system":{},"custom":{"capabilities":{"large":true}}})";
  EXPECT_EQ(read(large.json()).shape, DocumentShape::partial_session);
}

TEST(SessionDocument, KnowsTheOlderShape) {
  Pieces old;
  old.info.clear();
  old.members = R"("members":{"first":1,"end":3,"count":2,"1":{"next":2},"2":{"next":3}})";
  EXPECT_EQ(read(old.json()).shape, DocumentShape::session);
  old.members = R"("members":{"first":1,"end":3,"count":3,"1":{"next":2},"2":{"next":3}})";
  EXPECT_EQ(read(old.json()).problem, "the list of members holds 2, but count says 3");
  old.members = R"("members":{"first":1,"count":2,"1":{"next":2},"2":{"next":3}})";
  EXPECT_EQ(read(old.json()).problem, "membersInfo is missing");
}

TEST(SessionDocument, NotesWhatLaterContractsOwe) {
  Pieces pieces;
  EXPECT_EQ(read(pieces.json(), 103).missing_fields, "");
  EXPECT_EQ(read(pieces.json(), 104).missing_fields,
            "contractVersion, correlationId, branch, changeNumber");
  EXPECT_EQ(read(pieces.json(), 104).shape, DocumentShape::session);
  pieces.extra = R"("contractVersion":107,"correlationId":"c","branch":null,"changeNumber":0)";
  EXPECT_EQ(read(pieces.json(), 107).missing_fields, "branch");
  pieces.extra = R"("contractVersion":107,"correlationId":"c","branch":"b","changeNumber":0)";
  EXPECT_EQ(read(pieces.json(), 107).missing_fields, "");
}

TEST(SessionDocument, RefusesWhatIsNotJson) {
  const std::string whole = Pieces().json();
  for (std::size_t length = 1; length < whole.size(); ++length) {
    const DocumentFacts facts = read(std::string_view(whole).substr(0, length));
    EXPECT_EQ(facts.shape, DocumentShape::not_json) << length;
    EXPECT_TRUE(facts.json_object) << length;
    EXPECT_NE(facts.problem, "");
  }
  for (const std::string_view bad : {"The session was not found.",
                                     "{} x",
                                     "{}{}",
                                     "{\"a\":1}]",
                                     "{\"a\":tru}",
                                     "{\"a\":01}",
                                     "{\"a\":1.}",
                                     "{\"a\":\"\\q\"}",
                                     "{\"a\":\"\\u12G4\"}",
                                     "{\"a\":[1,]}",
                                     "{\"a\":[}]",
                                     "{\"a\" 1}",
                                     "{a:1}",
                                     "{\"a\":\"\n\"}",
                                     "[1",
                                     "\"open",
                                     "{\"a\":\"\xff\"}",
                                     "{\"a\":\"\xed\xa0\x80\"}",
                                     "  ",
                                     "nul",
                                     "-",
                                     "{\"a\":1e}",
                                     "<html>",
                                     "\xEF\xBB\xBF"}) {
    EXPECT_EQ(read(bad).shape, DocumentShape::not_json) << bad;
  }
  EXPECT_TRUE(read("{\"a\":tru}").json_object);
  EXPECT_FALSE(read("{oops}").json_object);
  EXPECT_FALSE(read("[1").json_object);
  EXPECT_EQ(read("").shape, DocumentShape::none);
}

TEST(SessionDocument, ToleratesWhatIsJson) {
  const std::string whole = Pieces().json();
  EXPECT_EQ(read("\xEF\xBB\xBF" + whole).shape, DocumentShape::session);
  EXPECT_EQ(read("\r\n \t" + whole + "\n\n").shape, DocumentShape::session);
  Pieces pieces;
  for (const char* extra :
       {R"("x":123456789012345678901234567890)", R"("x":1e400)", R"("x":-1.5E-4000)",
        R"("x":18446744073709551616)", R"("x":"\ud83d\ude00\u0000")", R"("\u0063onstantz":1)",
        R"("x":"\ud83d")", R"("x":"\udE00\ud83d\u0041")", R"("\uDFFF":["\ud83d\\ude00"])",
        R"("x":"\ud83d","y":1e400)", R"("properties":{"again":true})",
        R"("x":[[[[[[[[[[{}]]]]]]]]]])", R"("x":"\"1e999\\")"}) {
    pieces.extra = extra;
    EXPECT_EQ(read(pieces.json()).shape, DocumentShape::session) << extra;
  }
  pieces.extra = R"("\u0072esults":[])";
  EXPECT_EQ(read(pieces.json()).shape, DocumentShape::query_results);
  pieces.extra = R"("properties":1)";
  EXPECT_EQ(read(pieces.json()).problem, "properties is not an object");
}

TEST(SessionDocument, RefusesDeepNesting) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(read(nested(200)).shape, DocumentShape::other);
  EXPECT_EQ(read(nested(300)).problem, "the JSON is nested deeper than 256 levels");
  EXPECT_EQ(read(nested(1'000'000)).shape, DocumentShape::not_json);
  EXPECT_EQ(read(nested(200)).shape, DocumentShape::other);
}

TEST(SessionDocument, ReadsInPlaceAndFromACopyAlike) {
  std::string body = Pieces().json();
  body.reserve(body.size() + 1'000);
  EXPECT_EQ(read_document(body, 0, body.capacity())->shape, DocumentShape::session);
  body.insert(0, "\xEF\xBB\xBF \n");
  EXPECT_EQ(read_document(body, 0, body.capacity())->shape, DocumentShape::session);
}

TEST(SessionDocument, ReadsHandles) {
  const DocumentFacts facts =
      read(R"({"id":"H1","type":"activity","version":1,"titleId":"174925616","ownerXuid":"42",)"
           R"("sessionRef":{"scid":"S","templateName":"T","name":"\u004e"}})");
  EXPECT_EQ(facts.shape, DocumentShape::handle);
  EXPECT_EQ(facts.handle_id, "H1");
  EXPECT_EQ(facts.title_id, "174925616");
  EXPECT_EQ(facts.owner_xuid, "42");
  EXPECT_EQ(facts.ref_scid, "S");
  EXPECT_EQ(facts.ref_template, "T");
  EXPECT_EQ(facts.ref_session, "N");
}

TEST(SessionDocument, ReadsQueryResults) {
  const DocumentFacts facts =
      read(R"({"results":[{"id":"a","titleId":"5","sessionRef":{"scid":"S","name":"N"}},"text",{},)"
           R"({"id":"b","ownerXuid":6}]})");
  EXPECT_EQ(facts.shape, DocumentShape::query_results);
  ASSERT_EQ(facts.results.size(), 2U);
  EXPECT_EQ(facts.results[0].ref_session, "N");
  EXPECT_EQ(facts.results[1].owner_xuid, "6");
  EXPECT_EQ(read(R"({"results":["LobbySession","Other"]})").shape, DocumentShape::query_results);
  EXPECT_EQ(facts.title_id, "");
}

TEST(SessionDocument, ReadsRateLimits) {
  const DocumentFacts facts =
      read(R"({"version":1,"currentRequests":13,"maxRequests":10,"periodInSeconds":120,)"
           R"("limitType":"Rate"})");
  EXPECT_EQ(facts.shape, DocumentShape::rate_limit);
  EXPECT_EQ(facts.current_requests, 13);
  EXPECT_EQ(facts.max_requests, 10);
  EXPECT_EQ(facts.period_in_seconds, 120);
  EXPECT_EQ(facts.limit_type, "Rate");
  EXPECT_EQ(read(R"({"maxRequests":10,"periodInSeconds":300})").shape, DocumentShape::rate_limit);
  EXPECT_FALSE(read(R"({"maxRequests":"10"})").max_requests.has_value());
}

TEST(SessionDocument, ReadsIdentity) {
  const DocumentFacts request =
      read(R"({"members":{"me":{"constants":{"system":{"xuid":"2814646326226712"}}}}})");
  EXPECT_EQ(request.shape, DocumentShape::partial_session);
  EXPECT_EQ(request.xuid, "2814646326226712");
  EXPECT_EQ(read(R"({"members":{"me":null}})").xuid, "");
  EXPECT_EQ(read(R"({"members":{"me":{"constants":{"system":{"xuid":77}}}}})").xuid, "77");
  EXPECT_EQ(read(with_members(R"({"first":0,"next":1,"count":1})",
                              R"({"0":{"next":1,"activeTitleId":"9"},"me":{"activeTitleId":"8"}})"))
                .title_id,
            "8");
  EXPECT_EQ(read(R"({"next":1,"joinTime":"x","activeTitleId":"7"})").title_id, "7");
  EXPECT_EQ(read(R"({"constants":{"system":{"xuid":"5"}}})").element_xuid, "5");
  EXPECT_EQ(read(R"({"type":"activity","scid":"S"})").scid, "S");
}

TEST(JsonText, ReplacesOnlySurrogatesWithoutAPartner) {
  EXPECT_EQ(replace_lone_surrogates(R"("\ud83d")"), R"("\ufffd")");
  EXPECT_EQ(replace_lone_surrogates(R"("\uDE00\uD83D\uD83D\uDE00\uDE00")"),
            R"("\ufffd\ufffd\uD83D\uDE00\ufffd")");
  EXPECT_EQ(replace_lone_surrogates(R"("\ud83dx\ude00\ud83d\n\u0041")"),
            R"("\ufffdx\ufffd\ufffd\n\u0041")");
  for (const char* same : {R"("\\ud83d")", R"("\ud83d\ude00")", R"("\ud83")", R"("\uD8x0")",
                           R"("\ud7ff\ue000")", "\\", "\\u", ""}) {
    EXPECT_EQ(replace_lone_surrogates(same), same);
  }
  EXPECT_EQ(replace_lone_surrogates(R"("\\\udc00")"), R"("\\\ufffd")");
}

TEST(JsonText, ShortensOnlyWideNumbers) {
  EXPECT_EQ(shorten_json_numbers(R"([1,-2.5,"12345678901234567890",12345678901234567890])"),
            R"([1,-2.5,"12345678901234567890",0])");
  EXPECT_EQ(shorten_json_numbers(R"({"a\"1e9":1e9,"b":-1E+3})"), R"({"a\"1e9":0,"b":0})");
  EXPECT_EQ(shorten_json_numbers("[1e]"), "[1e]");
  EXPECT_EQ(shorten_json_numbers("[00000000000000000000]"), "[00000000000000000000]");
  EXPECT_EQ(shorten_json_numbers("\"open\\"), "\"open\\");
}

TEST(SessionDocument, TellsOfTheCallersOwnMember) {
  const auto read = [](std::string_view body) { return *read_document(body, 107); };
  EXPECT_EQ(read(R"({"members":{"me":null}})").me, OwnMember::removed);
  EXPECT_EQ(read(R"({"members":{"me":{}}})").me, OwnMember::present);
  EXPECT_EQ(read(R"({"members":{"0":null}})").me, OwnMember::absent);
}

TEST(SessionDocument, TellsTheConnectionOfTheCallersOwnMember) {
  // Of a session, and of what lies below it on the way to the member's system properties.
  struct Around {
    std::string before, after;
  };
  for (const Around& around :
       std::vector<Around>{{R"({"members":{"me":{"properties":{"system":{"connection":)", "}}}}}"},
                           {R"({"properties":{"system":{"connection":)", "}}}"},
                           {R"({"system":{"active":true,"connection":)", "}}"},
                           {R"({"connection":)", R"(,"active":true})"}}) {
    const auto read = [&](std::string_view value) {
      return *read_document(std::string(around.before).append(value) + around.after, 107);
    };
    EXPECT_EQ(read("\"8C1D\"").connection, "8C1D") << around.before;
    EXPECT_FALSE(read("\"8C1D\"").connection_removed) << around.before;
    EXPECT_EQ(read("null").connection, "") << around.before;
    EXPECT_TRUE(read("null").connection_removed) << around.before;
    EXPECT_EQ(read("{}").connection, "") << around.before;
    EXPECT_FALSE(read("{}").connection_removed) << around.before;
  }
  EXPECT_EQ(read_document(R"({"connections":"8C1D"})", 107)->connection, "");
  EXPECT_FALSE(read_document("{}", 107)->connection_removed);
}

TEST(SessionDocument, TellsMembersAndChangeOfAnEntireSession) {
  const std::string members =
      R"("members":{"0":{"next":2,"constants":{"system":{"xuid":"2814646326226712"}}},)"
      R"("2":{"next":3,"constants":{"system":{"xuid":77}}},)"
      R"("1":{"next":3,"constants":{"system":{"xuid":"7x"}}}},"changeNumber":5)";
  const std::string rest =
      R"(,"constants":{},"properties":{},"membersInfo":{"first":0,"next":3,"count":2}})";
  const DocumentFacts whole = *read_document("{" + members + rest, 0);
  ASSERT_EQ(whole.shape, DocumentShape::session);
  EXPECT_EQ(whole.members, (std::vector<std::uint64_t>{2'814'646'326'226'712, 77}));
  EXPECT_EQ(whole.change_number, 5);
  EXPECT_TRUE(read_document("{" + members + "}", 0)->members.empty());
}

TEST(SessionDocument, ReadsAlikeHoweverOftenItCame) {
  const std::string whole = Pieces().json();
  std::string other = whole;
  other.replace(other.find("\"count\":2"), 9, "\"count\":3");
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(read(whole).shape, DocumentShape::session);
    EXPECT_EQ(read(whole).missing_fields, "");
    EXPECT_NE(read(whole, 107).missing_fields, "");
    EXPECT_EQ(read(other).shape, DocumentShape::partial_session);
    EXPECT_EQ(read(whole.substr(0, whole.size() - 1)).shape, DocumentShape::not_json);
    EXPECT_EQ(read("{}").shape, DocumentShape::other);
  }
}

TEST(SessionDocument, IsSharedFromTheThirdTimeOn) {
  const std::string body = R"({"type":"activity","version":1,"shared":true})";
  for (int i = 0; i < 2; ++i) read_document(body, 107);
  SharedFacts first = read_document(body, 107);
  const SharedFacts second = read_document(body, 107);
  EXPECT_EQ(&*first, &*second);
  first.clear();
  EXPECT_EQ(first->shape, DocumentShape::none);
  EXPECT_EQ(second->type, "activity");
}

TEST(SessionDocument, TellsTheTypeOfAHandle) {
  const DocumentFacts facts =
      *read_document(R"({"type":"activity","version":1,"sessionRef":{"scid":"s"}})", 107);
  ASSERT_EQ(facts.shape, DocumentShape::handle);
  EXPECT_EQ(facts.type, "activity");
  EXPECT_EQ(facts.ref_scid, "s");
}

}  // namespace
}  // namespace mpsdscope

#include "rules/service_rules.h"

#include <gtest/gtest.h>

#include "tests/rules/testing/exchanges.h"

namespace mpsdscope {
namespace {

using testing::Built;
using testing::examined;
using testing::fired;
using testing::kHandle;
using testing::member_json;
using testing::rate_limit_json;
using testing::session_json;
using testing::session_path;

Built session_call(std::string_view method, int status) {
  return Built(method, session_path(), status);
}

std::string element_path() {
  return session_path() + "/members/me";
}

std::string only_message(Built&& built) {
  const CallPtr call = examined(built);
  return call->violations.size() == 1 ? call->violations[0].message : "violations: " + fired(*call);
}

// One good answer of each row.
TEST(ServiceRules, AreSilentOnEveryRowAsTheTableHasIt) {
  const auto row_of = [](auto&& built) {
    const CallPtr call = examined(built);
    EXPECT_EQ(fired(*call), "") << id_of(call->row.value_or(Row::unlisted));
    return std::string(id_of(call->row.value_or(Row::unlisted)));
  };
  EXPECT_EQ(row_of(session_call("GET", 200).field("ETag", "\"1\"").json(session_json())), "200");
  EXPECT_EQ(row_of(session_call("PUT", 201).field("ETag", "\"1\"").json(session_json())), "201");
  EXPECT_EQ(row_of(session_call("PUT", 202)), "202");
  EXPECT_EQ(row_of(session_call("GET", 204)), "204");
  EXPECT_EQ(row_of(session_call("GET", 304).ask("If-None-Match", "\"1\"")), "304");
  EXPECT_EQ(row_of(session_call("PUT", 400).text("bad")), "400");
  EXPECT_EQ(row_of(session_call("PUT", 403).text("no")), "403-message");
  EXPECT_EQ(row_of(session_call("PUT", 403).json(session_json())), "403-session");
  EXPECT_EQ(row_of(session_call("GET", 404).text("where?")), "404");
  EXPECT_EQ(row_of(session_call("DELETE", 405).text("not so")), "405");
  EXPECT_EQ(row_of(session_call("PUT", 409).text("conflict")), "409");
  EXPECT_EQ(row_of(session_call("PUT", 412).ask("If-None-Match", "*")), "412-bare");
  EXPECT_EQ(row_of(session_call("PUT", 412)
                       .ask("If-Match", "\"1\"")
                       .field("ETag", "\"2\"")
                       .json(session_json())),
            "412-session");
  EXPECT_EQ(row_of(session_call("PUT", 429).field("Retry-After", "3").json(rate_limit_json())),
            "429");
  EXPECT_EQ(row_of(session_call("PUT", 503).field("Retry-After", "3")), "503");
}

Built refused(int status) {
  return std::move(session_call("PUT", status).ask("If-Match", "\"1\"").field("ETag", "\"2\""));
}

TEST(ServiceRules, PartialSessionFires) {
  for (const int status : {403, 412}) {
    EXPECT_EQ(fired(refused(status).json(member_json())), "4xx-partial-session");
    EXPECT_EQ(fired(refused(status).json(R"({"constants":{},"properties":{}})")),
              "4xx-partial-session");
    EXPECT_EQ(fired(refused(status).json("no JSON")), "4xx-partial-session");
    EXPECT_EQ(fired(refused(status).json(session_json().substr(0, 200))), "4xx-partial-session");
    EXPECT_EQ(fired(refused(status).json("[]")), "4xx-partial-session");
    EXPECT_EQ(fired(refused(status).json("")), "4xx-partial-session body-missing");
    EXPECT_EQ(fired(refused(status)
                        .field("Content-Type", "Application/JSON; charset=utf-8")
                        .body(member_json())),
              "4xx-partial-session");
  }
}

TEST(ServiceRules, PartialSessionDemandsTheEntireSessionOfAnElementToo) {
  Built element("DELETE", element_path(), 412);
  element.ask("If-Match", "\"1\"").field("ETag", "\"2\"").json(member_json());
  EXPECT_EQ(only_message(std::move(element)),
            "the body of the 412 (" + std::to_string(member_json().size()) +
                " bytes) is not an entire session, it is a member element (next, joinTime, no "
                "membersInfo): the table demands the entire session, even for the URI of an "
                "element");
  EXPECT_EQ(only_message(std::move(refused(403).json("[]"))),
            "the body of the 403 (2 bytes) is not an entire session, it is a JSON array, not an "
            "object: the table demands the entire session");
  Built by_handle("PUT", std::string(kHandle) + "/session/members/me", 403);
  EXPECT_EQ(fired(by_handle.json(member_json())), "4xx-partial-session");
}

TEST(ServiceRules, PartialSessionOfATruncatedMessage) {
  const std::string half = session_json().substr(0, 150);
  EXPECT_EQ(fired(refused(412).json(half).defect(Defect::response_truncated)),
            "4xx-partial-session http-malformed");
  // The message lacks its end, the session does not.
  EXPECT_EQ(fired(refused(412).json(session_json()).defect(Defect::response_truncated)),
            "http-malformed");
  EXPECT_EQ(
      fired(
          refused(412).json(half).defect(Defect::response_truncated).defect(Defect::response_gap)),
      "http-malformed");
}

TEST(ServiceRules, PartialSessionIsSilent) {
  // Where the body is not known it is not judged.
  for (const Defect defect : {Defect::response_gap, Defect::response_body_cut, Defect::stream_reset,
                              Defect::response_unseen}) {
    EXPECT_EQ(fired(refused(412).json(member_json()).defect(defect)), "") << name_of(defect);
  }
  // Only targets within a session answer with one.
  EXPECT_EQ(fired(Built("POST", "/handles", 403).json(R"({"code":1000})")), "");
  EXPECT_EQ(fired(Built("GET", "/unknown", 403).json(R"({"code":1000})")), "");
  // 409 does not return the session, and a message is not one.
  EXPECT_EQ(fired(session_call("PUT", 403).text(member_json())), "");
}

// A body that no client can decode is as good as none.
TEST(ServiceRules, BodiesOfADamagedCodingAreNoSession) {
  const auto coded = [](std::string_view method, std::string_view path, int status) {
    Built built(method, path, status);
    built.ask("If-Match", "*").field("ETag", "\"1\"").field("Content-Encoding", "gzip");
    built.json("\x1f\x8b damaged").defect(Defect::response_body_undecoded);
    return built;
  };
  EXPECT_EQ(fired(coded("PUT", session_path(), 412)), "4xx-partial-session");
  EXPECT_EQ(fired(coded("PUT", element_path(), 403)), "4xx-partial-session");
  EXPECT_EQ(fired(coded("PUT", session_path(), 201)), "session-malformed");
  EXPECT_EQ(only_message(coded("GET", session_path(), 200)),
            "the body of the 200 (10 bytes) cannot be decoded, its Content-Encoding \"gzip\" is "
            "damaged or unknown: no client can read it");
  // Others owe no session.
  EXPECT_EQ(fired(coded("GET", element_path(), 200)), "");
  EXPECT_EQ(fired(coded("POST", "/handles", 403)), "");
  EXPECT_EQ(fired(coded("HEAD", session_path(), 200)), "");
  // Not all there, or perhaps only more than is decoded here.
  for (const Defect defect :
       {Defect::response_gap, Defect::response_body_cut, Defect::response_unseen,
        Defect::response_body_over_limit, Defect::stream_reset}) {
    Built incomplete = coded("GET", session_path(), 200);
    EXPECT_EQ(fired(incomplete.defect(defect)), "") << name_of(defect);
  }
  Built large = coded("GET", session_path(), 200);
  EXPECT_EQ(fired(large.body(std::string(9'000, 'g'))), "session-malformed");
  Built transfer("GET", session_path(), 200);
  transfer.field("ETag", "\"1\"").field("Transfer-Encoding", "gzip, chunked").json("x");
  EXPECT_EQ(only_message(std::move(transfer.defect(Defect::response_body_undecoded))),
            "the body of the 200 (1 bytes) cannot be decoded, its Transfer-Encoding \"gzip, "
            "chunked\" is damaged or unknown: no client can read it");
}

TEST(ServiceRules, TheRowOfACutHeadIsNotGuessed) {
  const auto row = [](int status, const std::string& body, bool whole) {
    Built built("PUT", session_path(), status);
    ExchangePtr exchange = built.defect(Defect::response_gap).take();
    exchange->response.body = body;
    exchange->response.head_cut = !whole;
    return examine(std::move(exchange), RuleSettings())->row;
  };
  EXPECT_EQ(row(412, "x", true), Row::r412_bare);
  EXPECT_EQ(row(412, "x", false), std::nullopt);
  EXPECT_EQ(row(403, "", false), std::nullopt);
  EXPECT_EQ(row(412, "{}", false), Row::r412_session);
  EXPECT_EQ(row(429, "x", false), Row::r429);
}

// Fields behind the error of a head are not known to be missing.
TEST(ServiceRules, AbsenceInACutHeadIsNotJudged) {
  const auto cut = [](int status, bool whole) {
    Built built("PUT", session_path(), status);
    ExchangePtr exchange = built.text("x").defect(Defect::response_malformed).take();
    exchange->response.head_cut = !whole;
    return fired(*examine(std::move(exchange), RuleSettings()));
  };
  EXPECT_EQ(cut(503, false).find("no-retry-after"), std::string::npos);
  EXPECT_EQ(cut(429, false).find("no-retry-after"), std::string::npos);
  EXPECT_NE(cut(503, true).find("503-no-retry-after"), std::string::npos);
  EXPECT_NE(cut(429, true).find("429-no-retry-after"), std::string::npos);
}

TEST(ServiceRules, QuotedValuesAreShortAndPlain) {
  const std::string value = "\x1b[2J\"\\\xff" + std::string(100, 'a');
  Built built("PUT", session_path(), 503);
  const std::string message = only_message(std::move(built.field("Retry-After", value)));
  EXPECT_NE(message.find("\"\\x1b[2J\\x22\\x5c\\xffaaa"), std::string::npos) << message;
  EXPECT_LT(message.size(), 180u);
}

TEST(ServiceRules, LackingContractFieldsAreNoted) {
  std::string session = session_json();
  session.replace(session.find("\"branch\""), 8, "\"branchy\"");
  EXPECT_EQ(fired(refused(412).json(session)), "");
  EXPECT_EQ(fired(refused(412).ask("x-xbl-contract-version", "103").json(session)), "");
  EXPECT_EQ(fired(refused(412).ask("x-xbl-contract-version", "107").json(session)),
            "[4xx-partial-session]");
  Built read = session_call("GET", 200);
  read.ask("X-Xbl-Contract-Version", "104").field("ETag", "\"1\"").json(session);
  EXPECT_EQ(fired(read), "[session-malformed]");
}

TEST(ServiceRules, NoRetryAfter) {
  EXPECT_EQ(fired(session_call("PUT", 503)), "503-no-retry-after");
  EXPECT_EQ(fired(session_call("PUT", 429).json(rate_limit_json())), "429-no-retry-after");
  EXPECT_EQ(fired(session_call("PUT", 503).field("retry-after", "0")), "");
  EXPECT_EQ(fired(session_call("PUT", 500)), "status-unlisted");
}

TEST(ServiceRules, RetryAfterMalformed) {
  const auto with = [](std::string_view value) {
    return fired(session_call("PUT", 503).field("Retry-After", value));
  };
  for (const char* value : {"", "soon", "-1", "1.5", "3, 5", "2026-01-01T00:00:00Z"}) {
    EXPECT_EQ(with(value), "retry-after-malformed") << value;
  }
  for (const char* value : {"0", "3", " 3 ", "99999999999999999999"}) EXPECT_EQ(with(value), "");
  for (const char* value : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                            "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(with(value), "[retry-after-malformed]") << value;
  }
  EXPECT_EQ(fired(session_call("PUT", 503).field("Retry-After", "3").field("Retry-After", "5")),
            "retry-after-malformed");
  EXPECT_EQ(fired(session_call("PUT", 503).field("Retry-After", "3").field("Retry-After", "3")),
            "");
  // Any response may carry it.
  EXPECT_EQ(fired(session_call("PUT", 409).text("x").field("Retry-After", "x")),
            "retry-after-malformed");
}

TEST(ServiceRules, RetryAfterIsRead) {
  const auto seconds = [](auto&& built) { return examined(built)->retry_after_s; };
  EXPECT_EQ(seconds(session_call("PUT", 503).field("Retry-After", "7")), 7);
  EXPECT_EQ(seconds(session_call("PUT", 503).field("Retry-After", "x")), std::nullopt);
  EXPECT_EQ(seconds(session_call("PUT", 503)), std::nullopt);
  EXPECT_EQ(seconds(session_call("PUT", 503)
                        .field("Date", "Sun, 06 Nov 1994 08:49:37 GMT")
                        .field("Retry-After", "Sun, 06 Nov 1994 08:49:57 GMT")),
            20);
  // Without Date: from when the response was complete, 784111777 s after 1970.
  EXPECT_EQ(seconds(session_call("PUT", 503)
                        .time(784'111'777'999)
                        .field("Retry-After", "Sun, 06 Nov 1994 08:49:57 GMT")),
            20);
}

TEST(ServiceRules, SessionMalformed) {
  const auto answered = [](std::string_view path, int status, std::string_view body) {
    return std::move(Built("PUT", path, status).field("ETag", "\"1\"").json(body));
  };
  for (const int status : {200, 201}) {
    EXPECT_EQ(fired(answered(session_path(), status, member_json())), "session-malformed");
    EXPECT_EQ(fired(answered(session_path(), status, "{\"a\":")), "session-malformed");
    EXPECT_EQ(fired(answered(session_path(), status, "")), "session-malformed body-missing");
    EXPECT_EQ(fired(answered(std::string(kHandle) + "/session", status, "[]")),
              "session-malformed");
    EXPECT_EQ(fired(answered(session_path(), status, session_json())), "");
    // Elements, handles and queries answer with JSON of their own.
    EXPECT_EQ(fired(answered(element_path(), status, member_json())), "");
    EXPECT_EQ(fired(answered("/handles", status, R"({"id":"1"})")), "");
    EXPECT_EQ(fired(answered(session_path(), status, "{\"a\":").defect(Defect::response_gap)), "");
    EXPECT_EQ(fired(answered(session_path(), status, "{\"a\":").defect(Defect::response_truncated)),
              "http-malformed");
  }
  Built wrong = session_call("GET", 200);
  wrong.field("ETag", "\"1\"").json("[]");
  EXPECT_EQ(only_message(std::move(wrong)),
            "the body of the 200 (2 bytes) is not an entire session: it is a "
            "JSON array, not an object");
}

TEST(ServiceRules, HeadHasNoBody) {
  Built head("HEAD", session_path(), 200);
  head.field("ETag", "\"1\"").field("Content-Type", "application/json");
  EXPECT_EQ(fired(head), "");
  EXPECT_EQ(fired(Built("HEAD", session_path(), 404).field("Content-Type", "text/plain")), "");
}

TEST(ServiceRules, Etags) {
  EXPECT_EQ(fired(session_call("PUT", 412).ask("If-Match", "\"1\"").json(session_json())),
            "412-no-etag");
  EXPECT_EQ(fired(session_call("PUT", 403).json(session_json())), "");
  EXPECT_EQ(fired(session_call("PUT", 412).ask("If-Match", "\"1\"").text("no")), "");
  EXPECT_EQ(fired(session_call("GET", 200).json(session_json())), "[session-no-etag]");
  EXPECT_EQ(fired(session_call("PUT", 201).field("ETag", " ").json(session_json())),
            "[session-no-etag]");
  EXPECT_EQ(fired(Built("GET", element_path(), 200).json(member_json())), "");
  EXPECT_EQ(fired(Built("PUT", session_path() + "?nocommit=true", 200).json(session_json())), "");
  EXPECT_EQ(fired(Built("GET", session_path() + "?nocommit=true", 200).json(session_json())),
            "[session-no-etag]");
  EXPECT_EQ(examined(session_call("GET", 200).field("etag", " \"x\" "))->etag, "\"x\"");
}

TEST(ServiceRules, ContentTypeMismatch) {
  const auto typed = [](std::string_view method, std::string_view path, int status,
                        std::string_view type, std::string_view body) {
    Built built(method, path, status);
    if (!type.empty()) built.field("Content-Type", type);
    return fired(built.field("ETag", "\"1\"").field("Retry-After", "1").body(body));
  };
  const std::string session = session_json();
  EXPECT_EQ(typed("GET", session_path(), 200, "text/plain", session), "content-type-mismatch");
  EXPECT_EQ(typed("GET", session_path(), 200, "", session), "content-type-mismatch");
  EXPECT_EQ(typed("GET", session_path(), 200, "APPLICATION/json;charset=utf-8", session), "");
  EXPECT_EQ(typed("GET", session_path(), 404, "text/html", "<p>"), "content-type-mismatch");
  EXPECT_EQ(typed("GET", session_path(), 404, "text/plain; charset=utf-8", "x"), "");
  EXPECT_EQ(typed("GET", session_path(), 404, "", ""), "body-missing");
  EXPECT_EQ(typed("PUT", session_path(), 429, "text/plain", rate_limit_json()),
            "content-type-mismatch");
  // 202 and 503: no body, so none need be typed.
  EXPECT_EQ(typed("PUT", session_path(), 202, "", ""), "");
  EXPECT_EQ(typed("PUT", session_path(), 503, "application/json", ""), "content-type-mismatch");
  // 204, 304 and the bare 412 name no type.
  EXPECT_EQ(typed("GET", session_path(), 204, "text/html", ""), "");
  // Handles and queries answer with JSON, or with nothing.
  EXPECT_EQ(typed("POST", "/handles", 201, "text/plain", R"({"id":"1"})"), "content-type-mismatch");
  EXPECT_EQ(typed("POST", "/handles", 201, "application/json", R"({"id":"1"})"), "");
  EXPECT_EQ(typed("DELETE", kHandle, 200, "text/plain", ""), "");
  EXPECT_EQ(typed("GET", "/unknown", 200, "text/html", "<p>"), "");
  // The split of 403 and 412 goes by the type, or else by the body.
  EXPECT_EQ(typed("PUT", session_path(), 403, "text/html", session), "content-type-mismatch");
  EXPECT_EQ(typed("PUT", session_path(), 403, "", session), "content-type-mismatch");
}

// The media type says which row it is, but a client that goes by it loses the session.
TEST(ServiceRules, ContentTypeMismatchOfASessionUnderAnotherType) {
  EXPECT_EQ(only_message(std::move(refused(412).text(session_json()))),
            "the media type of the 412 is \"text/plain\", but its body is a session: "
            "application/json was expected, clients do not adopt the session otherwise");
  EXPECT_EQ(fired(refused(403).text(session_json())), "content-type-mismatch");
  EXPECT_EQ(fired(refused(412).text(member_json())), "");
  EXPECT_EQ(examined(refused(412).text(session_json()))->row, Row::r412_bare);
  EXPECT_EQ(fired(session_call("PUT", 409).text(session_json())), "");
}

TEST(ServiceRules, BodyUnexpectedAndMissing) {
  EXPECT_EQ(fired(session_call("PUT", 202).text("later")), "body-unexpected");
  EXPECT_EQ(fired(session_call("PUT", 503).field("Retry-After", "3").json("Retry again later")),
            "content-type-mismatch body-unexpected");
  EXPECT_EQ(fired(session_call("PUT", 202).text("lat").defect(Defect::response_body_cut)),
            "body-unexpected");
  for (const int status : {400, 403, 404, 405, 409}) {
    EXPECT_EQ(fired(session_call("POST", status).text("")), "body-missing") << status;
    EXPECT_EQ(fired(session_call("POST", status).text("").defect(Defect::response_gap)), "");
    EXPECT_EQ(fired(session_call("POST", status).text("x")), "");
  }
  // Bytes came, but were not kept.
  Built dropped = session_call("GET", 404);
  dropped.text("");
  dropped.exchange().response.body_length = 9;
  EXPECT_EQ(fired(dropped), "");
}

TEST(ServiceRules, BodyMalformed429) {
  const auto with = [](std::string_view body) {
    return fired(session_call("PUT", 429).field("Retry-After", "3").json(body));
  };
  EXPECT_EQ(with(rate_limit_json()), "");
  EXPECT_EQ(with(R"({"maxRequests":10,"periodInSeconds":300,"limitType":"RATE"})"), "");
  EXPECT_EQ(with(""), "body-missing");
  for (const char* body :
       {"slow down", "{}", "[]", R"({"maxRequests":10})", R"({"periodInSeconds":15})",
        R"({"maxRequests":"10","periodInSeconds":15})",
        R"({"maxRequests":-1,"periodInSeconds":15})", R"({"maxRequests":10,"periodInSeconds":0})",
        R"({"status":{"errorCode":"Throttled"},"result":[],"agentUserId":null})"}) {
    EXPECT_EQ(with(body), "429-body-malformed") << body;
  }
  EXPECT_EQ(fired(session_call("PUT", 429)
                      .field("Retry-After", "3")
                      .json("{}")
                      .defect(Defect::response_body_undecoded)),
            "");
}

TEST(ServiceRules, StatusMethodMismatch) {
  const auto created = [](std::string_view method) {
    return fired(Built(method, session_path(), 201).field("ETag", "\"1\"").json(session_json()));
  };
  EXPECT_EQ(created("GET"), "status-method-mismatch");
  EXPECT_EQ(created("DELETE"), "status-method-mismatch");
  EXPECT_EQ(created("PUT"), "");
  EXPECT_EQ(fired(Built("POST", "/handles", 201).json("{}")), "");

  EXPECT_EQ(fired(session_call("GET", 304)), "status-method-mismatch");
  EXPECT_EQ(fired(session_call("PUT", 304).ask("If-None-Match", "*")), "status-method-mismatch");
  EXPECT_EQ(fired(session_call("GET", 304).ask("If-Match", "\"1\"")), "status-method-mismatch");
  EXPECT_EQ(fired(session_call("GET", 304).ask("if-none-match", "\"1\"")), "");

  EXPECT_EQ(fired(session_call("PUT", 412)), "status-method-mismatch");
  EXPECT_EQ(fired(session_call("PUT", 412).ask("If-Match", "*")), "");
  EXPECT_EQ(fired(session_call("PUT", 412).ask("If-None-Match", "*")), "");
  EXPECT_EQ(fired(session_call("GET", 412).ask("If-Match", "\"1\"")), "");
  EXPECT_EQ(fired(session_call("GET", 412).ask("If-None-Match", "\"1\"")),
            "status-method-mismatch");
  EXPECT_EQ(fired(session_call("PUT", 412).field("ETag", "\"2\"").json(session_json())),
            "status-method-mismatch");
  EXPECT_EQ(fired(session_call("GET", 412)
                      .ask("If-Match", "\"1\"")
                      .field("ETag", "\"2\"")
                      .json(session_json())),
            "status-method-mismatch");

  const auto unmodified = [](std::string_view method) {
    return fired(
        session_call(method, 412).ask("if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT"));
  };
  EXPECT_EQ(unmodified("PUT"), "");
  EXPECT_EQ(unmodified("GET"), "");

  EXPECT_EQ(fired(session_call("PUT", 405).text("x")), "status-method-mismatch");
  EXPECT_EQ(fired(session_call("DELETE", 405).text("x")), "");
  EXPECT_EQ(fired(Built("DELETE", element_path(), 405).text("x")), "status-method-mismatch");
  EXPECT_EQ(fired(Built("POST", "/handles/query", 405).text("x")), "status-method-mismatch");
  EXPECT_EQ(fired(Built("GET", "/unknown", 405).text("x")), "");
}

TEST(ServiceRules, StatusMethodMismatchSaysWhatLacked) {
  EXPECT_EQ(only_message(session_call("PUT", 412)),
            "412 to a PUT that has neither If-Match nor If-None-Match: there is no "
            "precondition to fail");
  EXPECT_EQ(only_message(std::move(session_call("GET", 412).ask("If-None-Match", "\"1\""))),
            "412 to a GET that has only If-None-Match and lacks If-Match: a GET whose "
            "If-None-Match does not hold is answered with 304");
  EXPECT_EQ(only_message(std::move(session_call("PUT", 405).text("x"))),
            "405 to a PUT of target session, which supports GET PUT");
}

TEST(ServiceRules, StatusUnlisted) {
  for (const int status : {100, 206, 301, 401, 406, 408, 410, 415, 500, 501, 502, 504, 599, 999}) {
    const CallPtr call = examined(session_call("PUT", status));
    EXPECT_EQ(fired(*call), "status-unlisted") << status;
    EXPECT_EQ(call->row, Row::unlisted);
    const bool generic =
        status == 401 || status == 408 || status == 500 || status == 502 || status == 504;
    EXPECT_EQ(call->violations[0].message.find("Xbox") != std::string::npos, generic) << status;
  }
}

TEST(ServiceRules, HttpMalformed) {
  const auto with = [](Defect defect) {
    return fired(
        session_call("PUT", 200).field("ETag", "\"1\"").json(session_json()).defect(defect));
  };
  EXPECT_EQ(with(Defect::request_malformed), "http-malformed");
  EXPECT_EQ(with(Defect::response_malformed), "http-malformed");
  EXPECT_EQ(with(Defect::response_truncated), "http-malformed");
  for (const Defect defect :
       {Defect::request_gap, Defect::response_gap, Defect::response_unseen, Defect::stream_reset,
        Defect::request_body_cut, Defect::response_body_cut, Defect::pushed}) {
    EXPECT_EQ(with(defect), "") << name_of(defect);
  }
  // Malformed for our limits alone.
  const auto beyond = [](Defect malformed, Defect over_limit) {
    return fired(session_call("PUT", 200)
                     .field("ETag", "\"1\"")
                     .json(session_json())
                     .defect(malformed)
                     .defect(over_limit));
  };
  EXPECT_EQ(beyond(Defect::request_malformed, Defect::request_head_over_limit), "");
  EXPECT_EQ(beyond(Defect::response_malformed, Defect::response_head_over_limit), "");
  EXPECT_EQ(beyond(Defect::response_malformed, Defect::request_head_over_limit), "http-malformed");
  // The upload was not needed any more: a final response came before its end.
  EXPECT_EQ(with(Defect::request_truncated), "");
  const auto cut_upload = [](Defect other) {
    return fired(
        session_call("PUT", 409).text("x").defect(Defect::request_truncated).defect(other));
  };
  EXPECT_EQ(cut_upload(Defect::response_truncated), "http-malformed");
  EXPECT_EQ(cut_upload(Defect::response_malformed), "http-malformed");
  EXPECT_EQ(cut_upload(Defect::stream_reset), "");
  Built unanswered = session_call("PUT", 200);
  unanswered.no_response().defect(Defect::request_truncated);
  EXPECT_EQ(fired(unanswered), "http-malformed");
  Built both = session_call("PUT", 404);
  both.text("x").defect(Defect::request_malformed).defect(Defect::response_truncated);
  both.exchange().malformed = "invalid chunk size";
  EXPECT_EQ(only_message(std::move(both)),
            "the request is malformed; the connection ended in the middle of the response, after 1 "
            "bytes of its body (invalid chunk size)");
}

TEST(ServiceRules, ResponseMissing) {
  Built missing = session_call("PUT", 200);
  missing.no_response().defect(Defect::response_missing);
  const CallPtr call = examined(missing);
  EXPECT_EQ(fired(*call), "response-missing");
  EXPECT_EQ(call->row, std::nullopt);
  Built unseen = session_call("PUT", 200);
  EXPECT_EQ(fired(unseen.no_response().defect(Defect::response_unseen)), "");
}

TEST(ServiceRules, WithoutTheRequestNothingThatNeedsItFires) {
  const auto alone = [](int status) { return std::move(Built("GET", "/", status).no_request()); };
  EXPECT_EQ(fired(alone(201).json("{}")), "");
  EXPECT_EQ(fired(alone(304)), "");
  EXPECT_EQ(fired(alone(404).text("")), "");
  EXPECT_EQ(fired(alone(405).text("x")), "");
  EXPECT_EQ(fired(alone(412)), "");
  EXPECT_EQ(fired(alone(403).json(member_json())), "");
  // What the response alone shows does.
  EXPECT_EQ(fired(alone(412).json(session_json())), "412-no-etag");
  EXPECT_EQ(fired(alone(503).text("x")), "503-no-retry-after body-unexpected");
  EXPECT_EQ(fired(alone(404).json("{}")), "content-type-mismatch");
  EXPECT_EQ(fired(alone(500)), "status-unlisted");
  EXPECT_EQ(examined(alone(412).json(session_json()))->row, Row::r412_session);
  EXPECT_EQ(examined(alone(204))->variant, Variant204::none);
}

TEST(ServiceRules, SeveritiesAreConfigurable) {
  RuleSettings settings;
  const auto severity_of = [&settings](Rule rule) -> Severity& {
    return settings.severities[static_cast<std::size_t>(rule)];
  };
  severity_of(Rule::no_retry_after_503) = Severity::off;
  severity_of(Rule::body_unexpected) = Severity::error;
  CallPtr call = examine(session_call("PUT", 503).text("x").take(), settings);
  ASSERT_EQ(fired(*call), "body-unexpected");
  EXPECT_EQ(call->violations[0].severity, Severity::error);

  // What is only noted stays so however severe the rule, unless it is off.
  const auto dated = [&] {
    Built built = session_call("PUT", 503);
    built.field("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT");
    return fired(*examine(built.take(), settings));
  };
  severity_of(Rule::retry_after_malformed) = Severity::error;
  EXPECT_EQ(dated(), "[retry-after-malformed]");
  severity_of(Rule::retry_after_malformed) = Severity::off;
  EXPECT_EQ(dated(), "");
}

TEST(ServiceRules, MessagesKeepSecrets) {
  Built built("PUT", session_path() + "?token=SECRET1", 412);
  built.ask("Authorization", "XBL3.0 x=9;SECRET2").ask("Signature", "SECRET3");
  built.ask("Cookie", "SECRET4").ask_body("SECRET5").ask("If-Match", "\"SECRET6\"");
  built.field("Set-Cookie", "SECRET7").field("Retry-After", "soon").json("SECRET8");
  const CallPtr call = examined(built);
  EXPECT_EQ(fired(*call), "4xx-partial-session retry-after-malformed 412-no-etag");
  for (const Violation& violation : call->violations) {
    EXPECT_EQ(violation.message.find("SECRET"), std::string::npos) << violation.message;
  }
  EXPECT_EQ(call->user_hash, "9");
}

TEST(ServiceRules, MessagesQuoteLittle) {
  Built built = session_call("PUT", 503);
  built.field("Retry-After", std::string(5'000, 'x'))
      .field("Content-Type", std::string(5'000, 'y'));
  const CallPtr call = examined(built);
  EXPECT_EQ(fired(*call), "retry-after-malformed content-type-mismatch");
  for (const Violation& violation : call->violations) EXPECT_LT(violation.message.size(), 200U);
}

// Answers that were seen or documented, in our own words.
TEST(ServiceRules, JudgeWhatServicesAnswer) {
  EXPECT_EQ(fired(session_call("PUT", 403).text("You may not join this session.")), "");
  EXPECT_EQ(fired(session_call("PUT", 401)), "status-unlisted");
  EXPECT_EQ(fired(Built("PUT", session_path(), 403)
                      .json(R"({"code":1000,"source":"Other","description":"no claim"})")),
            "4xx-partial-session");
  EXPECT_EQ(fired(session_call("PUT", 429).field("Retry-After", "2")), "body-missing");
  EXPECT_EQ(fired(session_call("PUT", 429)), "429-no-retry-after body-missing");
  EXPECT_EQ(fired(Built("POST", "/handles/query", 400).text("Give xuids or people, not both.")),
            "");
  EXPECT_EQ(fired(Built("GET", "/serviceconfigs/S/sessiontemplates", 200)
                      .json(R"({"results":["Lobby","Ship"]})")),
            "");
}

}  // namespace
}  // namespace mpsdscope

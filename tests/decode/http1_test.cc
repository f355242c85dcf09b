#include "decode/http1.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/decode/testing/http1_messages.h"
#include "tests/decode/testing/http_transcript.h"

namespace mpsdscope {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Case {
  const char* name;
  Transcript transcript;
  std::vector<std::string> exchanges;
  bool pieces = true;  // false: resynchronisation depends on where chunks start
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

class Http1Transcript : public ::testing::TestWithParam<Case> {};

TEST_P(Http1Transcript, GivesTheseExchangesHoweverItIsCut) {
  std::vector<std::string> whole;
  for (const Cut cut : cuts()) {
    if (!GetParam().pieces && cut.kind != Cut::Kind::whole) continue;
    Connection connection(make_http1_connection);
    connection.feed(GetParam().transcript, cut);
    EXPECT_THAT(connection.briefs(), ElementsAreArray(GetParam().exchanges));
    if (cut.kind == Cut::Kind::whole) whole = connection.fulls();
    EXPECT_EQ(connection.fulls(), whole);
    std::uint32_t stream = 0;  // surplus bytes are told under the number of what they follow
    for (std::size_t i = 0; i < connection.recorder.exchanges.size(); ++i) {
      EXPECT_EQ(connection[i].index, i);
      stream += connection[i].malformed.find("previous") == std::string::npos;
      EXPECT_EQ(connection[i].stream, stream);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Messages, Http1Transcript,
    ::testing::Values(
        Case{"one", {client(kGet), server(kOk)}, {"GET /a -> 200 'ok'"}},
        Case{"keep_alive",
             {client(kGet), server(kOk), client(post("/b", "xyz")), server(ok("done"))},
             {"GET /a -> 200 'ok'", "POST /b 'xyz' -> 200 'done'"}},
        Case{"pipelined",
             {client(get("/1") + post("/2", "b") + get("/3")), server(ok("1") + ok("2") + ok("3"))},
             {"GET /1 -> 200 '1'", "POST /2 'b' -> 200 '2'", "GET /3 -> 200 '3'"}},
        Case{"chunked_with_extensions_and_trailers",
             {client("PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n"),
              server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "4;a=\"b\"\r\nwxyz\r\n0\r\nX-Sum: 9 \r\nY: 2\r\n\r\n")},
             {"PUT /c 'abcde' -> 200 'wxyz'"}},
        Case{"until_close",
             {client(kGet), server("HTTP/1.0 200 OK\r\n\r\nall of it"), server_ends()},
             {"GET /a -> 200 'all of it'"}},
        Case{"until_reset",
             {client(kGet), server("HTTP/1.1 200 OK\r\n\r\npart"), server_ends(StreamEnd::reset)},
             {"GET /a -> 200 'part' !response-truncated"}},
        Case{"until_input_ends",
             {client(kGet), server("HTTP/1.1 200 OK\r\n\r\npart"), server_ends(StreamEnd::unknown)},
             {"GET /a -> 200 'part' !response-unseen"}},
        Case{"length_cut_by_close",
             {client(kGet), server("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart"),
              server_ends()},
             {"GET /a -> 200 'part' !response-truncated"}},
        Case{"length_cut_by_input",
             {client(kGet), server("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart"),
              server_ends(StreamEnd::unknown)},
             {"GET /a -> 200 'part' !response-unseen"}},
        Case{"response_head_cut",
             {client(kGet), server("HTTP/1.1 200 OK\r\nConte"), server_ends()},
             {"GET /a -> ? !response-truncated"}},
        Case{"client_half_closes_then_length_cut",
             {client(kGet), client_ends(),
              server("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart"), server_ends()},
             {"GET /a -> 200 'part' !response-truncated"}},
        Case{"client_gives_up",
             {client(kGet), server("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart"),
              client_ends(), server_ends()},
             {"GET /a -> 200 'part' !response-unseen"}},
        Case{"client_gives_up_in_the_head",
             {client(kGet), server("HTTP/1.1 200 OK\r\nConte"), client_ends(), server_ends()},
             {"GET /a -> ? !response-unseen"}},
        Case{"client_ends_but_gets_the_rest",
             {client(kGet), server("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart"),
              client_ends(), server("whole"), server_ends()},
             {"GET /a -> 200 'partwhole'"}},
        Case{"client_resets",
             {client(kGet), server("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart"),
              client_ends(StreamEnd::reset), server_ends(StreamEnd::reset)},
             {"GET /a -> 200 'part' !response-unseen"}},
        Case{"client_resets_before_the_response",
             {client(kGet), client_ends(StreamEnd::reset), server_ends(StreamEnd::reset)},
             {"GET /a -> ? !response-unseen"}},
        Case{"server_resets",
             {client(kGet), server("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart"),
              server_ends(StreamEnd::reset), client_ends(StreamEnd::reset)},
             {"GET /a -> 200 'part' !response-truncated"}},
        Case{"head_has_no_body",
             {client("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n"),
              server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), client(get("/b")),
              server(kOk)},
             {"HEAD /a -> 200", "GET /b -> 200 'ok'"}},
        Case{"not_modified_has_no_body",
             {client(get("/1") + get("/2") + get("/3")),
              server("HTTP/1.1 304 N\r\nContent-Length: 5\r\n\r\n"
                     "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n" +
                     kOk)},
             {"GET /1 -> 304", "GET /2 -> 204", "GET /3 -> 200 'ok'"}},
        Case{"interim",
             {client("PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: "
                     "2\r\n\r\n"),
              server("HTTP/1.1 100 Continue\r\nX: y\r\n\r\n"), client("hi"),
              server("HTTP/1.1 103 Early Hints\r\nLink: l\r\n\r\n" + kOk)},
             {"PUT /a 'hi' -> 200 'ok'"}},
        Case{"early_response",
             {client("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nhi"),
              server("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"), client("ho"),
              client(get("/b")), server(kOk)},
             {"PUT /a 'hiho' -> 403", "GET /b -> 200 'ok'"}},
        Case{"early_response_then_client_gives_up",
             {client("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nhi"),
              server("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"), server_ends(),
              client_ends(StreamEnd::reset)},
             {"PUT /a 'hi' -> 403 !request-truncated"}},
        Case{"blank_lines_between", {client("\r\n" + kGet), server(kOk)}, {"GET /a -> 200 'ok'"}},
        Case{"data_behind_connection_close",
             {client("GET /1 HTTP/1.1\r\nConnection: close\r\n\r\n" + get("/2")),
              server("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1" +
                     ok("2"))},
             {"GET /1 -> 200 '1'", "GET /2 -> 200 '2'"}},
        Case{"after_a_refused_connect_that_closes",
             {client("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\nConnection: close\r\n\r\n"),
              server("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"), client(get("/2")),
              server(kOk)},
             {"CONNECT h:443 -> 407", "GET /2 -> 200 'ok'"}},
        Case{"no_reason_phrase",
             {client(kGet), server("HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx")},
             {"GET /a -> 200 'x'"}}));

INSTANTIATE_TEST_SUITE_P(
    Ends, Http1Transcript,
    ::testing::Values(
        Case{"no_response_server_closes",
             {client(get("/1") + get("/2")), server_ends()},
             {"GET /1 -> ? !response-missing", "GET /2 -> ? !response-missing"}},
        Case{"no_response_reset",
             {client(kGet), server_ends(StreamEnd::reset)},
             {"GET /a -> ? !response-missing"}},
        Case{"no_response_input_ends",
             {client(kGet), client_ends(StreamEnd::unknown), server_ends(StreamEnd::unknown)},
             {"GET /a -> ? !response-unseen"}},
        Case{"client_half_closes",
             {client(kGet), client_ends(), server(kOk)},
             {"GET /a -> 200 'ok'"}},
        Case{"request_after_the_end",
             {client(kGet), server(kOk), server_ends(), client(get("/b")), client_ends()},
             {"GET /a -> 200 'ok'", "GET /b -> ? !response-missing"}},
        Case{"request_cut",
             {client("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc"), client_ends(),
              server_ends()},
             {"POST /a 'abc' -> ? !response-missing !request-truncated"}},
        Case{"request_cut_by_reset",
             {client("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc"),
              client_ends(StreamEnd::reset), server_ends(StreamEnd::reset)},
             {"POST /a 'abc' -> ? !response-unseen !request-truncated"}},
        Case{"request_head_cut",
             {client("POST /a HTTP/1.1\r\nHo"), server_ends(StreamEnd::unknown),
              client_ends(StreamEnd::unknown)},
             {"? -> ? !response-unseen !request-gap"}},
        Case{"response_without_request",
             {server(kOk), client(get("/b")), server(ok("b"))},
             {"? -> 200 'ok' !request-missing", "GET /b -> 200 'b'"}}));

INSTANTIATE_TEST_SUITE_P(
    Malformed, Http1Transcript,
    ::testing::Values(
        Case{"request_then_next",
             {client("GET /a HTTP/1.1\r\nHost : h\r\n\r\n"),
              server("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n"), client(get("/b")),
              server(kOk)},
             {"? -> 400 !request-malformed !request-ambiguous", "GET /b -> 200 'ok'"}},
        Case{"length_and_chunked",
             {client("POST /a HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: "
                     "chunked\r\n\r\n0\r\n\r\n"),
              server_ends()},
             {"? -> ? !response-missing !request-malformed !request-ambiguous"}},
        Case{"response_then_next",
             {client(get("/1")), server("HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n"), client(get("/2")),
              server(kOk)},
             {"GET /1 -> 200 !response-malformed !response-ambiguous", "GET /2 -> 200 'ok'"}},
        Case{"response_status_line",
             {client(get("/1")), server("HTTP/1.1 2x0 OK\r\nA: b\r\n\r\n"), client(get("/2")),
              server(kOk)},
             {"GET /1 -> ? !response-malformed", "GET /2 -> 200 'ok'"}},
        Case{"interim_response",
             {client(get("/1")), server("HTTP/1.1 103 Hints\r\nA: b\rc\r\n\r\n"), server_ends()},
             {"GET /1 -> ? !response-malformed !response-ambiguous"}},
        Case{"response_without_request_or_status",
             {server(kOk), server("HTTP/1.1 2x0 OK\r\nA: b\r\n\r\n"), client(get("/2")),
              server(kOk)},
             {"? -> 200 'ok' !request-missing", "? -> ? !request-missing !response-malformed",
              "GET /2 -> 200 'ok'"}},
        Case{"target_above_ascii",
             {client(get("/s\xc3\xa9ssion/\xe5\x90\x8d?q=\xf0\x9f\x98\x80#\xff") +
                     post("/b\xe9", "body")),
              server(ok("1") + ok("2")), client(get("/c")), server(ok("3"))},
             {"GET /s\xc3\xa9ssion/\xe5\x90\x8d?q=\xf0\x9f\x98\x80#\xff -> 200 '1' "
              "!request-malformed",
              "POST /b\xe9 'body' -> 200 '2' !request-malformed", "GET /c -> 200 '3'"}},
        Case{"target_above_ascii_then_worse",
             {client("PUT /\xe9 HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n"), server(kOk)},
             {"? -> 200 'ok' !request-malformed !request-ambiguous"}},
        Case{"chunk_size",
             {client(kGet),
              server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nzz\r\n"),
              server_ends()},
             {"GET /a -> 200 'ab' !response-malformed !response-ambiguous"}},
        Case{"garbage_behind_a_response_that_was_handed_over",
             {client(get("/1")), server(ok("1")), server("g"), client(get("/2")), server(kOk)},
             {"GET /1 -> 200 '1'", "? -> ? !request-missing !response-malformed",
              "GET /2 -> 200 'ok'"}},
        Case{"garbage_as_a_response",
             {client(get("/1")), server(ok("1")), client(get("/2")), server("garbage\r\n"),
              client(get("/3")), server(kOk)},
             {"GET /1 -> 200 '1'", "GET /2 -> ? !response-malformed", "GET /3 -> 200 'ok'"}}));

INSTANTIATE_TEST_SUITE_P(
    Loss, Http1Transcript,
    ::testing::Values(
        Case{"inside_a_response_body",
             {client(kGet), server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
              server_lost(4), server("xyz"), client(get("/b")), server(kOk)},
             {"GET /a -> 200 'abcxyz' !response-gap", "GET /b -> 200 'ok'"}},
        Case{"the_rest_of_a_response_body",
             {client(get("/1") + get("/2")),
              server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), server_lost(7),
              server(kOk)},
             {"GET /1 -> 200 'abc' !response-gap", "GET /2 -> 200 'ok'"}},
        Case{"inside_a_chunk",
             {client(kGet), server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nabc"),
              server_lost(3), server("gh\r\n0\r\n\r\n"), client(get("/b")), server(kOk)},
             {"GET /a -> 200 'abcgh' !response-gap", "GET /b -> 200 'ok'"}},
        Case{"inside_a_request_body",
             {client("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nab"), client_lost(2),
              client("ef"), server(kOk), client(get("/b")), server(ok("b"))},
             {"POST /a 'abef' -> 200 'ok' !request-gap", "GET /b -> 200 'b'"}},
        Case{"inside_a_body_until_close",
             {client(kGet), server("HTTP/1.1 200 OK\r\n\r\nabc"), server_lost(99), server("xyz"),
              server_ends()},
             {"GET /a -> 200 'abcxyz' !response-gap"}},
        Case{"beyond_a_response_body",
             {client(get("/1")), server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
              server_lost(50), client(get("/2")), server(kOk)},
             {"GET /1 -> 200 'abc' !response-gap", "GET /2 -> 200 'ok'"}},
        Case{"a_whole_response",
             {client(get("/1")), server_lost(60), client(get("/2")), server(kOk)},
             {"GET /1 -> ? !response-gap", "GET /2 -> 200 'ok'"}},
        Case{"a_whole_response_noticed_late",
             {client(get("/1")), client(get("/2")), server_lost(60), server(kOk)},
             {"GET /1 -> ? !response-gap", "GET /2 -> 200 'ok'"}},
        Case{"the_interim_response",
             {client(get("/1")), server_lost(25), server(kOk)},
             {"GET /1 -> 200 'ok'"}},
        Case{"a_whole_request",
             {client(get("/1")), server(ok("1")), client_lost(40), server(ok("2")),
              client(get("/3")), server(ok("3"))},
             {"GET /1 -> 200 '1'", "? -> 200 '2' !request-missing", "GET /3 -> 200 '3'"}},
        Case{"a_whole_request_noticed_late",
             {client(get("/1")), server(ok("1")), server(ok("2")), client_lost(40),
              client(get("/3")), server(ok("3"))},
             {"GET /1 -> 200 '1'", "? -> 200 '2' !request-missing", "GET /3 -> 200 '3'"}},
        Case{"a_whole_turn",
             {client(get("/1")), server(ok("1")), client_lost(40), client(get("/3")),
              server_lost(40), server(ok("3"))},
             {"GET /1 -> 200 '1'", "GET /3 -> 200 '3'"}},
        Case{"one_of_two_pipelined_requests",
             {client(get("/1")), server(ok("1")), client_lost(40), client(get("/3")),
              server(ok("2") + ok("3")), client_ends(StreamEnd::unknown),
              server_ends(StreamEnd::unknown)},
             {"GET /1 -> 200 '1'", "? -> 200 '2' !request-missing", "GET /3 -> ? !response-unseen",
              "? -> 200 '3' !request-missing"}},
        Case{"a_pipelined_response",
             {client(get("/1") + get("/2") + get("/3")), server(ok("1")), server_lost(40),
              server(ok("?")), server_ends(StreamEnd::unknown), client_ends(StreamEnd::unknown)},
             {"GET /1 -> 200 '1'", "GET /2 -> ? !response-gap", "GET /3 -> ? !response-gap",
              "? -> 200 '?' !request-missing"}},
        Case{"inside_a_request_head",
             {client("PUT /aaa"), client_lost(9), client("bbb HTTP/1.1\r\nHost: h\r\n\r\n"),
              server(kOk), client(get("/b")), server(ok("b"))},
             {"? -> 200 'ok' !request-gap", "GET /b -> 200 'b'"}},
        Case{"inside_a_response_head",
             {client(get("/1")), server("HTTP/1.1 200 OK\r\nX: "), server_lost(9),
              server("y\r\nContent-Length: 2\r\n\r\nok\r\n"), client(get("/2")), server(kOk)},
             {"GET /1 -> 200 !response-gap", "GET /2 -> 200 'ok'"}},
        Case{"inside_a_status_line_behind_another_response",
             {client(get("/1")), server(ok("1")), client(get("/2")), server("HTTP/1."),
              server_lost(20), server("HTTP/1.1 412 No\r\nContent-Length: 1\r\n\r\n2")},
             {"GET /1 -> 200 '1'", "GET /2 -> 412 '2'"}},
        Case{"joined_in_the_middle",
             {client_lost(0), server_lost(0), server("tail of a body\r\n"), client(get("/1")),
              server(kOk)},
             {"GET /1 -> 200 'ok'"}},
        Case{"joined_before_a_response",
             {client_lost(0), server_lost(0), server(ok("0")), client(get("/1")), server(kOk)},
             {"? -> 200 '0' !request-missing", "GET /1 -> 200 'ok'"}},
        Case{"unanswered_behind_a_gap_at_the_end",
             {client(get("/1")), server_lost(5), server_ends()},
             {"GET /1 -> ? !response-unseen"}}));

TEST(Http1, ReadsFieldsAndWhereTheyCameFrom) {
  for (const Cut cut : cuts()) {
    Connection connection(make_http1_connection);
    connection.feed({client("GET /p?q HTTP/1.1\r\nHost:  user@h:8080 \r\nEmpty:\r\nX:\ta b\t\r\n"
                            "E2: \r\n\r\n"),
                     server("HTTP/1.0 200 Very OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: "
                            "v \r\n\r\n")},
                    cut);
    ASSERT_EQ(connection.recorder.exchanges.size(), 1u);
    const Exchange& exchange = connection[0];
    EXPECT_EQ(fields_of(exchange.request.fields), "Host=user@h:8080; Empty=; X=a b; E2=");
    EXPECT_EQ(exchange.request.authority, "h:8080");
    EXPECT_EQ(exchange.request.scheme, "http");
    EXPECT_EQ(exchange.request.version, HttpVersion::http_1_1);
    EXPECT_EQ(exchange.response.version, HttpVersion::http_1_0);
    EXPECT_EQ(exchange.response.reason, "Very OK");
    EXPECT_EQ(fields_of(exchange.response.trailers), "T=v");
    EXPECT_EQ(exchange.conn, 7u);
    EXPECT_EQ(exchange.client.port, 50'000);
  }
}

TEST(Http1, CompletesTheAuthority) {
  const auto authority = [](const std::string& request, const auto& set) {
    Connection connection(make_http1_connection);
    set(connection.info);
    connection.feed({client(request), server(kOk)});
    const HttpRequest& read = connection[0].request;
    return read.scheme + "://" + read.authority + " " + read.target;
  };
  const auto nothing = [](ConnectionInfo&) {};
  EXPECT_EQ(
      authority("GET HTTPS://u:p@Host.example:81/x?y HTTP/1.1\r\nHost: other\r\n\r\n", nothing),
      "https://Host.example:81 HTTPS://u:p@Host.example:81/x?y");
  EXPECT_EQ(authority("GET /http://x/ HTTP/1.1\r\nHost: h\r\n\r\n", nothing),
            "http://h /http://x/");
  EXPECT_EQ(authority("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", nothing), "http://h *");
  EXPECT_EQ(authority("GET / HTTP/1.0\r\n\r\n", nothing), "http:// /");
  EXPECT_EQ(authority("GET / HTTP/1.0\r\n\r\n",
                      [](ConnectionInfo& info) {
                        info.tls = true;
                        info.sni = "sni.example";
                      }),
            "https://sni.example /");
  EXPECT_EQ(authority("GET / HTTP/1.0\r\n\r\n",
                      [](ConnectionInfo& info) {
                        info.sni = "sni.example";
                        info.connect_authority = "c.example:443";
                      }),
            "http://c.example:443 /");
}

TEST(Http1, KeepsNoMoreOfABodyThanTheLimit) {
  Connection connection(make_http1_connection);
  connection.limits.max_body_bytes = 4;
  connection.feed({client(post("/a", "123456")), server(ok("abcdefgh"))});
  EXPECT_THAT(connection.briefs(),
              ElementsAre("POST /a '1234' -> 200 'abcd' !request-body-cut !response-body-cut"));
  EXPECT_EQ(connection[0].request.body_length, 6u);
  EXPECT_EQ(connection[0].response.body_length, 8u);
  EXPECT_EQ(connection.count(Counter::http_bodies_cut), 2u);
}

TEST(Http1, BoundsTheBodiesOfAConnectionTogether) {
  Connection connection(make_http1_connection);
  connection.limits.max_buffered_per_flow = 8'000;
  for (int i = 0; i < 10; ++i) connection.feed({client(post("/a", std::string(1'000, 'x')))});
  EXPECT_LE(connection.most_buffered, 8'000u);
  EXPECT_GE(connection.most_buffered, 6'000u);
}

TEST(Http1, OnlyCountsBodiesThatNobodyWants) {
  Connection connection(make_http1_connection);
  connection.recorder.wanted = false;
  connection.feed({client(post("/a", "123456")), server(ok("abc")), server(ok("orphan"))});
  EXPECT_THAT(connection.briefs(), ElementsAre("POST /a -> 200", "? -> 200 !request-missing"));
  EXPECT_EQ(connection[0].response.body_length, 3u);
  EXPECT_THAT(connection.recorder.asked, ElementsAre("POST /a", " "));
}

TEST(Http1, RefusesHeadsOverTheLimit) {
  for (const Cut cut : cuts()) {
    Connection connection(make_http1_connection);
    connection.limits.max_head_bytes = 100;
    connection.feed({client("GET /a HTTP/1.1\r\nX: " + std::string(200, 'x') + "\r\n\r\n"),
                     client(get("/b")), server(kOk), server_ends()},
                    cut);
    EXPECT_EQ(connection.count(Counter::http_heads_too_large), 1u);
    EXPECT_EQ(connection.count(Counter::http_malformed), 0u);
    EXPECT_THAT(connection[0].malformed, HasSubstr("limit"));
    EXPECT_TRUE(connection[0].defects.has(Defect::request_malformed));
    EXPECT_TRUE(connection[0].defects.has(Defect::request_head_over_limit));
  }
}

TEST(Http1, BoundsPipelining) {
  Connection connection(make_http1_connection);
  connection.limits.max_pipelined = 10;
  for (int i = 0; i < 25; ++i) connection.feed({client(get("/" + std::to_string(i)))});
  connection.feed({server(ok("0")), client_ends(), server_ends()});
  EXPECT_EQ(connection.count(Counter::http_pipeline_overflow), 1u);
  EXPECT_EQ(connection.recorder.exchanges.size(), 26u);
  for (const ExchangePtr& exchange : connection.recorder.exchanges) {
    EXPECT_FALSE(exchange->request.present && exchange->response.present);
  }
}

TEST(Http1, DecodesContentOnlyOfWholeBodies) {
  const std::string gzip(
      "\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0", 25);
  const auto response = [&](const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  };
  for (const Cut cut : cuts()) {
    Connection connection(make_http1_connection);
    connection.feed({client(kGet), server(response(gzip)), client(kGet), server(response("junk")),
                     client(kGet), server(response(gzip).substr(0, 80)), server_ends()},
                    cut);
    ASSERT_EQ(connection.recorder.exchanges.size(), 3u);
    EXPECT_EQ(brief(connection[0]), "GET /a -> 200 'hello'");
    EXPECT_EQ(connection[0].response.body_length, 25u);
    EXPECT_EQ(brief(connection[1]), "GET /a -> 200 'junk' !response-body-undecoded");
    EXPECT_TRUE(connection[2].defects.has(Defect::response_body_undecoded));
    EXPECT_EQ(connection.count(Counter::http_bodies_undecoded), 2u);
  }
}

TEST(Http1, TakesTransferCodingsOff) {
  const std::string gzip(
      "\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0", 25);
  const auto read = [&](const std::string& codings, const std::string& body) {
    Connection connection(make_http1_connection);
    connection.feed({client(kGet),
                     server("HTTP/1.1 200 OK\r\nTransfer-Encoding: " + codings + "\r\n\r\n" + body),
                     server_ends()});
    return brief(connection[0]);
  };
  const std::string chunks = "19\r\n" + gzip + "\r\n0\r\n\r\n";
  EXPECT_EQ(read("gzip, chunked", chunks), "GET /a -> 200 'hello'");
  EXPECT_EQ(read("gzip", gzip), "GET /a -> 200 'hello'");
  EXPECT_EQ(read("Chunked", "2\r\nok\r\n0\r\n\r\n"), "GET /a -> 200 'ok'");
  EXPECT_EQ(read("strange, chunked", "2\r\nok\r\n0\r\n\r\n"),
            "GET /a -> 200 'ok' !response-body-undecoded");
}

TEST(Http1, TakesTimesFromTheChunks) {
  Connection connection(make_http1_connection);
  connection.feed({client("GET /a HTTP/1.1\r\n"), client("Host: h\r\n\r\n"),
                   server("HTTP/1.1 100 C\r\n\r\n"), server("HTTP/1.1 200 OK\r\nContent-Length: 2"),
                   server("\r\n\r\no"), server("k")});
  const auto ms = [](CaptureTime time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  };
  EXPECT_EQ(ms(connection[0].request.begin), 1);
  EXPECT_EQ(ms(connection[0].request.end), 2);
  EXPECT_EQ(ms(connection[0].response.begin), 4);
  EXPECT_EQ(ms(connection[0].response.end), 6);
}

TEST(Http1, NeverLetsTimesRunBackwards) {
  Connection connection(make_http1_connection);
  connection.now += std::chrono::seconds(1);
  connection.feed({client("GET /a HTTP/1.1\r\n")});
  connection.now -= std::chrono::milliseconds(500);
  connection.feed({client("\r\n"), server(kOk)});
  EXPECT_EQ(connection[0].request.begin, connection[0].request.end);
}

TEST(Http1, CountsWhatItSkips) {
  Connection connection(make_http1_connection);
  connection.feed(
      {client(get("/1")), server(ok("1")), client_lost(100), client("tail\r\n" + get("/2"))});
  EXPECT_EQ(connection.count(Counter::http_resynchronised), 1u);
  EXPECT_EQ(connection.count(Counter::http_bytes_skipped), 6u);
}

TEST(Http1, AbsurdGapsCostNothing) {
  Connection connection(make_http1_connection);
  connection.feed({client(kGet),
                   server("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000000\r\n\r\na"),
                   server_lost(999'999'999'999'998), server("z" + kOk)});
  EXPECT_EQ(connection.briefs()[0], "GET /a -> 200 'az' !response-gap");
  EXPECT_EQ(connection[0].response.body_length, 1'000'000'000'000'000u);
}

TEST(Http1, RandomPipelinesComeOutAsTheyWentIn) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    std::mt19937 random(seed);
    Transcript transcript;
    std::vector<std::string> expected;
    for (unsigned turn = 0; turn < 12; ++turn) {
      std::string requests, responses;
      const unsigned pipelined = 1 + random() % 4;
      for (unsigned i = 0; i < pipelined; ++i) {
        const std::string target = "/" + std::to_string(turn) + "/" + std::to_string(i);
        const std::string body(random() % 300, static_cast<char>('a' + i));
        const bool head = random() % 5 == 0, chunked = random() % 3 == 0,
                   interim = random() % 4 == 0;
        requests += head ? "HEAD " + target + " HTTP/1.1\r\n\r\n" : post(target, body);
        if (interim) responses += "HTTP/1.1 100 Continue\r\n\r\n";
        if (head) {
          responses += "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n";
        } else if (chunked && !body.empty()) {
          char size[20];
          std::snprintf(size, sizeof size, "%zx", body.size());
          responses += "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(size) +
                       "\r\n" + body + "\r\n0\r\n\r\n";
        } else {
          responses += ok(body);
        }
        const std::string shown = body.empty() ? "" : " '" + body + "'";
        expected.push_back(head ? "HEAD " + target + " -> 200"
                                : "POST " + target + shown + " -> 200" + shown);
      }
      transcript.push_back(client(requests));
      transcript.push_back(server(responses));
    }
    Connection connection(make_http1_connection);
    connection.feed(transcript, {Cut::Kind::random, seed});
    EXPECT_EQ(connection.briefs(), expected) << seed;
    EXPECT_EQ(connection.sink->buffered_bytes(), 0u);
  }
}

// Whatever is lost of conversations that carry their own numbers, no response meets the wrong
// request.
TEST(Http1, LossNeverPairsWrongly) {
  std::size_t paired = 0;
  for (unsigned seed = 1; seed <= 400; ++seed) {
    std::mt19937 random(seed);
    Connection connection(make_http1_connection);
    Transcript gaps;  // noticed before the next data, in any order
    for (unsigned turn = 0; turn < 30; ++turn) {
      const std::string number = std::to_string(turn);
      const auto send = [&](Event event) {
        if (random() % 5 == 0) {
          gaps.push_back(lost(event.direction, event.bytes.size()));
          return;
        }
        if (random() % 5 == 0) {
          const std::size_t head = 1 + random() % (event.bytes.size() - 1);
          const bool tail_lost = random() % 2 == 0;
          const Event gap = lost(event.direction, tail_lost ? event.bytes.size() - head : head);
          event.bytes = tail_lost ? event.bytes.substr(0, head) : event.bytes.substr(head);
          if (!tail_lost) gaps.push_back(gap);
          std::shuffle(gaps.begin(), gaps.end(), random);
          connection.feed(std::exchange(gaps, {}));
          connection.feed({event});
          if (tail_lost) gaps.push_back(gap);
          return;
        }
        std::shuffle(gaps.begin(), gaps.end(), random);
        connection.feed(std::exchange(gaps, {}));
        connection.feed({event});
      };
      send(client(get("/" + number)));
      send(server(ok(number)));
    }
    for (const ExchangePtr& exchange : connection.recorder.exchanges) {
      if (!exchange->request.present || !exchange->response.present) continue;
      ++paired;
      if (exchange->defects.has(Defect::response_gap)) continue;  // its number may be lost
      EXPECT_EQ(exchange->request.target, "/" + exchange->response.body) << seed;
    }
  }
  EXPECT_GT(paired, 400u * 30u / 3u);
}

}  // namespace
}  // namespace mpsdscope

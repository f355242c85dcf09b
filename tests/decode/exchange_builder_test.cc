#include "decode/exchange_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "decode/http1.h"
#include "tests/decode/testing/http_transcript.h"

namespace mpsdscope {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

const std::string kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

// Beyond a usual ratio all bodies of a decoder share one budget.
TEST(ExchangeBuilder, DecompressionBombsShareABudget) {
  z_stream stream{};
  ASSERT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string zeros(std::size_t{1} << 20, '\0'), bomb(4'096, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(zeros.data());
  stream.avail_in = static_cast<uInt>(zeros.size());
  stream.next_out = reinterpret_cast<Bytef*>(bomb.data());
  stream.avail_out = static_cast<uInt>(bomb.size());
  ASSERT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  bomb.resize(stream.total_out);
  deflateEnd(&stream);
  Connection connection(make_http1_connection);
  connection.limits.max_decoded_excess_total = std::size_t{2} << 20;
  const std::string response = "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: " +
                               std::to_string(bomb.size()) + "\r\n\r\n" + bomb;
  std::size_t decoded = 0;
  for (int i = 0; i < 100; ++i) connection.feed({client(kGet), server(response)});
  for (const ExchangePtr& exchange : connection.recorder.exchanges) {
    if (exchange->defects.none()) {
      decoded += exchange->response.body.size();
      continue;
    }
    EXPECT_TRUE(exchange->defects.has(Defect::response_body_over_limit));
    EXPECT_TRUE(exchange->defects.has(Defect::response_body_undecoded));
    EXPECT_THAT(exchange->malformed,
                ::testing::HasSubstr("response body: the decoded body exceeds"));
  }
  EXPECT_EQ(decoded, std::size_t{2} << 20);
  EXPECT_EQ(connection.count(Counter::http_bodies_over_limit), 98u);
  EXPECT_EQ(connection.count(Counter::http_bodies_undecoded), 0u);
  // A usual ratio needs nothing of it.
  connection.limits.max_decoded_ratio = 1'100;
  connection.feed({client(kGet), server(response)});
  EXPECT_TRUE(connection.recorder.exchanges.back()->defects.none());
}

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// The host of an exchange, with a mark if it is that of another request.
std::string host_of(const Exchange& exchange) {
  return exchange.request.authority + (exchange.request.authority_guessed ? "?" : "");
}

// What nobody asked for may still be wanted once the status is known, and only the answer.
TEST(ExchangeBuilder, KeepsTheBodyOfAWantedStatus) {
  const std::string post = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
  const std::string other = "HTTP/1.1 429 x\r\nContent-Length: 2\r\n\r\nno";
  for (const Cut cut : cuts()) {
    Connection connection(make_http1_connection);
    connection.recorder.wanted = false;
    connection.recorder.wanted_status = 429;
    connection.feed({client(post), server(ok("yes")), client(post), server(other)}, cut);
    ASSERT_EQ(connection.recorder.exchanges.size(), 2u);
    EXPECT_EQ(connection[0].response.body, "");
    EXPECT_EQ(connection[0].response.body_length, 3u);
    EXPECT_EQ(connection[1].request.body, "");
    EXPECT_EQ(connection[1].response.body, "no");
    EXPECT_EQ(connection.sink->buffered_bytes(), 0u);
  }
}

TEST(ExchangeBuilder, TheFirstRequestThatNamesAHostTellsThatOfTheResponsesBefore) {
  for (const Cut cut : cuts()) {
    Connection connection(make_http1_connection);
    connection.feed({client_lost(50), server(ok("1"))}, cut);
    EXPECT_TRUE(connection.recorder.exchanges.empty());
    connection.feed({client(kGet), server(ok("2")), client_ends(), server_ends()}, cut);
    ASSERT_THAT(connection.briefs(),
                ::testing::ElementsAre("? -> 200 '1' !request-missing", "GET /a -> 200 '2'"));
    EXPECT_EQ(host_of(connection[0]), "h?");
    EXPECT_EQ(host_of(connection[1]), "h");
    EXPECT_EQ(connection[0].stream, 1u);
    EXPECT_EQ(connection.sink->buffered_bytes(), 0u);
  }
}

TEST(ExchangeBuilder, SaysWhereTheHostIsFrom) {
  const auto lost_behind = [](const Transcript& before, const std::string& sni) {
    Connection connection(make_http1_connection);
    connection.info.sni = sni;
    connection.feed(before);
    connection.feed({client_lost(50), server(ok("x")), client_ends(), server_ends()});
    return host_of(*connection.recorder.exchanges.back());
  };
  EXPECT_EQ(lost_behind({}, ""), "");
  EXPECT_EQ(lost_behind({}, "h"), "h");
  EXPECT_EQ(lost_behind({client(kGet), server(ok("1"))}, ""), "h?");
  EXPECT_EQ(lost_behind({client(kGet), server(ok("1"))}, "h"), "h");
}

TEST(ExchangeBuilder, ResponsesWithoutAHostAreBounded) {
  Connection connection(make_http1_connection);
  connection.feed({client_lost(50)});
  for (int i = 0; i < 40; ++i) connection.feed({server(ok(std::string(100, 'x')))});
  EXPECT_GE(connection.recorder.exchanges.size(), 20u);
  connection.feed({client_ends(), server_ends()});
  EXPECT_EQ(connection.recorder.exchanges.size(), 40u);
  EXPECT_EQ(connection.sink->buffered_bytes(), 0u);
}

}  // namespace
}  // namespace mpsdscope

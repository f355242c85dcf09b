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

}  // namespace
}  // namespace mpsdscope

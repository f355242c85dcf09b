#include "decode/http1_sync.h"

#include <string>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

TEST(Http1Sync, KnowsStartLines) {
  EXPECT_TRUE(is_request_line("GET / HTTP/1.1\r\n"));
  EXPECT_TRUE(is_request_line("M-SEARCH * HTTP/1.0\r\n"));
  EXPECT_FALSE(is_request_line("GET / HTTP/2.0\r\n"));
  EXPECT_FALSE(is_request_line("GET a b HTTP/1.1\r\n"));
  EXPECT_FALSE(is_request_line("GOT / HTTP/1.1\r\n"));
  EXPECT_FALSE(is_request_line("GET HTTP/1.1\r\n"));
  EXPECT_TRUE(is_status_line("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(is_status_line("HTTP/1.0 404\r\n"));
  EXPECT_FALSE(is_status_line("HTTP/1.1 2000 OK\r\n"));
  EXPECT_FALSE(is_status_line("HTTP/1.1 20 OK\r\n"));
  EXPECT_FALSE(is_status_line("HTTP/1.1\r\n"));
}

// Random conversations: what went in comes out, however it was cut and pipelined.

}  // namespace
}  // namespace mpsdscope

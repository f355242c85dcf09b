// Floods: what costs a sender little must not cost the decoders much. Memory is bounded whatever
// comes, and what comes after in another stream or message is still read where that is possible.
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include "decode/http1.h"
#include "decode/http2.h"
#include "tests/decode/testing/http2_peer.h"

namespace mpsdscope {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

constexpr std::uint8_t kEndHeaders = NGHTTP2_FLAG_END_HEADERS;
constexpr std::uint8_t kEndStream = NGHTTP2_FLAG_END_STREAM;
constexpr std::uint8_t kBothEnds = kEndHeaders | kEndStream;
constexpr int kManyStreams = 1'200;  // more than Limits::max_h2_streams
const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(NGHTTP2_SETTINGS, 0, 0, "");

class CountingSink : public ExchangeSink {
 public:
  bool wants_bodies(const Exchange& /*exchange*/) override { return true; }
  void on_exchange(ExchangePtr exchange) override {
    ++count;
    last = exchange->request.target + " " + std::to_string(exchange->response.status);
  }
  std::size_t count = 0;
  std::string last;
};

// Heap in use, as the C library counts it (a sanitizer's does not tell: 0).
std::size_t heap() {
  return mallinfo2().uordblks + mallinfo2().hblkhd;
}

// Feeds a connection as a proxy does, and watches what it holds.
class Flooded {
 public:
  explicit Flooded(const MakeConnection& make) : stream_(make(context_, info_)), before_(heap()) {}

  void feed(Direction direction, std::string_view bytes) {
    constexpr std::size_t kRead = 65'536;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(kRead, bytes.size()))) {
      now_ += std::chrono::microseconds(10);
      stream_->on_data(direction, now_, as_bytes(bytes.substr(0, kRead)));
      most_buffered = std::max(most_buffered, stream_->buffered_bytes());
      if (++feeds_ % 16 == 0) watch();
    }
  }
  void lose(Direction direction) { stream_->on_gap(direction, now_, 0); }
  void client(std::string_view bytes) { feed(Direction::to_server, bytes); }
  void server(std::string_view bytes) { feed(Direction::to_client, bytes); }
  void repeat(Direction direction, const std::string& bytes, std::size_t times) {
    std::string block;
    while (times > 0) {
      block.clear();
      for (; times > 0 && block.size() < 60'000; --times) block += bytes;
      feed(direction, block);
    }
  }
  // All that a connection may hold by Limits, with what the structures around it cost.
  void expect_bounded() {
    watch();
    EXPECT_LE(most_buffered, limits_.max_buffered_per_flow + limits_.max_head_bytes);
    EXPECT_LE(most_heap, std::size_t{32} << 20);
  }
  CountingSink sink;
  std::size_t most_buffered = 0;
  std::size_t most_heap = 0;

 private:
  void watch() {
    const std::size_t now = heap();
    if (now > before_) most_heap = std::max(most_heap, now - before_);
  }
  KeyLog keys_;
  Limits limits_;
  DecodeReport report_;
  DecodeContext context_{keys_, false, limits_, report_, sink};
  ConnectionInfo info_;
  std::unique_ptr<StreamSink> stream_;
  CaptureTime now_{};
  std::size_t before_;
  std::size_t feeds_ = 0;
};

std::string get(std::uint32_t stream, const std::string& path, std::uint8_t flags = kBothEnds) {
  return frame(NGHTTP2_HEADERS, flags, stream, block(Http2Peers::head("GET", path)));
}
std::string ok(std::uint32_t stream) {
  return frame(NGHTTP2_HEADERS, kBothEnds, stream, block({{":status", "200"}}));
}

struct Http2Flood : ::testing::Test {
  Http2Flood() {
    flooded.client(kPreface);
    flooded.server(frame(NGHTTP2_SETTINGS, 0, 0, ""));
  }
  // A stream after the flood is read like any other.
  void expect_alive(std::uint32_t stream) {
    flooded.client(get(stream, "/after"));
    flooded.server(ok(stream));
    EXPECT_EQ(flooded.sink.last, "/after 200");
  }
  Flooded flooded{make_http2_connection};
};

TEST_F(Http2Flood, RapidReset) {  // CVE-2023-44487
  std::string block;
  std::uint32_t stream = 1;
  for (int i = 0; i < 100'000; ++i, stream += 2) {
    block += get(stream, "/x") + frame(NGHTTP2_RST_STREAM, 0, stream, std::string("\0\0\0\x08", 4));
    if (block.size() > 60'000) flooded.client(std::exchange(block, {}));
  }
  flooded.client(block);
  EXPECT_EQ(flooded.sink.count, 100'000U);
  flooded.expect_bounded();
  expect_alive(stream);
}

TEST_F(Http2Flood, ServerResets) {  // "MadeYouReset"
  std::uint32_t stream = 1;
  for (int i = 0; i < 50'000; ++i, stream += 2) {
    flooded.client(get(stream, "/x"));
    flooded.server(frame(NGHTTP2_RST_STREAM, 0, stream, std::string(4, '\0')));
  }
  EXPECT_EQ(flooded.sink.count, 50'000U);
  flooded.expect_bounded();
  expect_alive(stream);
}

TEST_F(Http2Flood, Continuations) {  // CVE-2024-27316 and its like
  flooded.client(frame(NGHTTP2_HEADERS, kEndStream, 1, block(Http2Peers::head("GET", "/x"))));
  // Literal fields without indexing, "x: " and 100 bytes.
  const std::string field = std::string("\0\1x\x64", 4) + std::string(100, 'y');
  std::string many;
  for (int i = 0; i < 150; ++i) many += field;
  flooded.repeat(Direction::to_server, frame(NGHTTP2_CONTINUATION, 0, 1, many), 4'000);
  flooded.expect_bounded();
}

TEST_F(Http2Flood, EmptyContinuations) {
  flooded.client(frame(NGHTTP2_HEADERS, kEndStream, 1, block(Http2Peers::head("GET", "/x"))));
  flooded.repeat(Direction::to_server, frame(NGHTTP2_CONTINUATION, 0, 1, ""), 1'000'000);
  flooded.expect_bounded();
  flooded.client(frame(NGHTTP2_CONTINUATION, kEndHeaders, 1, ""));
  flooded.server(ok(1));
  EXPECT_EQ(flooded.sink.last, "/x 200");
  expect_alive(3);
}

TEST_F(Http2Flood, HpackBomb) {
  // A field of nearly the whole dynamic table, then thousands of references to it, a byte each.
  const std::string big = std::string("\x40\1x\x7f\xc1\x1e", 6) + std::string(4'032, 'y');
  flooded.client(frame(NGHTTP2_HEADERS, kBothEnds, 1, block(Http2Peers::head("GET", "/x")) + big));
  std::string bomb = block(Http2Peers::head("GET", "/x")) + std::string(16'000, '\xbe');
  std::uint32_t stream = 3;
  for (int i = 0; i < kManyStreams; ++i, stream += 2) {
    flooded.client(frame(NGHTTP2_HEADERS, kBothEnds, stream, bomb));
  }
  flooded.expect_bounded();
  expect_alive(stream);
}

TEST_F(Http2Flood, HpackBombOfTheServer) {
  const std::string big = std::string("\x40\1x\x7f\xc1\x1e", 6) + std::string(4'032, 'y');
  flooded.client(get(1, "/x"));
  flooded.server(frame(NGHTTP2_HEADERS, kBothEnds, 1, "\x88" + big));
  const std::string bomb = "\x88" + std::string(62, '\xbe');  // 256 KB, less than the limit of one
  std::uint32_t stream = 3;
  for (int i = 0; i < kManyStreams; ++i, stream += 2) {
    flooded.client(get(stream, "/x"));
    flooded.server(frame(NGHTTP2_HEADERS, kEndHeaders, stream, bomb));
  }
  flooded.expect_bounded();
  expect_alive(stream);
}

TEST_F(Http2Flood, ManyFields) {
  std::string many = block(Http2Peers::head("GET", "/x"));
  for (int i = 0; i < 8'000; ++i) many += '\x82';  // ":method: GET", 4,000 times
  std::uint32_t stream = 1;
  for (int i = 0; i < kManyStreams; ++i, stream += 2) {
    flooded.client(frame(NGHTTP2_HEADERS, kBothEnds, stream, many));
  }
  flooded.expect_bounded();
  expect_alive(stream);
}

TEST_F(Http2Flood, StreamsThatAreNeverAnswered) {
  std::uint32_t stream = 1;
  for (int i = 0; i < 50'000; ++i, stream += 2) flooded.client(get(stream, "/x"));
  flooded.expect_bounded();
  expect_alive(stream);
}

TEST_F(Http2Flood, BodiesThatNeverEnd) {
  const std::string data(16'384, 'z');
  for (std::uint32_t stream = 1; stream < 600; stream += 2) {
    flooded.client(get(stream, "/x", kEndHeaders));
    flooded.repeat(Direction::to_server, frame(NGHTTP2_DATA, 0, stream, data), 16);
  }
  flooded.expect_bounded();
}

TEST_F(Http2Flood, ControlFrames) {
  flooded.client(get(1, "/x", kEndHeaders));
  for (const std::string& control : {frame(NGHTTP2_PING, 0, 0, std::string(8, 'p')),
                                     frame(NGHTTP2_WINDOW_UPDATE, 0, 0, std::string("\0\0\0\1", 4)),
                                     frame(NGHTTP2_WINDOW_UPDATE, 0, 1, std::string("\0\0\0\1", 4)),
                                     frame(NGHTTP2_PRIORITY, 0, 1, std::string(5, '\0')),
                                     frame(NGHTTP2_DATA, 0, 1, ""), frame(0xbb, 0, 1, "grease")}) {
    flooded.repeat(Direction::to_server, control, 200'000);
  }
  const std::string table_size = frame(NGHTTP2_SETTINGS, 0, 0, std::string("\0\1\0\0\x10\0", 6));
  for (int i = 0; i < 20'000; ++i) {
    flooded.client(table_size);
    flooded.server(frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, ""));
  }
  flooded.expect_bounded();
  flooded.client(frame(NGHTTP2_DATA, kEndStream, 1, ""));
  flooded.server(ok(1));
  EXPECT_EQ(flooded.sink.last, "/x 200");
  expect_alive(3);
}

// After a loss, what looks like a frame again and again, and is none.
TEST_F(Http2Flood, LossesAndFalseFrames) {
  std::uint32_t stream = 1;
  for (; stream < 1'500; stream += 2) flooded.client(get(stream, "/x"));
  flooded.lose(Direction::to_server);
  flooded.lose(Direction::to_client);
  const std::string noise(9, '\x7f');
  for (const std::string& frames :
       {noise, frame(NGHTTP2_WINDOW_UPDATE, 0, 0, "abcd") + noise,
        frame(NGHTTP2_CONTINUATION, 0, 1, "\x82") + noise,
        frame(NGHTTP2_HEADERS, 0, 1, "\xff") + noise, ok(1) + noise, get(stream, "/y") + noise}) {
    flooded.repeat(Direction::to_server, frames, 20'000);
    flooded.repeat(Direction::to_client, frames, 20'000);
  }
  flooded.expect_bounded();
  expect_alive(stream + 2);
}

// What nobody acknowledges is given up with the connection, not kept.
TEST_F(Http2Flood, SettingsThatAreNeverAcknowledged) {
  const std::string table_size = frame(NGHTTP2_SETTINGS, 0, 0, std::string("\0\1\0\0\x10\0", 6));
  flooded.repeat(Direction::to_server, table_size, 500'000);
  flooded.expect_bounded();
}

TEST_F(Http2Flood, PrioritiesOfStreamsThatAreNot) {
  std::string block;
  for (std::uint32_t stream = 3; stream < 400'000; stream += 2) {
    block += frame(NGHTTP2_PRIORITY, 0, stream, std::string(5, '\0'));
    block += frame(NGHTTP2_RST_STREAM, 0, stream, std::string(4, '\0'));
    if (block.size() > 60'000) flooded.client(std::exchange(block, {}));
  }
  flooded.expect_bounded();
}

struct Http1Flood : ::testing::Test {
  Flooded flooded{make_http1_connection};
};

const std::string kGet = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

TEST_F(Http1Flood, RequestsThatAreNeverAnswered) {
  flooded.repeat(Direction::to_server, kGet, 300'000);
  flooded.expect_bounded();
}

TEST_F(Http1Flood, LargeRequestsThatAreNeverAnswered) {
  const std::string large =
      "GET /x HTTP/1.1\r\nHost: h\r\nX: " + std::string(200'000, 'y') + "\r\n\r\n";
  flooded.repeat(Direction::to_server, large, 1'000);
  flooded.expect_bounded();
  EXPECT_GE(flooded.sink.count, 900U);
}

TEST_F(Http1Flood, AHeadThatNeverEnds) {
  flooded.client("GET /x HTTP/1.1\r\nHost: h\r\nX: ");
  flooded.repeat(Direction::to_server, std::string(60'000, 'y'), 2'000);
  flooded.expect_bounded();
}

TEST_F(Http1Flood, FieldsThatNeverEnd) {
  flooded.client("GET /x HTTP/1.1\r\nHost: h\r\n");
  flooded.repeat(Direction::to_server, "a:\r\n", 10'000'000);
  flooded.expect_bounded();
}

TEST_F(Http1Flood, TrailersThatNeverEnd) {
  flooded.client(kGet);
  flooded.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
  flooded.repeat(Direction::to_client, "a:\r\n", 10'000'000);
  flooded.expect_bounded();
}

TEST_F(Http1Flood, ChunksOfOneByte) {
  flooded.client(kGet);
  flooded.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  flooded.repeat(Direction::to_client, "1\r\nz\r\n", 5'000'000);
  flooded.expect_bounded();
  flooded.server("0\r\n\r\n");
  EXPECT_EQ(flooded.sink.last, "/x 200");
}

TEST_F(Http1Flood, ChunkExtensionsThatNeverEnd) {
  flooded.client(kGet);
  flooded.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1");
  flooded.repeat(Direction::to_client, ";x=y", 10'000'000);
  flooded.expect_bounded();
}

TEST_F(Http1Flood, InterimResponses) {
  flooded.client(kGet);
  flooded.repeat(Direction::to_client, "HTTP/1.1 100 Continue\r\nX: y\r\n\r\n", 500'000);
  flooded.expect_bounded();
  flooded.server(kOk);
  EXPECT_EQ(flooded.sink.last, "/x 200");
}

TEST_F(Http1Flood, EmptyLines) {
  flooded.repeat(Direction::to_server, "\r\n", 5'000'000);
  flooded.client(kGet);
  flooded.server(kOk);
  flooded.expect_bounded();
  EXPECT_EQ(flooded.sink.last, "/x 200");
}

TEST_F(Http1Flood, ResponsesThatNobodyAskedFor) {
  flooded.repeat(Direction::to_client, kOk, 300'000);
  flooded.expect_bounded();
}

TEST_F(Http1Flood, Nonsense) {
  // Each piece might be the beginning of a message.
  flooded.repeat(Direction::to_server, "GET / HTTP/1.1\r\n\x01", 500'000);
  flooded.repeat(Direction::to_client, "HTTP/1.1 200 OK\r\n\x01", 500'000);
  flooded.expect_bounded();
}

}  // namespace
}  // namespace mpsdscope

#include "decode/http1_plain_head.h"

#include <algorithm>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/http1.h"
#include "tests/decode/testing/http_transcript.h"

namespace mpsdscope {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)
using ::testing::ElementsAre;

const std::string kRequest =
    "PUT /serviceconfigs/x/sessiontemplates/t/sessions/n?nocommit=true HTTP/1.1\r\n"
    "Host: sessiondirectory.xboxlive.com\r\n"
    "x-xbl-contract-version:107\r\n"
    "Content-Length: 3\r\n"
    "A_1: b  c\r\n"
    "\r\n";
const std::string kResponse =
    "HTTP/1.1 412 Precondition failed\r\n"
    "Content-Type: application/json\r\n"
    "ETag: \"1\"\r\n"
    "Connection: Keep-Alive\r\n"
    "content-length: 2\r\n"
    "\r\n";

// From memory of exactly its size, so that a sanitizer sees a read past the end.
bool reads(Http1PlainHead& head, Direction direction, const std::string& text,
           std::vector<char>& memory) {
  memory.assign(text.begin(), text.end());
  return head.read(direction, {memory.data(), memory.size()});
}
bool is_plain(Direction direction, const std::string& text) {
  Http1PlainHead head;
  std::vector<char> memory;
  return reads(head, direction, text, memory);
}
bool is_plain_request(const std::string& lines) {
  return is_plain(Direction::to_server, "GET /a HTTP/1.1\r\n" + lines + "\r\n");
}
bool is_plain_response(const std::string& lines) {
  return is_plain(Direction::to_client, "HTTP/1.1 200 OK\r\n" + lines + "\r\n");
}

std::vector<std::string> lines_of(const Http1PlainHead& head) {
  FieldLines fields;
  fields.assign(head.field_text(), head.lines(), head.field_size());
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    lines.push_back(std::string(fields[i].name) + "=" + std::string(fields[i].value));
    EXPECT_EQ(fields[i].field, recognise_field(fields[i].name));
  }
  return lines;
}

TEST(Http1PlainHead, OfARequest) {
  Http1PlainHead head;
  std::vector<char> memory;
  ASSERT_TRUE(reads(head, Direction::to_server, kRequest + "abcGET /", memory));
  EXPECT_EQ(head.size(), kRequest.size());
  EXPECT_EQ(head.method(), HTTP_PUT);
  EXPECT_EQ(head.start_line_part(),
            "/serviceconfigs/x/sessiontemplates/t/sessions/n?nocommit=true");
  EXPECT_EQ(head.content_length(), 3u);
  EXPECT_THAT(lines_of(head),
              ElementsAre("Host=sessiondirectory.xboxlive.com", "x-xbl-contract-version=107",
                          "Content-Length=3", "A_1=b  c"));
}

TEST(Http1PlainHead, OfAResponse) {
  Http1PlainHead head;
  std::vector<char> memory;
  ASSERT_TRUE(reads(head, Direction::to_client, kResponse, memory));
  EXPECT_EQ(head.size(), kResponse.size());
  EXPECT_EQ(head.status(), 412);
  EXPECT_EQ(head.start_line_part(), "Precondition failed");
  EXPECT_EQ(head.content_length(), 2u);
  EXPECT_THAT(lines_of(head), ElementsAre("Content-Type=application/json", "ETag=\"1\"",
                                          "Connection=Keep-Alive", "content-length=2"));
}

TEST(Http1PlainHead, IsAllThereOrNone) {
  for (std::size_t size = 0; size < kRequest.size(); ++size) {
    EXPECT_FALSE(is_plain(Direction::to_server, kRequest.substr(0, size))) << size;
  }
  for (std::size_t size = 0; size < kResponse.size(); ++size) {
    EXPECT_FALSE(is_plain(Direction::to_client, kResponse.substr(0, size))) << size;
  }
}

TEST(Http1PlainHead, LeavesTheUnusualToLlhttp) {
  EXPECT_TRUE(is_plain_request("Host: h\r\n"));
  EXPECT_TRUE(is_plain_request(""));
  for (const char* const lines : {"Upgrade: websocket\r\n",
                                  "Connection: upgrade\r\n",
                                  "Transfer-Encoding: chunked\r\n",
                                  "Proxy-Connection: close\r\n",
                                  "Expect: 100-continue\r\n",
                                  "Content-Length: 1, 1\r\n",
                                  "Content-Length: 1\r\nContent-Length: 1\r\n",
                                  "Content-Length: +1\r\n",
                                  "Content-Length: 1234567890123456789\r\n",
                                  "Content-Length:\r\n",
                                  "A: b\r\n c\r\n",
                                  "A : b\r\n",
                                  "A:  b\r\n",
                                  "A: b \r\n",
                                  "A:\tb\r\n",
                                  "A: b\tc\r\n",
                                  "A: \x80\r\n",
                                  "\xC3: b\r\n",
                                  ": b\r\n",
                                  "A\r\n",
                                  "A:\r\n",
                                  "A: b\n",
                                  "A: b\rB: c\r\n",
                                  "A: b\r\r\n",
                                  "A:b\x7F\r\n",
                                  "A: \r\n"}) {
    EXPECT_FALSE(is_plain_request(lines)) << lines;
  }
  for (const char* const line :
       {"GET  /a HTTP/1.1\r\n", "GET /a  HTTP/1.1\r\n", "GET /a HTTP/1.0\r\n", "GET /a\r\n",
        "GET a HTTP/1.1\r\n", "GET http://h/a HTTP/1.1\r\n", "GET * HTTP/1.1\r\n",
        "GET /a#b HTTP/1.1\r\n", "GET /\xC3\xA9 HTTP/1.1\r\n", "\r\nGET /a HTTP/1.1\r\n",
        "get /a HTTP/1.1\r\n", "CONNECT h:443 HTTP/1.1\r\n", "PATCH /a HTTP/1.1\r\n"}) {
    EXPECT_FALSE(is_plain(Direction::to_server, std::string(line) + "\r\n")) << line;
  }
  EXPECT_TRUE(is_plain_response("Content-Length: 0\r\n"));
  EXPECT_FALSE(is_plain_response("")) << "ends with the connection";
  for (const char* const line :
       {"HTTP/1.1 100 Continue\r\n", "HTTP/1.1 101 Switching\r\n", "HTTP/1.1 200\r\n",
        "HTTP/1.1 200 \r\n", "HTTP/1.1 20 OK\r\n", "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 600 OK\r\n",
        "HTTP/1.0 200 OK\r\n", "HTTP/1.1  200 OK\r\n", "HTTP/1.1 200  OK\r\n",
        "HTTP/1.1 200 O\tK\r\n"}) {
    EXPECT_FALSE(is_plain(Direction::to_client, line + std::string("Content-Length: 0\r\n\r\n")))
        << line;
  }
  EXPECT_TRUE(is_plain(Direction::to_client, "HTTP/1.1 204 No content\r\n\r\n"));
}

TEST(Http1PlainHead, TakesAsManyLinesAsItHasRoomFor) {
  std::string lines;
  for (int i = 0; i < 64; ++i) lines += "A: b\r\n";
  EXPECT_TRUE(is_plain_request(lines));
  EXPECT_FALSE(is_plain_request(lines + "A: b\r\n"));
}

// All that comes of a connection.
struct Reading {
  std::vector<std::string> exchanges;
  DecodeCounters counters;
  bool searched = false;  // what is found again depends on where chunks begin
};
Reading read_cut(const MakeConnection& make, const std::string& requests,
                 const std::string& responses, Cut cut) {
  Connection connection(make);
  connection.limits.max_head_bytes = 400;
  connection.feed({client(requests), server(responses)}, cut);
  connection.feed({server_ends(), client_ends()});
  return {connection.fulls(), connection.report.counters,
          connection.count(Counter::http_resynchronised) +
                  connection.count(Counter::http_bytes_skipped) +
                  connection.count(Counter::http_malformed) >
              0};
}

void expect_same_as_llhttp(const std::string& requests, const std::string& responses) {
  for (const Cut cut : {Cut{Cut::Kind::whole}, Cut{Cut::Kind::random, 1}}) {
    const Reading quick = read_cut(make_http1_connection, requests, responses, cut);
    const Reading llhttp = read_cut(make_llhttp_connection, requests, responses, cut);
    EXPECT_EQ(quick.exchanges, llhttp.exchanges) << requests << responses;
    EXPECT_EQ(quick.counters, llhttp.counters) << requests << responses;
  }
  const Reading whole = read_cut(make_http1_connection, requests, responses, {Cut::Kind::whole});
  const Reading bytes = read_cut(make_http1_connection, requests, responses, {Cut::Kind::bytes});
  EXPECT_EQ(whole.searched, bytes.searched) << requests << responses;
  if (whole.searched) return;
  EXPECT_EQ(whole.exchanges, bytes.exchanges) << requests << responses;
}

TEST(Http1PlainHead, OneByteOtherAndLlhttpReadsTheSame) {
  constexpr std::string_view kBytes("\0\t\n\r !\"#%,-/019:;AZ_az{~\x7F\x80\xFF", 28);
  const std::string next = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string requests = kRequest + "abc" + next;
  const std::string responses = kResponse + "{}" + "HTTP/1.1 304 Not modified\r\n\r\n";
  expect_same_as_llhttp(requests, responses);
  for (const char byte : kBytes) {
    for (std::size_t i = 0; i < kRequest.size(); ++i) {
      std::string other = requests;
      other[i] = byte;
      expect_same_as_llhttp(other, responses);
    }
    for (std::size_t i = 0; i < kResponse.size(); ++i) {
      std::string other = responses;
      other[i] = byte;
      expect_same_as_llhttp(requests, other);
    }
  }
}

// The response is plain, what it does is not: no content, or no HTTP any more behind it.
TEST(Http1PlainHead, OfTheAnswerToHeadAndConnectAndLlhttpReadsTheSame) {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  for (const char* const head :
       {"HEAD /a HTTP/1.1\r\nHost: h:80\r\n", "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n",
        "CONNECT h:80 HTTP/1.0\r\n", "CONNECT h:80 HTTP/1.1\r\nConnection: close\r\n"}) {
    const std::string request = head + std::string("\r\n");
    const std::string no = "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n";
    expect_same_as_llhttp(request + kRequest + "abc", no + ok + "hello");
    expect_same_as_llhttp(request, ok);
    expect_same_as_llhttp(request + request, ok + ok);
    expect_same_as_llhttp(request + kRequest + "abc", ok + ok + "hello");
  }
}

// Around the size up to which names are compared in one go; in the middle of a head and at its end.
TEST(Http1PlainHead, OfNamesOfAnySizeAndLlhttpReadsTheSame) {
  const std::string behind = "Host: h\r\nX-Padding: " + std::string(60, 'p') + "\r\n";
  for (std::size_t size = 1; size <= 80; ++size) {
    const std::string name(size, 'a');
    for (const std::string& line : {name + ": b\r\n", name + ":b\r\n"}) {
      EXPECT_TRUE(is_plain_request(line + behind)) << line;
      EXPECT_TRUE(is_plain_request(behind + line)) << line;
    }
    for (const std::string& line : {name + "\r\n", name + " : b\r\n", name + "=b\r\n"}) {
      EXPECT_FALSE(is_plain_request(line + behind)) << line;
      EXPECT_FALSE(is_plain_request(behind + line)) << line;
    }
    for (const std::string& line : {name + ": b\r\n", name + "\r\n", name + " : b\r\n"}) {
      expect_same_as_llhttp("GET /a HTTP/1.1\r\n" + line + behind + "\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n" + line + "\r\nb");
    }
  }
}

// Up to the limit of a head and beyond it.
TEST(Http1PlainHead, OfAnySizeAndLlhttpReadsTheSame) {
  for (std::size_t size = 1; size <= 400; ++size) {
    const std::string line = "A: " + std::string(size, 'a') + "\r\n";
    expect_same_as_llhttp("GET /a HTTP/1.1\r\n" + line + "\r\n",
                          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n" + line + "\r\nb");
  }
}

}  // namespace
}  // namespace mpsdscope

// Lost segments in HTTP/2: what was whole stays whole, nothing is invented, what is not certain is
// marked.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/http2.h"
#include "decode/http2_stream_ranges.h"
#include "tests/decode/testing/http2_peer.h"

namespace mpsdscope {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(NGHTTP2_SETTINGS, 0, 0, "");
constexpr std::uint8_t kEndHeaders = NGHTTP2_FLAG_END_HEADERS;
constexpr std::uint8_t kEndStream = NGHTTP2_FLAG_END_STREAM;
constexpr std::uint8_t kBothEnds = kEndHeaders | kEndStream;

// ---- every segment of a real connection, lost once -----------------------------------------

// A frame of the transcript, by the bytes of its direction.
struct Placed {
  std::uint64_t begin, end;
  std::uint8_t type;
  std::uint32_t stream;
  bool aside = false;  // an interim response, or trailers
  bool part_of_message() const {
    return (type == NGHTTP2_HEADERS && !aside) || type == NGHTTP2_CONTINUATION ||
           (type == NGHTTP2_DATA && end - begin > 9);
  }
};

std::vector<Placed> frames_of(const Transcript& transcript, Direction direction) {
  std::string bytes;
  for (const Event& event : transcript) {
    if (event.direction == direction) bytes += event.bytes;
  }
  std::vector<Placed> frames;
  std::map<std::uint32_t, std::pair<std::uint8_t, std::size_t>> last;  // frame of each stream
  const std::uint64_t begin = direction == Direction::to_server ? NGHTTP2_CLIENT_MAGIC_LEN : 0;
  for (std::uint64_t at = begin; at < bytes.size();) {
    ByteReader reader(as_bytes(bytes).subspan(at));
    const std::uint64_t length = reader.u24();
    const std::uint8_t type = reader.u8();
    reader.u8();
    frames.push_back({at, at + 9 + length, type, reader.u32() & 0x7fffffff});
    const Placed& frame = frames.back();
    if (type == NGHTTP2_HEADERS && last.count(frame.stream) > 0) {
      const auto [before, place] = last[frame.stream];
      frames[before == NGHTTP2_HEADERS ? place : frames.size() - 1].aside = true;
    }
    last[frame.stream] = {type, frames.size() - 1};
    at += 9 + length;
  }
  return frames;
}

struct Segment {
  std::size_t event;
  std::uint64_t begin, end;  // in the direction
  std::size_t at;            // in the event
};

std::vector<Segment> segments_of(const Transcript& transcript, std::size_t size) {
  std::vector<Segment> segments;
  std::uint64_t offsets[2] = {0, 0};
  for (std::size_t i = 0; i < transcript.size(); ++i) {
    std::uint64_t& offset = offsets[index_of(transcript[i].direction)];
    const std::size_t length = transcript[i].bytes.size();
    for (std::size_t at = 0; at < length; at += size) {
      const std::size_t n = std::min(size, length - at);
      segments.push_back({i, offset + at, offset + at + n, at});
    }
    offset += length;
  }
  return segments;
}

Transcript without(const Transcript& transcript, const Segment& segment, bool length_known) {
  const Event& event = transcript[segment.event];
  const std::uint64_t length = segment.end - segment.begin;
  Transcript cut(transcript.begin(), transcript.begin() + static_cast<int>(segment.event));
  cut.push_back({Event::Kind::data, event.direction, event.bytes.substr(0, segment.at)});
  cut.push_back(lost(event.direction, length_known ? length : 0));
  cut.push_back({Event::Kind::data, event.direction, event.bytes.substr(segment.at + length)});
  cut.insert(cut.end(), transcript.begin() + static_cast<int>(segment.event) + 1, transcript.end());
  return cut;
}

// Streams that overlap, some with bodies either way, with trailers, interim responses and resets.
Transcript conversation(bool with_table) {
  Http2Peers peers;
  if (!with_table) {
    for (nghttp2_session* session : {peers.client, peers.server}) {
      peers.settings(session, {{NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 0}});
    }
  }
  peers.exchange();
  const auto put = [&](const std::string& path, const std::string& body) {
    Headers head = Http2Peers::head("PUT", path);
    head.emplace_back("content-length", std::to_string(body.size()));
    head.emplace_back("user-agent", "game/1");
    return peers.request(head, body);
  };
  const auto answer = [&](std::int32_t id, const std::string& body, const Headers& trailers = {}) {
    peers.respond(id,
                  {{":status", body.empty() ? "204" : "412"},
                   {"server", "mpsd"},
                   {"content-length", std::to_string(body.size())},
                   {"etag", "tag-" + std::to_string(id)}},
                  body, trailers);
  };
  for (int round = 0; round < 3; ++round) {
    const std::string n = std::to_string(round);
    const auto a = peers.get("/a" + n);
    const auto b = put("/b" + n, std::string(700, 'b'));
    peers.exchange();
    const auto c = put("/c" + n, std::string(90, 'c'));
    peers.interim(b, {{":status", "100"}});
    answer(c, std::string(500, 'C'));
    peers.exchange();
    const auto d = peers.get("/d" + n);
    answer(a, std::string(900, 'A'), {{"x-sum", n}});
    answer(b, "");
    peers.exchange();
    answer(d, std::string(150, 'D'));
    const auto e = peers.get("/e" + n);
    peers.exchange();
    answer(e, std::string(20, 'E'));
    peers.exchange();
  }
  Transcript transcript = peers.take();
  transcript.push_back(client_ends());
  transcript.push_back(server_ends());
  return transcript;
}

bool is_marked(const Exchange& exchange, Direction direction) {
  const Defects& defects = exchange.defects;
  return direction == Direction::to_server
             ? defects.has(Defect::request_gap) || defects.has(Defect::request_missing)
             : defects.has(Defect::response_gap);
}

bool is_prefix(const FieldLines& part, const FieldLines& whole) {
  const std::string all = fields_of(whole), some = fields_of(part);
  return all.substr(0, some.size()) == some;
}

// Nothing of it contradicts what was really sent.
void expect_true(const Exchange& exchange, const Exchange& sent) {
  const auto absent_or = [](const auto& seen, const auto& real) {
    return seen.empty() || seen == real;
  };
  EXPECT_TRUE(absent_or(exchange.request.method, sent.request.method));
  EXPECT_TRUE(absent_or(exchange.request.target, sent.request.target));
  EXPECT_TRUE(is_prefix(exchange.request.fields, sent.request.fields));
  EXPECT_TRUE(is_prefix(exchange.response.fields, sent.response.fields));
  EXPECT_TRUE(is_prefix(exchange.response.trailers, sent.response.trailers));
  EXPECT_TRUE(!exchange.response.present || exchange.response.status == sent.response.status);
  EXPECT_LE(exchange.request.body_length, sent.request.body_length);
  EXPECT_LE(exchange.response.body_length, sent.response.body_length);
  EXPECT_EQ(exchange.malformed, "");
  for (const Defect never : {Defect::request_malformed, Defect::response_malformed,
                             Defect::response_missing, Defect::request_truncated,
                             Defect::response_truncated, Defect::stream_reset, Defect::pushed}) {
    EXPECT_FALSE(exchange.defects.has(never)) << name_of(never);
  }
}

std::string without_index(const Exchange& exchange) {
  const std::string text = full(exchange);
  return text.substr(text.find('/'));
}

struct LossCase {
  std::size_t segment_size;
  bool with_table;
  bool length_known;
};
class Http2Loss : public ::testing::TestWithParam<LossCase> {};
INSTANTIATE_TEST_SUITE_P(Segments, Http2Loss,
                         ::testing::Values(LossCase{150, false, true}, LossCase{150, false, false},
                                           LossCase{61, true, true}, LossCase{61, true, false},
                                           LossCase{1'400, true, true}, LossCase{29, false, true}));

TEST_P(Http2Loss, OfAnySegmentLeavesTheOtherStreamsWhole) {
  const LossCase param = GetParam();
  const Transcript transcript = conversation(param.with_table);
  Connection whole(make_http2_connection);
  whole.feed(transcript);
  std::map<std::uint32_t, const Exchange*> sent;
  for (const ExchangePtr& exchange : whole.recorder.exchanges) {
    ASSERT_TRUE(exchange->defects.none());
    sent[exchange->stream] = exchange.get();
  }
  ASSERT_EQ(sent.size(), 15u);
  const std::vector<Placed> frames[2] = {frames_of(transcript, Direction::to_server),
                                         frames_of(transcript, Direction::to_client)};
  for (const Segment& segment : segments_of(transcript, param.segment_size)) {
    const Direction direction = transcript[segment.event].direction;
    SCOPED_TRACE(std::string(direction == Direction::to_server ? "client" : "server") + " bytes " +
                 std::to_string(segment.begin) + " to " + std::to_string(segment.end));
    // Streams whose message lost bytes, and those whose message has a head behind the loss.
    std::set<std::uint32_t> hit, behind, hit_aside;
    for (const Placed& frame : frames[index_of(direction)]) {
      if (frame.begin < segment.end && segment.begin < frame.end && frame.part_of_message()) {
        hit.insert(frame.stream);
      }
      if (frame.begin < segment.end && segment.begin < frame.end && frame.aside) {
        hit_aside.insert(frame.stream);
      }
      if (frame.begin >= segment.begin && frame.type == NGHTTP2_HEADERS)
        behind.insert(frame.stream);
    }
    const Transcript cut = without(transcript, segment, param.length_known);
    std::vector<std::string> first;
    for (const Cut pieces : {Cut{}, Cut{Cut::Kind::bytes}, Cut{Cut::Kind::random, 1}}) {
      Connection connection(make_http2_connection);
      connection.feed(cut, pieces);
      if (first.empty()) first = connection.fulls();
      ASSERT_EQ(connection.fulls(), first);
      if (pieces.kind != Cut::Kind::whole) continue;
      ASSERT_EQ(connection.recorder.exchanges.size(), sent.size());
      EXPECT_EQ(connection.count(Counter::http2_lost), 0u);
      std::set<std::uint32_t> seen;
      for (const ExchangePtr& exchange : connection.recorder.exchanges) {
        const std::uint32_t id = exchange->stream;
        SCOPED_TRACE(full(*exchange));
        ASSERT_TRUE(sent.count(id) == 1 && seen.insert(id).second);
        expect_true(*exchange, *sent[id]);
        EXPECT_FALSE(is_marked(*exchange, opposite(direction)));
        if (hit.count(id) > 0) {
          EXPECT_TRUE(is_marked(*exchange, direction));
        } else if (hit_aside.count(id) == 0 && (!param.with_table || behind.count(id) == 0)) {
          EXPECT_EQ(without_index(*exchange), without_index(*sent[id]));
        }
        if (exchange->defects.none() && hit_aside.count(id) == 0) {
          EXPECT_EQ(without_index(*exchange), without_index(*sent[id]));
        }
      }
      ASSERT_FALSE(::testing::Test::HasFailure());
    }
  }
}

// ---- single losses -------------------------------------------------------------------------

const Headers kOk{{":status", "200"}, {"server", "s"}};

Headers request_head(const std::string& path, const std::string& method = "GET") {
  return Http2Peers::head(method, path);
}
std::string message(std::uint32_t stream, const Headers& headers, std::uint8_t flags = kBothEnds) {
  return frame(NGHTTP2_HEADERS, flags, stream, block(headers));
}
std::string get(std::uint32_t stream) {
  return message(stream, request_head("/" + std::to_string(stream)));
}

// However it is cut, the same exchanges come out: these.
std::vector<std::string> decode(const Transcript& transcript) {
  std::vector<std::string> whole, briefs;
  for (const Cut cut : cuts()) {
    Connection connection(make_http2_connection);
    connection.feed(transcript, cut);
    if (cut.kind == Cut::Kind::whole) {
      whole = connection.fulls();
      briefs = connection.briefs();
    }
    EXPECT_EQ(connection.fulls(), whole);
    EXPECT_EQ(connection.count(Counter::http2_lost), 0u);
  }
  return briefs;
}

TEST(Http2Gap, WithinContentKeepsTheFraming) {
  const std::string head = message(1, {{":status", "200"}, {"content-length", "10"}}, kEndHeaders);
  const std::string data = frame(NGHTTP2_DATA, kEndStream, 1, "0123456789");
  EXPECT_THAT(decode({client(kPreface + get(1)), server(head + data.substr(0, 12)), server_lost(4),
                      server(data.substr(16)), client(get(3)), server(message(3, kOk))}),
              ElementsAre("GET /1 -> 200 '012789' !response-gap", "GET /3 -> 200"));
  EXPECT_THAT(decode({client(kPreface + get(1)), server(head + data.substr(0, 12)), server_lost(7),
                      client(get(3)), server(message(3, kOk))}),
              ElementsAre("GET /1 -> 200 '012' !response-gap", "GET /3 -> 200"));
  const std::string padded = frame(NGHTTP2_DATA, kEndStream | NGHTTP2_FLAG_PADDED, 1,
                                   "\x04" + std::string("0123456789") + "pppp");
  EXPECT_THAT(
      decode({client(kPreface + get(1)), server(head + padded.substr(0, 20)), server_lost(3),
              server(padded.substr(23)), client(get(3)), server(message(3, kOk))}),
      ElementsAre("GET /1 -> 200 '0123456789'", "GET /3 -> 200"));
}

// A literal with incremental indexing (RFC 7541 §6.2.1), a reference to the newest entry, and to
// the one before it.
std::string indexed(const std::string& name, const std::string& value) {
  return "\x40" + std::string(1, static_cast<char>(name.size())) + name +
         std::string(1, static_cast<char>(value.size())) + value;
}
const std::string kNewest = "\xbe", kSecondNewest = "\xbf";
const std::string kGet = block(request_head("/x"));

std::string head(std::uint32_t stream, const std::string& fields, std::uint8_t flags = kBothEnds) {
  return frame(NGHTTP2_HEADERS, flags, stream, fields);
}

TEST(Http2Gap, ReferencesToLostEntriesCutTheHead) {
  Connection connection(make_http2_connection);
  connection.feed(
      {client(kPreface + get(1) + get(3) + get(5) + get(7)),
       server(head(1, "\x88" + indexed("etag", "old"))), server_lost(50),
       server(head(3, "\x88" + indexed("etag", "new") + kNewest)),
       server(head(5, "\x88" + block({{"a", "1"}}) + kSecondNewest + block({{"b", "2"}}))),
       server(head(7, kNewest + "\x88"))});
  // Of 3 the newest entry came behind the loss, of 5 the second newest was lost; with 5, that the
  // table was read to its end is not certain any more.
  EXPECT_THAT(connection.briefs(),
              ElementsAre("GET /1 -> 200", "GET /3 -> 200", "GET /5 -> 200 !response-gap",
                          "GET /7 -> ? !response-gap"));
  EXPECT_EQ(fields_of(connection[1].response.fields), "etag=new; etag=new");
  EXPECT_FALSE(connection[1].response.head_cut);
  EXPECT_EQ(fields_of(connection[2].response.fields), "a=1");
  EXPECT_TRUE(connection[2].response.head_cut);
}

TEST(Http2Gap, RequestsKeepWhatStandsBeforeALostEntry) {
  Connection connection(make_http2_connection);
  connection.feed({client(kPreface + head(1, block(request_head("/1")) + indexed("x", "1"))),
                   server(message(1, kOk)), client_lost(0), client(head(3, kGet + kNewest)),
                   server(message(3, kOk)), client(get(5)), server(message(5, kOk))});
  EXPECT_THAT(connection.briefs(),
              ElementsAre("GET /1 -> 200", "? -> 200 !request-gap", "GET /5 -> 200"));
  EXPECT_EQ(connection[1].request.method + " " + connection[1].request.target, "GET /x");
  EXPECT_EQ(connection[1].request.authority, "h.example");
}

TEST(Http2Gap, WithinAHeadOfKnownLengthLosesTheCompressionAlone) {
  const std::string third = head(3, block(request_head("/3")) + indexed("x", "1"));
  const std::string fifth = head(5, block(request_head("/5")) + kNewest);
  // Behind :method and :path, but before the end.
  const std::size_t at = third.size() - 4;
  const Transcript lost_end{
      client(kPreface + get(1) + third.substr(0, at)), client_lost(third.size() - at),
      client(fifth + get(7)),
      server(message(7, kOk) + message(5, kOk) + message(3, kOk) + message(1, kOk))};
  EXPECT_THAT(decode(lost_end), ElementsAre("GET /7 -> 200", "? -> 200 !request-gap",
                                            "? -> 200 !request-gap", "GET /1 -> 200"));
  Connection connection(make_http2_connection);
  connection.feed(lost_end);
  EXPECT_EQ(connection[1].request.target, "/5");
  EXPECT_EQ(connection[2].request.target, "/3");
  EXPECT_EQ(connection.count(Counter::http_resynchronised), 0u);
  // Even nothing of the block: the stream is known all the same.
  EXPECT_THAT(decode({client(kPreface + third.substr(0, 9)), client_lost(third.size() - 9),
                      client(get(5)), server(message(5, kOk) + message(3, kOk))}),
              ElementsAre("GET /5 -> 200", "? -> 200 !request-gap"));
}

TEST(Http2Gap, WithinAResponseHeadLeavesItsContentAlone) {
  const std::string answer = message(1, kOk, kEndHeaders);
  EXPECT_THAT(decode({client(kPreface + get(1) + get(3)), server(answer.substr(0, 9)),
                      server_lost(answer.size() - 9),
                      server(frame(NGHTTP2_DATA, 0, 1, "body") + message(3, kOk) +
                             frame(NGHTTP2_DATA, kEndStream, 1, "end"))}),
              ElementsAre("GET /3 -> 200", "GET /1 -> ? !response-gap"));
}

TEST(Http2Gap, BlocksInSeveralFrames) {
  const std::string fields = block(request_head("/1"));
  const std::string begin = head(1, fields.substr(0, 30), kEndStream);
  const std::string middle = frame(NGHTTP2_CONTINUATION, 0, 1, fields.substr(30, 20));
  const std::string end = frame(NGHTTP2_CONTINUATION, kEndHeaders, 1, fields.substr(50));
  const auto after = [](const Transcript& lossy) {
    Transcript all{client(kPreface)};
    all.insert(all.end(), lossy.begin(), lossy.end());
    all.push_back(client(get(3)));
    all.push_back(server(message(3, kOk) + message(1, kOk)));
    return decode(all);
  };
  const auto part = ElementsAre("GET /3 -> 200", "? -> 200 !request-gap");
  const auto missing = ElementsAre("GET /3 -> 200", "? -> 200 !request-missing");
  EXPECT_THAT(after({client(begin + middle + end)}), ElementsAre("GET /3 -> 200", "GET /1 -> 200"));
  EXPECT_THAT(after({client_lost(begin.size()), client(middle + end)}), missing);
  EXPECT_THAT(
      after({client(begin.substr(0, 12)), client_lost(begin.size() - 12), client(middle + end)}),
      part);
  EXPECT_THAT(after({client(begin), client_lost(middle.size()), client(end)}), part);
  EXPECT_THAT(
      after({client(begin + middle.substr(0, 10)), client_lost(middle.size() - 10), client(end)}),
      part);
  EXPECT_THAT(after({client(begin + middle), client_lost(end.size())}), part);
  EXPECT_THAT(after({client(begin + middle + end.substr(0, 4)), client_lost(end.size() - 4)}),
              part);
}

TEST(Http2Gap, OfRequestsIsNoErrorOfTheirResponses) {
  EXPECT_THAT(
      decode({client(kPreface + get(1)), client_lost(100), client(get(7)),
              server(message(7, kOk) + message(5, kOk) + message(1, kOk) +
                     message(3, kOk, kEndHeaders) + frame(NGHTTP2_DATA, kEndStream, 3, "x"))}),
      ElementsAre("GET /7 -> 200", "? -> 200 !request-missing", "GET /1 -> 200",
                  "? -> 200 'x' !request-missing"));
  // No request is seen behind the loss.
  EXPECT_THAT(decode({client(kPreface + get(1)), client_lost(100),
                      server(message(1, kOk) + message(3, kOk))}),
              ElementsAre("GET /1 -> 200", "? -> 200 !request-missing"));
  // Whether it was a HEAD is not known.
  Headers length = kOk;
  length.emplace_back("content-length", "9");
  EXPECT_THAT(
      decode({client(kPreface), client_lost(100), server(message(3, length)), client_ends()}),
      ElementsAre("? -> 200 !request-missing"));
}

TEST(Http2Gap, OfContentIsKnownByTheLength) {
  const auto of = [](const std::string& length, const std::string& rest) {
    Headers head = kOk;
    if (!length.empty()) head.emplace_back("content-length", length);
    return decode({client(kPreface + get(1)),
                   server(message(1, head, kEndHeaders) + frame(NGHTTP2_DATA, 0, 1, "abc")),
                   server_lost(0), server(rest), client_ends(), server_ends()});
  };
  const std::string end = frame(NGHTTP2_DATA, kEndStream, 1, "def");
  EXPECT_THAT(of("6", end), ElementsAre("GET /1 -> 200 'abcdef'"));
  EXPECT_THAT(of("9", end), ElementsAre("GET /1 -> 200 'abcdef' !response-gap"));
  EXPECT_THAT(of("", end), ElementsAre("GET /1 -> 200 'abcdef' !response-gap"));
  EXPECT_THAT(of("3", ""), ElementsAre("GET /1 -> 200 'abc'"));
  EXPECT_THAT(of("6", ""), ElementsAre("GET /1 -> 200 'abc' !response-gap"));
  EXPECT_THAT(of("5", end),
              ElementsAre("GET /1 -> 200 'abcdef' !response-gap !response-malformed"));
}

TEST(Http2Gap, ThatMayHoldTheResponseIsNoMissingResponse) {
  EXPECT_THAT(decode({client(kPreface + get(1)), server_lost(0), client(get(3)), client_ends(),
                      server_ends()}),
              UnorderedElementsAre("GET /1 -> ? !response-gap", "GET /3 -> ? !response-gap"));
  EXPECT_THAT(decode({client(kPreface + get(1)), server_lost(0),
                      server(frame(NGHTTP2_PING, 0, 0, "12345678")), client(get(3)), client_ends(),
                      server_ends()}),
              UnorderedElementsAre("GET /1 -> ? !response-gap", "GET /3 -> ? !response-missing"));
}

TEST(Http2Gap, OfTheEndOfARequestEndsWithItsResponse) {
  Headers put = request_head("/1", "PUT");
  put.emplace_back("content-length", "3");
  const std::string begin = message(1, put, kEndHeaders) + frame(NGHTTP2_DATA, 0, 1, "abc");
  EXPECT_THAT(decode({client(kPreface + begin), client_lost(0), server(message(1, kOk))}),
              ElementsAre("PUT /1 'abc' -> 200"));
  EXPECT_THAT(decode({client(kPreface + message(1, request_head("/1", "PUT"), kEndHeaders)),
                      client_lost(0), server(message(1, kOk))}),
              ElementsAre("PUT /1 -> 200 !request-gap"));
}

TEST(Http2Gap, OfAReset) {
  const std::string reset = frame(NGHTTP2_RST_STREAM, 0, 1, std::string("\0\0\0\x08", 4));
  EXPECT_THAT(decode({client(kPreface + get(1) + get(3)), server(reset.substr(0, 10)),
                      server_lost(3), server(message(3, kOk))}),
              ElementsAre("GET /1 -> ? !response-gap !stream-reset", "GET /3 -> 200"));
}

TEST(Http2Gap, OfSettingsAllowsWhatTheyMayHaveAllowed) {
  const std::string allow = frame(NGHTTP2_SETTINGS, 0, 0, std::string("\0\x05\0\x01\0\0", 6));
  const std::string data = frame(NGHTTP2_DATA, kEndStream, 1, std::string(20'000, 'x'));
  EXPECT_THAT(decode({client(kPreface), client_lost(allow.size()), client(get(1)),
                      server(message(1, kOk, kEndHeaders) + data)}),
              ElementsAre("GET /1 -> 200 '" + std::string(20'000, 'x') + "'"));
  // A table of any size (RFC 7541 §6.3): 8,192, then a field.
  const std::string larger = "\x3f\xe1\x3f\x88" + indexed("etag", "x");
  EXPECT_THAT(decode({client(kPreface), client_lost(allow.size()), client(get(1)),
                      server(head(1, larger))}),
              ElementsAre("GET /1 -> 200"));
}

TEST(Http2Gap, KeepsATableThatWasLarger) {
  const std::string table = frame(NGHTTP2_SETTINGS, 0, 0, std::string("\0\x01\0\0\x40\0", 6));
  const std::string ack = frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, "");
  const std::string big(5'000, 'b');
  const std::string entry = std::string("\x40\1x\x7f\x89\x26", 6) + big;
  Connection connection(make_http2_connection);
  connection.feed({client(kPreface + table + get(1)),
                   server(ack + ack + head(1, "\x3f\xe1\x7f\x88")), server_lost(0),
                   client(get(3) + get(5)), server(head(3, "\x88" + entry)),
                   server(head(5, "\x88" + kNewest))});
  EXPECT_THAT(connection.briefs(), ElementsAre("GET /1 -> 200", "GET /3 -> 200", "GET /5 -> 200"));
  EXPECT_EQ(fields_of(connection[2].response.fields), "x=" + big);
}

TEST(Http2Gap, JoinedInTheMiddle) {
  const Transcript joined{client_lost(0), server_lost(0)};
  const auto after = [&](const Transcript& rest) {
    Transcript all = joined;
    all.insert(all.end(), rest.begin(), rest.end());
    return decode(all);
  };
  EXPECT_THAT(after({client(get(501)), server(message(501, kOk) + message(499, kOk))}),
              ElementsAre("GET /501 -> 200", "? -> 200 !request-missing"));
  // The beginning after all: nothing is in doubt.
  EXPECT_THAT(after({client(kPreface + head(1, kGet + indexed("x", "1")) + head(3, kGet + kNewest)),
                     server(message(1, kOk) + message(3, kOk))}),
              ElementsAre("GET /x -> 200", "GET /x -> 200"));
  EXPECT_THAT(after({client("PRI * HTTP/2.0\r\n\r\n" + get(3)), server(message(3, kOk))}),
              ElementsAre("GET /3 -> 200"));
  Connection connection(make_http2_connection);
  connection.feed(joined);
  connection.feed({client("content of before" + get(3)), server(message(3, kOk))});
  EXPECT_EQ(connection.count(Counter::http_bytes_skipped), 17u);
  EXPECT_EQ(connection.count(Counter::http_resynchronised), 0u);
}

TEST(Http2Gap, WhatFollowsIsSoughtByAPlausibleHeader) {
  const std::string odd(3, '\x80'), noise = "\x12\x34 json: {\"a\": [0, 1]} \x80\x01";
  for (const std::string& implausible : {
           frame(0x11, 0, 1, ""),
           frame(NGHTTP2_DATA, 0x02, 1, "x"),
           frame(NGHTTP2_DATA, 0, 0, "x"),
           frame(NGHTTP2_HEADERS, kBothEnds, 0, "\x88"),
           frame(NGHTTP2_HEADERS, kBothEnds, 1, ""),
           frame(NGHTTP2_HEADERS, kBothEnds, 2, "\x82"),
           frame(NGHTTP2_PUSH_PROMISE, kEndHeaders, 1, std::string("\0\0\0\2\x82", 5)),
           frame(NGHTTP2_RST_STREAM, 0, 1, odd),
           frame(NGHTTP2_SETTINGS, 0, 1, ""),
           frame(NGHTTP2_SETTINGS, 0, 0, odd),
           frame(NGHTTP2_PING, 0, 0, odd),
           frame(NGHTTP2_HEADERS, kBothEnds, 1'000'001, "\x82"),  // far too many streams
           std::string("\0\x40\x01\0\0\0\0\0\1", 9),
           std::string("\0\0\1\0\1\x80\0\0\1x", 10),
           noise,
       }) {
    Connection connection(make_http2_connection);
    connection.feed(
        {client(kPreface), client_lost(30), client(implausible + get(3)), server(message(3, kOk))});
    EXPECT_THAT(connection.briefs(), ElementsAre("GET /3 -> 200"))
        << ::testing::PrintToString(implausible);
    EXPECT_EQ(connection.count(Counter::http_bytes_skipped), implausible.size());
    EXPECT_EQ(connection.count(Counter::http_resynchronised), 1u);
  }
}

// What was found may have been none: when the frames stop making sense the search goes on.
TEST(Http2Gap, SearchesOnBehindWhatWasNoFrame) {
  const std::string false_frame = frame(NGHTTP2_WINDOW_UPDATE, 0, 0, "abcd");
  const std::string nonsense(20, 'n');
  EXPECT_THAT(decode({client(kPreface), client_lost(30), client(false_frame + nonsense + get(3)),
                      server(message(3, kOk))}),
              ElementsAre("GET /3 -> 200"));
}

TEST(Http2Gap, LateContentBehindALossProvesNothing) {
  EXPECT_THAT(decode({client(kPreface + get(1)), server(message(1, kOk)), server_lost(20),
                      server(frame(NGHTTP2_DATA, 0, 1, "late") + message(1, kOk))}),
              ElementsAre("GET /1 -> 200"));
}

TEST(Http2StreamRanges, GiveEachIdOnce) {
  Http2StreamRanges ranges;
  ranges.add_between(0, 1);
  EXPECT_FALSE(ranges.take(1));
  ranges.add_between(1, 9);
  for (const std::uint32_t id : {1u, 9u, 4u, 11u}) EXPECT_FALSE(ranges.take(id)) << id;
  for (const std::uint32_t id : {5u, 3u, 7u}) {
    EXPECT_TRUE(ranges.take(id)) << id;
    EXPECT_FALSE(ranges.take(id)) << id;
  }
  ranges.add_between(0, 6);
  EXPECT_TRUE(ranges.take(2));
  EXPECT_TRUE(ranges.take(4));
  EXPECT_FALSE(ranges.take(6));
}

// The oldest range goes when there are too many.
TEST(Http2StreamRanges, AreBounded) {
  Http2StreamRanges ranges;
  for (std::uint32_t id = 1; id <= 4 * 70; id += 4) ranges.add_between(id, id + 4);
  EXPECT_FALSE(ranges.take(3));
  EXPECT_TRUE(ranges.take(4 * 69 + 3));
}

}  // namespace
}  // namespace mpsdscope

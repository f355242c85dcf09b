#include "decode/flow_table.h"

#include <algorithm>
#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "tests/decode/tcp_conversation.h"

namespace mpsdscope {
namespace {

using testing::Conversation;
using testing::OwnedSegment;

// Writes a connection's events down as text: ">" to the server, "<" to the client.
class Recorder final : public StreamSink {
 public:
  explicit Recorder(std::string& out) : out_(out) {}
  void on_data(Direction direction, CaptureTime, Bytes bytes) override {
    if (bytes.empty()) ADD_FAILURE() << "empty data";
    mark(direction);
    out_ += as_text(bytes);
  }
  void on_gap(Direction direction, CaptureTime, std::uint64_t length) override {
    mark(direction);
    out_ += "[gap " + std::to_string(length) + "]";
  }
  void on_end(Direction direction, CaptureTime, StreamEnd end) override {
    mark(direction);
    EXPECT_FALSE(ended_[index_of(direction)]) << "ended twice";
    ended_[index_of(direction)] = true;
    out_ += end == StreamEnd::closed ? "[fin]" : end == StreamEnd::reset ? "[rst]" : "[end]";
  }
  std::size_t buffered_bytes() const override { return 0; }

 private:
  void mark(Direction direction) {
    EXPECT_FALSE(ended_[index_of(direction)]) << "event after the end";
    const char sign = direction == Direction::to_server ? '>' : '<';
    if (last_ != sign) out_ += out_.empty() || out_.back() == '|' ? "" : " ";
    if (last_ != sign) out_ += sign;
    last_ = sign;
  }
  std::string& out_;
  char last_ = 0;
  bool ended_[2]{};
};

struct NoExchanges final : ExchangeSink {
  bool wants_bodies(const Exchange&) override { return true; }
  void on_exchange(ExchangePtr) override {}
};

struct Decoder {
  Limits limits;
  KeyLog keys;
  DecodeReport report;
  NoExchanges exchanges;
  DecodeContext context{keys, false, limits, report, exchanges};
  std::string events;  // connections are separated by "|"
  FlowTable flows{context, [this](ConnectionInfo&) {
                    if (!events.empty()) events += '|';
                    return std::make_unique<Recorder>(events);
                  }};

  std::string run(const std::vector<OwnedSegment>& segments) {
    CaptureTime last{};
    for (const OwnedSegment& segment : segments) {
      // An exact-size copy, so that a sanitizer sees a read past the end.
      const std::vector<std::uint8_t> payload(segment.payload.begin(), segment.payload.end());
      TcpSegment view = segment.segment;
      view.payload = payload;
      flows.on_segment(view);
      last = std::max(last, segment.segment.time);
    }
    flows.finish(last);
    return events;
  }
};

std::string run(const std::vector<OwnedSegment>& segments) {
  return Decoder().run(segments);
}

Conversation two_calls() {
  Conversation talk;
  talk.handshake().client("GET 1.").client("more;").server("OK 1.").server("body;").client_ack();
  talk.client("GET 2;").server("OK 2;").close();
  return talk;
}
constexpr std::string_view kTwoCalls = ">GET 1.more; <OK 1.body; >GET 2; <OK 2; >[fin] <[fin]";

TEST(FlowTable, GivesBothDirectionsInOrder) {
  EXPECT_EQ(run(two_calls().segments), kTwoCalls);
}

TEST(FlowTable, AnyTwoNeighboursMaySwap) {
  const Conversation talk = two_calls();
  for (std::size_t i = 0; i + 1 < talk.segments.size(); ++i) {
    auto segments = talk.segments;
    std::swap(segments[i], segments[i + 1]);
    EXPECT_EQ(run(segments), kTwoCalls) << "swapped " << i << " and the next";
  }
}

TEST(FlowTable, EverySegmentMayComeTwice) {
  const Conversation talk = two_calls();
  std::vector<OwnedSegment> doubled;
  for (const OwnedSegment& segment : talk.segments) {
    doubled.push_back(segment);
    doubled.push_back(segment);
  }
  EXPECT_EQ(run(doubled), kTwoCalls);
  // A mirror port may also repeat everything later.
  auto repeated = talk.segments;
  repeated.insert(repeated.end(), talk.segments.begin() + 3, talk.segments.end());
  EXPECT_EQ(run(repeated), kTwoCalls);
}

TEST(FlowTable, AnyShuffleWithinTheGraceChangesNothing) {
  const Conversation talk = two_calls();
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    auto segments = talk.segments;
    // The handshake stays in front: without it the connection is joined in the middle.
    std::shuffle(segments.begin() + 2, segments.end(), random);
    Decoder decoder;
    decoder.limits.reassembly_grace = std::chrono::seconds(100);
    EXPECT_EQ(decoder.run(segments), kTwoCalls) << "round " << round;
  }
}

TEST(FlowTable, SequenceNumbersWrapAround) {
  for (const std::uint32_t isn :
       {0xfffffffeu, 0xfffffff8u, 0xfffffffau, 0xffffffffu, 0x7ffffffdu}) {
    Conversation talk(isn, isn - 3);
    talk.handshake().client("abcdef").client("ghi").server("123456").server("789").close();
    EXPECT_EQ(run(talk.segments), ">abcdefghi <123456789 >[fin] <[fin]") << isn;
  }
}

TEST(FlowTable, OverlapsKeepWhatCameFirst) {
  Conversation talk;
  talk.handshake().client("abcdef");
  auto segments = talk.segments;
  OwnedSegment early = segments.back(), late = segments.back();
  early.segment.sequence += 2;
  early.payload = "CDEFGH";
  late.segment.sequence += 4;
  late.payload = "xxxxIJ";
  segments.pop_back();
  segments.push_back(early);
  segments.push_back(late);
  segments.push_back(talk.segments.back());
  EXPECT_EQ(run(segments), ">abCDEFGHIJ[end] <[end]");
}

TEST(FlowTable, ALostSegmentThatWasReceivedIsAGapAfterTheGrace) {
  Conversation talk;
  talk.handshake().client("GET;").server("part1,").server("lost,,").server("part3;").client_ack();
  talk.pause(std::chrono::milliseconds(1500)).client("NEXT;").server("yes;");
  auto segments = talk.segments;
  segments.erase(segments.begin() + 5);
  Decoder decoder;
  EXPECT_EQ(decoder.run(segments), ">GET; <part1,[gap 6]part3; >NEXT; <yes; >[end] <[end]");
  EXPECT_EQ(decoder.report[Counter::tcp_gaps], 1u);
  EXPECT_EQ(decoder.report[Counter::tcp_gap_bytes], 6u);
}

TEST(FlowTable, ALostSegmentThatWasNotReceivedIsWaitedFor) {
  Conversation talk;
  talk.handshake().client("GET;").server("part1,").server("part2,").server("part3;");
  auto segments = talk.segments;
  // The network lost part2; the client keeps asking for it, and after three seconds it comes.
  OwnedSegment lost = segments[5];
  segments.erase(segments.begin() + 5);
  OwnedSegment ack = segments[2];
  ack.segment.sequence = segments[3].segment.sequence + 4;
  ack.segment.acknowledgment = lost.segment.sequence;
  ack.segment.time += std::chrono::seconds(1);
  segments.push_back(ack);
  lost.segment.time += std::chrono::seconds(3);
  segments.push_back(lost);
  Decoder decoder;
  EXPECT_EQ(decoder.run(segments), ">GET; <part1,part2,part3; >[end] <[end]");
  EXPECT_EQ(decoder.report[Counter::tcp_gaps], 0u);
}

TEST(FlowTable, WhatTheSnapLengthCutIsAGapAtOnce) {
  Conversation talk;
  talk.handshake().client("GET;").server("abcdef").server("ghi").client_ack();
  talk.segments[4].payload.resize(4);
  talk.segments[4].segment.missing = 2;
  EXPECT_EQ(run(talk.segments), ">GET; <abcd[gap 2]ghi >[end] <[end]");
}

TEST(FlowTable, JoinedInTheMiddle) {
  Conversation talk = two_calls();
  for (std::size_t first = 3; first < 5; ++first) {
    const std::vector<OwnedSegment> segments(talk.segments.begin() + first, talk.segments.end());
    const std::string expected = std::string(">[gap 0] <[gap 0] >") +
                                 (first == 3 ? "GET 1.more;" : "more;") +
                                 " <OK 1.body; >GET 2; <OK 2; >[fin] <[fin]";
    EXPECT_EQ(run(segments), expected) << first;
  }
  // With the first two segments swapped as well.
  std::vector<OwnedSegment> segments(talk.segments.begin() + 3, talk.segments.end());
  std::swap(segments[0], segments[1]);
  EXPECT_EQ(run(segments),
            ">[gap 0] <[gap 0] >GET 1.more; <OK 1.body; >GET 2; <OK 2; >[fin] <[fin]");
}

TEST(FlowTable, JoinedInTheMiddleTheBytesTellTheServer) {
  Conversation talk(1000, 5000, 80);  // both ports 80: only the content tells
  talk.server("HTTP/1.1 200 OK\r\n").client("GET / HTTP/1.1\r\n").server_ack();
  EXPECT_EQ(run(talk.segments),
            ">[gap 0] <[gap 0]HTTP/1.1 200 OK\r\n >GET / HTTP/1.1\r\n[end] <[end]");
}

TEST(FlowTable, OneDirectionOnly) {
  Conversation talk;
  talk.handshake().client("GET 1;").server("answer1;").client("GET 2;").server("answer2;");
  talk.pause(std::chrono::seconds(2)).client("GET 3;").close();
  const auto run_half = [&](std::uint16_t kept_port) {
    std::vector<OwnedSegment> segments;
    for (const OwnedSegment& segment : talk.segments) {
      if (segment.segment.source.port == kept_port) segments.push_back(segment);
    }
    Decoder decoder;
    decoder.run(segments);
    EXPECT_EQ(decoder.report[Counter::tcp_one_sided], 1u);
    return decoder.events;
  };
  EXPECT_EQ(run_half(40000), ">GET 1; <[gap 8] >GET 2; <[gap 8] >GET 3;[fin] <[fin]");
  // The questions' lengths are known from what the answers acknowledge (a FIN counts as one).
  EXPECT_EQ(run_half(80), ">[gap 6] <answer1; >[gap 6] <answer2; >[gap 7] <[fin] >[end]");
}

TEST(FlowTable, ResetEndsBothDirectionsAfterLateSegments) {
  Conversation talk;
  talk.handshake().client("GET;").server("half").push(1, TcpFlags::rst, "");
  // Also when the capture ends within the grace. Who reset it ends first.
  EXPECT_EQ(run(talk.segments), ">GET; <half[rst] >[rst]");
  Conversation left;
  left.handshake().client("GET;").server("half").push(0, TcpFlags::rst, "");
  EXPECT_EQ(run(left.segments), ">GET; <half >[rst] <[rst]");
  auto swapped = talk.segments;
  std::swap(swapped[4], swapped[5]);
  Conversation later(1, 1, 50000);
  later.pause(std::chrono::seconds(5)).handshake();
  swapped.insert(swapped.end(), later.segments.begin(), later.segments.end());
  Decoder decoder;
  EXPECT_EQ(decoder.run(swapped), ">GET; <half[rst] >[rst]");
  EXPECT_EQ(decoder.report[Counter::tcp_resets], 1u);
}

TEST(FlowTable, WhatAResetAcknowledgesWasReceived) {
  Conversation talk;
  talk.handshake().client("GET;").server("lost").push(0, TcpFlags::rst | TcpFlags::ack, "");
  talk.segments.erase(talk.segments.begin() + 4);
  EXPECT_EQ(run(talk.segments), ">GET; <[gap 4] >[rst] <[rst]");
}

TEST(FlowTable, AResetIsRevokedByWhatItsSenderSendsNext) {
  Conversation talk;
  talk.handshake().client("GET;").push(1, TcpFlags::rst, "").pause(std::chrono::milliseconds(500));
  talk.server("alive").pause(std::chrono::seconds(5)).client("GET;").server("well");
  EXPECT_EQ(run(talk.segments), ">GET; <alive >GET; <well >[end] <[end]");
  // One from far away was never ours.
  Conversation stray;
  stray.handshake().client("GET;").push(1, TcpFlags::rst, "");
  stray.segments.back().segment.sequence += 100'000'000;
  stray.pause(std::chrono::seconds(5)).server("alive");
  Decoder decoder;
  EXPECT_EQ(decoder.run(stray.segments), ">GET; <alive >[end] <[end]");
  EXPECT_EQ(decoder.report[Counter::tcp_out_of_window], 1u);
}

TEST(FlowTable, ARefusedConnectionMayBeTriedAgainAsItWas) {
  for (const int wait_ms : {500, 3000}) {
    Conversation talk;
    talk.push(0, TcpFlags::syn, "");
    OwnedSegment refusal = talk.segments.back();
    std::swap(refusal.segment.source, refusal.segment.destination);
    refusal.segment.flags = TcpFlags::rst | TcpFlags::ack;
    refusal.segment.acknowledgment = 1001;
    refusal.segment.sequence = 0;
    Conversation again;
    again.pause(std::chrono::milliseconds(wait_ms)).handshake().client("GET;").server("ok").close();
    auto segments = talk.segments;
    segments.push_back(refusal);
    segments.insert(segments.end(), again.segments.begin(), again.segments.end());
    EXPECT_EQ(run(segments), ">GET; <ok >[fin] <[fin]") << wait_ms;
  }
}

TEST(FlowTable, OneStraySegmentDoesNotEndALivingConnection) {
  Conversation talk;
  talk.handshake().client("GET;").server("half,").server("rest");
  OwnedSegment stray = talk.segments[4];
  stray.segment.sequence += 0x50000000u;
  talk.segments.insert(talk.segments.begin() + 5, stray);
  EXPECT_EQ(run(talk.segments), ">GET; <half,rest >[end] <[end]");
  // An acknowledgment too high to be true does not swallow what comes.
  Conversation high;
  high.handshake().client("GET;").client_ack();
  high.segments.back().segment.acknowledgment += 100'000'000;
  high.pause(std::chrono::seconds(3)).server("rest");
  EXPECT_EQ(run(high.segments), ">GET; <rest >[end] <[end]");
}

// The question between two lost answers stands between them, in one gap or two.
TEST(FlowTable, LostAnswersAreToldAroundTheQuestionsBetweenThem) {
  Conversation talk;
  talk.handshake().client("GET 1;").server("lost1").client("GET 2;").server("lost2");
  talk.client("GET 3;").server("found").close();
  auto segments = talk.segments;
  segments.erase(segments.begin() + 6);
  segments.erase(segments.begin() + 4);
  EXPECT_EQ(run(segments), ">GET 1; <[gap 5] >GET 2; <[gap 5] >GET 3; <found >[fin] <[fin]");
  // The same without the server's SYN.
  segments.erase(segments.begin() + 1);
  EXPECT_EQ(run(segments), ">GET 1; <[gap 5] >GET 2; <[gap 5] >GET 3; <found >[fin] <[fin]");
}

TEST(FlowTable, SimultaneousClose) {
  Conversation talk;
  talk.handshake().client("a").server("b");
  auto fin_client = talk;
  talk.push(0, TcpFlags::fin | TcpFlags::ack, "");
  OwnedSegment fin_server = fin_client.push(1, TcpFlags::fin | TcpFlags::ack, "").segments.back();
  talk.segments.push_back(fin_server);
  EXPECT_EQ(run(talk.segments), ">a <b >[fin] <[fin]");
}

TEST(FlowTable, KeepAliveProbesAreNotData) {
  Conversation talk;
  talk.handshake().client("abc");
  OwnedSegment probe = talk.segments.back();
  probe.segment.sequence += 2;
  probe.payload = "X";
  talk.segments.push_back(probe);
  talk.client("def");
  EXPECT_EQ(run(talk.segments), ">abcdef[end] <[end]");
}

TEST(FlowTable, PortsUsedAgainAreANewConnection) {
  Conversation first(1000, 5000), second(90'000'000, 70'000'000);
  first.handshake().client("one").server("eins").close();
  second.pause(std::chrono::seconds(1)).handshake().client("two").server("zwei");
  auto segments = first.segments;
  segments.insert(segments.end(), second.segments.begin(), second.segments.end());
  Decoder decoder;
  EXPECT_EQ(decoder.run(segments), ">one <eins >[fin] <[fin]|>two <zwei >[end] <[end]");
  EXPECT_EQ(decoder.report[Counter::tcp_connections], 2u);
  // Also when the second's SYN was not captured, or when the first was never closed.
  auto no_syn = segments;
  no_syn.erase(no_syn.begin() + 8, no_syn.begin() + 11);
  EXPECT_EQ(run(no_syn), ">one <eins >[fin] <[fin]|>[gap 0] <[gap 0] >two <zwei >[end] <[end]");
  segments.erase(segments.begin() + 5, segments.begin() + 8);
  EXPECT_EQ(run(segments), ">one <eins >[end] <[end]|>two <zwei >[end] <[end]");
}

TEST(FlowTable, FlowsBeyondTheLimitAreEvictedOldestFirst) {
  Decoder decoder;
  decoder.limits.max_flows = 2;
  std::vector<OwnedSegment> segments;
  for (std::uint16_t port = 1; port <= 3; ++port) {
    Conversation talk(1000, 5000, static_cast<std::uint16_t>(40000 + port));
    talk.handshake().client(std::to_string(port));
    segments.insert(segments.end(), talk.segments.begin(), talk.segments.end());
  }
  EXPECT_EQ(decoder.run(segments), ">1|>2[end] <[end]|>3[end] <[end][end] <[end]")
      << "the first ends before the third begins";
  EXPECT_EQ(decoder.report[Counter::flows_evicted], 1u);
}

TEST(FlowTable, WaitingBytesAreBoundedPerFlow) {
  Decoder decoder;
  decoder.limits.max_buffered_per_flow = 10'000;
  Conversation talk;
  talk.handshake().client("first");
  talk.segments.pop_back();  // never seen, never acknowledged
  for (int i = 0; i < 100; ++i) talk.client(std::string(1000, 'x'));
  for (const OwnedSegment& segment : talk.segments) {
    decoder.flows.on_segment(segment.view());
    decoder.flows.advance(segment.segment.time);
  }
  EXPECT_NE(decoder.events.find("[gap 5]xxx"), std::string::npos);
}

TEST(FlowTable, LostFinIsNotAGap) {
  Conversation talk;
  talk.handshake().client("a").server("b").close();
  talk.segments.erase(talk.segments.begin() + 6);  // the server's FIN
  Decoder decoder;
  EXPECT_EQ(decoder.run(talk.segments), ">a <b >[fin] <[fin]");
  EXPECT_EQ(decoder.report[Counter::tcp_gaps], 0u);
}

}  // namespace
}  // namespace mpsdscope

#include "capture/tcp_packets.h"

#include <array>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "capture/pcapng_writer.h"
#include "decode/flow_table.h"
#include "decode/frame.h"
#include "decode/pcapng.h"

namespace mpsdscope {
namespace {

Endpoint v4(std::uint8_t last, std::uint16_t port) {
  return {IpAddress::from_bytes(std::array<std::uint8_t, 4>{192, 0, 2, last}), port};
}

Endpoint v6(std::uint8_t last, std::uint16_t port) {
  std::array<std::uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8};
  bytes.back() = last;
  return {IpAddress::from_bytes(bytes), port};
}

std::uint64_t sum_of_words(Bytes bytes) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += static_cast<std::uint64_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
  }
  return sum;
}

// RFC 1071: right if the ones' complement sum with the checksum in it is all ones.
bool is_right(std::uint64_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum == 0xffff;
}

void expect_right_checksums(Bytes packet) {
  const bool four = packet[0] >> 4 == 4;
  const std::size_t header = four ? 20 : 40;
  const Bytes addresses = four ? packet.subspan(12, 8) : packet.subspan(8, 32);
  if (four) {
    EXPECT_TRUE(is_right(sum_of_words(packet.first(20))));
  }
  const Bytes tcp = packet.subspan(header);
  EXPECT_TRUE(is_right(sum_of_words(addresses) + 6 + tcp.size() + sum_of_words(tcp)));
}

class NoExchanges final : public ExchangeSink {
 public:
  bool wants_bodies(const Exchange&) override { return false; }
  void on_exchange(ExchangePtr) override {}
};

// What a capture's reader hears of one connection.
class Ear final : public StreamSink {
 public:
  explicit Ear(std::string& heard, const ConnectionInfo& info) : heard_(heard), info_(info) {}
  void on_data(Direction direction, CaptureTime, Bytes bytes) override {
    heard_ += direction == Direction::to_server ? ">" : "<";
    heard_ += as_text(bytes);
  }
  void on_gap(Direction, CaptureTime, std::uint64_t) override { heard_ += "GAP"; }
  void on_end(Direction direction, CaptureTime, StreamEnd end) override {
    heard_ += direction == Direction::to_server ? "|>" : "|<";
    heard_ += std::to_string(static_cast<int>(end));
    if (direction == Direction::to_server) {
      heard_ += info_.client.to_string() + "-" + info_.server.to_string();
    }
  }
  std::size_t buffered_bytes() const override { return 0; }

 private:
  std::string& heard_;
  const ConnectionInfo& info_;
};

class TcpPacketsTest : public ::testing::Test {
 protected:
  TcpPacketsTest() { pcapng::append_head(out_, "test"); }

  std::string hear() {
    PcapngParser parser;
    std::vector<Packet> packets;
    EXPECT_EQ(parser.parse(out_, 100'000, packets).damage, "");
    EXPECT_TRUE(parser.may_end());
    NoExchanges exchanges;
    DecodeContext context{keys_, false, limits_, report_, exchanges};
    std::string heard;
    FlowTable flows(context,
                    [&](ConnectionInfo& info) { return std::make_unique<Ear>(heard, info); });
    FrameDecoder frames(limits_, report_);
    Datagrams datagrams;
    TcpSegment segment;
    CaptureTime last{};
    for (const Packet& packet : packets) {
      expect_right_checksums(packet.bytes);
      EXPECT_TRUE(frames.decode(packet, segment, datagrams));
      flows.on_segment(segment);
      last = packet.time;
    }
    flows.finish(last);
    return heard;
  }

  CaptureTime now_{std::chrono::seconds(1'800'000'000)};
  std::vector<std::uint8_t> out_;
  KeyLog keys_;
  Limits limits_;
  DecodeReport report_;
};

TEST_F(TcpPacketsTest, AConnectionFromBeginningToEnd) {
  struct Case {
    Endpoint client, server;
    std::string names;
  };
  for (const Case& c : {Case{v4(1, 50'000), v4(2, 443), "192.0.2.1:50000-192.0.2.2:443"},
                        Case{v6(1, 50'000), v6(2, 443), "[2001:db8::1]:50000-[2001:db8::2]:443"},
                        Case{v4(1, 50'000), v6(2, 443), "192.0.2.1:50000-[2001:db8::2]:443"}}) {
    out_.clear();
    pcapng::append_head(out_, "test");
    TcpPackets packets(c.client, c.server, 1);
    packets.begin(now_, out_);
    packets.data(Direction::to_server, now_, as_bytes("ask"), out_);
    packets.data(Direction::to_client, now_, as_bytes("answer!"), out_);
    packets.end(Direction::to_server, now_, StreamEnd::closed, out_);
    packets.data(Direction::to_client, now_, as_bytes("late"), out_);
    packets.end(Direction::to_client, now_, StreamEnd::closed, out_);
    packets.data(Direction::to_client, now_, as_bytes("after the end"), out_);
    EXPECT_EQ(hear(), ">ask<answer!|>0" + c.names + "<late|<0");
  }
}

TEST_F(TcpPacketsTest, AResetEndsItForGood) {
  TcpPackets packets(v4(1, 50'000), v4(2, 443), 1);
  packets.begin(now_, out_);
  packets.data(Direction::to_server, now_, as_bytes("ask"), out_);
  packets.end(Direction::to_client, now_, StreamEnd::reset, out_);
  const std::size_t size = out_.size();
  packets.data(Direction::to_client, now_, as_bytes("more"), out_);
  packets.end(Direction::to_server, now_, StreamEnd::closed, out_);
  EXPECT_EQ(out_.size(), size);
  EXPECT_EQ(packets.count(), 5U);
  hear();
  EXPECT_EQ(report_[Counter::tcp_resets], 1U);
}

TEST_F(TcpPacketsTest, AnUnknownEndIsNoEnd) {
  TcpPackets packets(v4(1, 50'000), v4(2, 443), 1);
  packets.begin(now_, out_);
  packets.end(Direction::to_client, now_, StreamEnd::unknown, out_);
  packets.data(Direction::to_client, now_, as_bytes("more"), out_);
  EXPECT_EQ(hear().substr(0, 5), "<more");
}

TEST_F(TcpPacketsTest, SequenceNumbersWrapAround) {
  std::mt19937 random(1);
  std::string sent(3'000'000, 'x');
  for (char& c : sent) c = static_cast<char>('a' + random() % 26);
  int wrapped = 0;
  // Initial numbers spread over all of them: of many connections some begin near the end.
  for (std::uint64_t conn = 1; conn < 4'000 && wrapped < 2; ++conn) {
    const auto initial = static_cast<std::uint32_t>(conn * 0x9e37'79b9'7f4a'7c15U);
    if (initial < 0xffff'ffffU - 2'500'000) continue;
    ++wrapped;
    out_.clear();
    pcapng::append_head(out_, "test");
    TcpPackets packets(v4(1, 50'000), v4(2, 443), conn);
    packets.begin(now_, out_);
    packets.data(Direction::to_client, now_, as_bytes(sent), out_);
    packets.end(Direction::to_client, now_, StreamEnd::closed, out_);
    std::string heard = hear();
    std::erase(heard, '<');
    EXPECT_EQ(heard.substr(0, sent.size()), sent);
    EXPECT_EQ(heard.find("GAP"), std::string::npos);
  }
  EXPECT_EQ(wrapped, 2);
}

TEST_F(TcpPacketsTest, ThePortsUsedAgainAreANewConnection) {
  for (const std::uint64_t conn : {1U, 2U}) {
    TcpPackets packets(v4(1, 50'000), v4(2, 443), conn);
    packets.begin(now_, out_);
    packets.data(Direction::to_server, now_, as_bytes("ask" + std::to_string(conn)), out_);
    packets.end(Direction::to_server, now_, StreamEnd::closed, out_);
    packets.end(Direction::to_client, now_, StreamEnd::closed, out_);
  }
  const std::string heard = hear();
  EXPECT_NE(heard.find(">ask1"), std::string::npos);
  EXPECT_NE(heard.find(">ask2"), std::string::npos);
  EXPECT_EQ(report_[Counter::tcp_connections], 2U);
}

}  // namespace
}  // namespace mpsdscope

#include "tools/tap_clocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<std::string> kNames{"a.pcap", "b.pcap", "c.pcap"};

// A handshake's packet, of client port and initial sequence number `number`.
TcpSegment packet(std::uint16_t number, bool answer, int at) {
  const std::uint8_t addresses[2][4]{{192, 0, 2, 1}, {192, 0, 2, 2}};
  TcpSegment segment;
  segment.time = CaptureTime(std::chrono::hours(1)) + milliseconds(at);
  segment.source = {IpAddress::from_bytes(addresses[0]), number};
  segment.destination = {IpAddress::from_bytes(addresses[1]), 443};
  segment.flags = TcpFlags::syn;
  segment.sequence = number;
  if (answer) {
    std::swap(segment.source, segment.destination);
    segment.flags |= TcpFlags::ack;
    segment.sequence = 77;
    segment.acknowledgment = number + 1u;
  }
  return segment;
}

struct Clocks : ::testing::Test {
  std::vector<std::string> problems() const { return clocks.problems(kNames, milliseconds(1'000)); }
  TapClocks clocks;
};

TEST_F(Clocks, SameHandshakesFarApart) {
  clocks.note(packet(1, false, 0), 0);
  clocks.note(packet(1, false, 4'200), 1);
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("the clock of b.pcap seems to be 4.2 s ahead of "
                                                "that of a.pcap")));
}

// One tap saw what the client sent, the other what the server did, which seems to come first.
TEST_F(Clocks, OneDirectionEach) {
  clocks.note(packet(1, true, -2'000), 2);
  clocks.note(packet(1, false, 0), 1);
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("the clock of b.pcap seems to be 2.0 s ahead of "
                                                "that of c.pcap")));
}

TEST_F(Clocks, TheClosestHandshakeCounts) {
  clocks.note(packet(1, false, 0), 0);
  clocks.note(packet(1, false, 3'000), 1);  // what it saw was a retransmission
  clocks.note(packet(2, false, 5'000), 0);
  clocks.note(packet(2, false, 6'000), 1);
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(Clocks, NothingToCompare) {
  clocks.note(packet(1, false, 0), 0);
  clocks.note(packet(1, true, 9'000), 0);  // of the same input
  clocks.note(packet(2, false, 9'000), 1);
  TcpSegment data = packet(1, false, 20'000);
  data.flags = TcpFlags::ack;
  clocks.note(data, 1);
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(Clocks, FloodsOfHandshakesAreForgotten) {
  clocks.note(packet(0, false, 0), 0);
  for (int i = 1; i <= 60'000; ++i) clocks.note(packet(static_cast<std::uint16_t>(i), false, 0), 0);
  clocks.note(packet(0, false, 9'000), 1);
  EXPECT_THAT(problems(), IsEmpty());
  clocks.note(packet(60'000, false, 9'000), 1);
  EXPECT_EQ(problems().size(), 1u);
}

}  // namespace
}  // namespace mpsdscope

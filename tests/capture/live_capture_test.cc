#include "capture/live_capture.h"

#include <string>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "capture/file_descriptor.h"
#include "decode/frame.h"
#include "tests/decode/testing/capture_bytes.h"

namespace mpsdscope {
namespace {

using ::testing::HasSubstr;

// A UDP socket bound to loopback: one datagram sent to it is one packet on the interface.
struct UdpSocket {
  UdpSocket() : socket(::socket(AF_INET, SOCK_DGRAM, 0)) {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  }
  std::string port() const { return std::to_string(ntohs(address.sin_port)); }
  void send(const std::string& text) {
    EXPECT_EQ(::sendto(socket.get(), text.data(), text.size(), 0,
                       reinterpret_cast<const sockaddr*>(&address), sizeof address),
              static_cast<ssize_t>(text.size()));
  }
  FileDescriptor socket;
  sockaddr_in address{};
};

std::unique_ptr<LiveCapture> open_or_null(const std::string& interface, int snap_length,
                                          const std::string& filter) {
  auto capture = LiveCapture::open(interface, snap_length, filter);
  if (capture) return std::move(*capture);
  EXPECT_THAT(capture.error().message, HasSubstr("privilege"));
  return nullptr;
}

TEST(LiveCapture, DeliversWhatPassesTheFilter) {
  for (const std::string interface : {"lo", "any"}) {
    UdpSocket socket;
    const auto capture =
        open_or_null(interface, LiveCapture::kDefaultSnapLength, "udp dst port " + socket.port());
    if (!capture) GTEST_SKIP() << "not permitted to capture";
    constexpr std::size_t kCount = 50;
    for (std::size_t i = 0; i < kCount; ++i) socket.send("packet " + std::to_string(i));
    std::size_t seen = 0;
    CaptureTime last;
    // Idle rounds are bounded, so that a failure ends the test.
    for (int idle = 0; seen < kCount && idle < 100;) {
      PacketBatch batch;
      const PacketSource::Status status = capture->next(batch);
      ASSERT_NE(status, PacketSource::Status::end);
      if (status == PacketSource::Status::idle) ++idle;
      for (const Packet& packet : batch.packets) {
        EXPECT_EQ(packet.number, seen + 1);
        const std::string text = "packet " + std::to_string(seen);
        ASSERT_GE(packet.bytes.size(), text.size());
        EXPECT_EQ(as_text(packet.bytes.last(text.size())), text);
        EXPECT_EQ(packet.original_length, packet.bytes.size());
        EXPECT_EQ(packet.link, interface == "lo" ? LinkType::ethernet : LinkType::linux_sll);
        EXPECT_GE(packet.time, last);
        last = packet.time;
        ++seen;
      }
    }
    EXPECT_EQ(seen, kCount);
    EXPECT_GT(capture->bytes_read(), 0U);
    EXPECT_GT(last, testing::at(1'700'000'000'000'000'000));  // not in microseconds
  }
}

TEST(LiveCapture, CutsAtTheSnapLength) {
  UdpSocket socket;
  const auto capture = open_or_null("lo", 60, "udp dst port " + socket.port());
  if (!capture) GTEST_SKIP() << "not permitted to capture";
  socket.send(std::string(500, 'x'));
  PacketBatch batch;
  for (int i = 0; i < 100 && capture->next(batch) != PacketSource::Status::batch; ++i) {
  }
  ASSERT_EQ(batch.packets.size(), 1U);
  EXPECT_EQ(batch.packets[0].bytes.size(), 60U);
  EXPECT_EQ(batch.packets[0].original_length, 14U + 20 + 8 + 500);
}

TEST(LiveCapture, StopFromAnotherThreadEndsIt) {
  const auto capture = open_or_null("lo", LiveCapture::kDefaultSnapLength, "udp dst port 9");
  if (!capture) GTEST_SKIP() << "not permitted to capture";
  PacketBatch batch;
  EXPECT_EQ(capture->next(batch), PacketSource::Status::idle);
  std::thread stopper([&] { capture->stop(); });
  while (capture->next(batch) != PacketSource::Status::end) {
  }
  stopper.join();
  EXPECT_EQ(capture->next(batch), PacketSource::Status::end);
  EXPECT_TRUE(capture->problems().empty());
}

TEST(LiveCapture, ErrorsSayWhatToDo) {
  const auto none = LiveCapture::open("nosuch0");
  ASSERT_FALSE(none.ok());
  EXPECT_THAT(none.error().message, ::testing::AnyOf(HasSubstr("no such interface; there are: "),
                                                     HasSubstr("privilege")));
  if (!open_or_null("lo", 1000, "")) GTEST_SKIP() << "not permitted to capture";
  const auto filter = LiveCapture::open("lo", 1000, "tcp prot 443");
  ASSERT_FALSE(filter.ok());
  EXPECT_THAT(filter.error().message, HasSubstr("the filter \"tcp prot 443\" is not understood"));
}

TEST(ListInterfaces, HoldsTheLoopbackInterface) {
  const auto interfaces = list_interfaces();
  ASSERT_TRUE(interfaces.ok());
  for (const InterfaceInfo& info : *interfaces) {
    if (info.name != "lo") continue;
    EXPECT_TRUE(info.loopback);
    EXPECT_TRUE(info.up);
    EXPECT_THAT(info.addresses, ::testing::Contains("127.0.0.1"));
    return;
  }
  GTEST_SKIP() << "no loopback interface to be seen";
}

}  // namespace
}  // namespace mpsdscope

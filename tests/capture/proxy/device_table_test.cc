#include "capture/proxy/device_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

using ::testing::ElementsAre;

IpAddress address(unsigned number) {
  const std::array<std::uint8_t, 4> bytes{10, static_cast<std::uint8_t>(number >> 16),
                                          static_cast<std::uint8_t>(number >> 8),
                                          static_cast<std::uint8_t>(number)};
  return IpAddress::from_bytes(bytes);
}

TEST(DeviceTables, CountWhatHappensToEachDevice) {
  DeviceTable table;
  table.accepted(address(1));
  table.accepted(address(1));
  table.accepted(address(2));
  table.decrypted(address(1), "a");
  table.decrypted(address(1), "b");
  table.decrypted(address(1), "a");
  table.tunnelled(address(1));
  const DeviceState state = table.state(address(1));
  EXPECT_EQ(state.client, "10.0.0.1");
  EXPECT_EQ(state.connections, 2u);
  EXPECT_EQ(state.decrypted, 3u);
  EXPECT_EQ(state.tunnelled, 1u);
  EXPECT_EQ(state.refused, 0u);
  EXPECT_THAT(state.hosts, ElementsAre("a", "b"));
  EXPECT_EQ(table.state(address(2)).connections, 1u);
  EXPECT_EQ(table.state(address(3)).client, "10.0.0.3");
  EXPECT_EQ(table.state(address(3)).connections, 0u);
}

constexpr CaptureTime kTime{std::chrono::hours(100)};

TEST(DeviceTables, PinPerDeviceAndHost) {
  DeviceTable table;
  EXPECT_TRUE(table.refused(address(1), "a", "unknown CA", kTime));
  EXPECT_TRUE(table.is_pinned(address(1), "a", kTime));
  EXPECT_FALSE(table.is_pinned(address(1), "b", kTime));
  EXPECT_FALSE(table.is_pinned(address(2), "a", kTime));
  EXPECT_EQ(table.state(address(1)).refused_host, "a");
  EXPECT_EQ(table.state(address(1)).refused_why, "unknown CA");
  EXPECT_FALSE(table.state(address(1)).decrypted_since);
  table.decrypted(address(1), "b");
  EXPECT_TRUE(table.state(address(1)).decrypted_since);
  table.forget_pins(address(2));
  EXPECT_TRUE(table.is_pinned(address(1), "a", kTime));
  table.forget_pins(address(1));
  EXPECT_FALSE(table.is_pinned(address(1), "a", kTime));
}

TEST(DeviceTables, ForgetAPinAfterTenMinutes) {
  DeviceTable table;
  table.refused(address(1), "a", "unknown CA", kTime);
  EXPECT_TRUE(table.is_pinned(address(1), "a", kTime + std::chrono::seconds(599)));
  EXPECT_FALSE(table.is_pinned(address(1), "a", kTime + std::chrono::seconds(600)));
}

TEST(DeviceTables, PinAClientThatAlwaysLeaves) {
  DeviceTable table;
  EXPECT_FALSE(table.left(address(1), "a", kTime));
  EXPECT_FALSE(table.left(address(1), "a", kTime));
  EXPECT_FALSE(table.left(address(1), "b", kTime));
  EXPECT_FALSE(table.left(address(2), "a", kTime));
  EXPECT_FALSE(table.is_pinned(address(1), "a", kTime));
  EXPECT_TRUE(table.left(address(1), "a", kTime));
  EXPECT_TRUE(table.is_pinned(address(1), "a", kTime));
  EXPECT_FALSE(table.is_pinned(address(1), "b", kTime));
}

TEST(DeviceTables, NeverPinWhatWasTrusted) {
  DeviceTable table;
  table.left(address(1), "a", kTime);
  table.refused(address(1), "a", "unknown CA", kTime);
  table.trusted(address(1), "a");
  EXPECT_FALSE(table.is_pinned(address(1), "a", kTime));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(table.left(address(1), "a", kTime));
  EXPECT_FALSE(table.refused(address(1), "a", "unknown CA", kTime));
  EXPECT_FALSE(table.is_pinned(address(1), "a", kTime));
  EXPECT_EQ(table.state(address(1)).refused, 2u);
}

TEST(DeviceTables, ForgetTheDeviceAndTheHostSeenLongestAgo) {
  DeviceTable table;
  for (unsigned i = 0; i < 5000; ++i) table.accepted(address(i));
  EXPECT_EQ(table.state(address(0)).connections, 0u);
  EXPECT_EQ(table.state(address(4999)).connections, 1u);
  for (unsigned i = 0; i < 1000; ++i) table.refused(address(7), std::to_string(i), "", kTime);
  EXPECT_FALSE(table.is_pinned(address(7), "0", kTime));
  EXPECT_TRUE(table.is_pinned(address(7), "999", kTime));
  EXPECT_EQ(table.state(address(7)).refused, 1000u);
}

}  // namespace
}  // namespace mpsdscope

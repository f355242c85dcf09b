#include "decode/flow_key.h"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

Endpoint v4(std::uint32_t address, std::uint16_t port) {
  const std::array<std::uint8_t, 4> bytes{
      static_cast<std::uint8_t>(address >> 24), static_cast<std::uint8_t>(address >> 16),
      static_cast<std::uint8_t>(address >> 8), static_cast<std::uint8_t>(address)};
  return {IpAddress::from_bytes(bytes), port};
}

Endpoint v6(std::size_t byte, std::uint8_t value, std::uint16_t port) {
  std::array<std::uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8};
  bytes[byte] = value;
  return {IpAddress::from_bytes(bytes), port};
}

// Keys that differ in one thing alone fall evenly into the low bits and into those from 32 on, of
// which the one finds the place in a table and the other the shard.
void expect_spread(const std::string& what, std::size_t count,
                   const std::function<FlowKey(std::uint32_t)>& key) {
  for (const unsigned shift : {0u, 32u}) {
    std::map<std::size_t, std::size_t> found;
    for (std::uint32_t i = 0; i < count; ++i) ++found[FlowKeyHash()(key(i)) >> shift & 7];
    EXPECT_EQ(found.size(), 8u) << what << ' ' << shift;
    for (const auto& [bits, flows] : found) {
      EXPECT_LT(flows, 2 * count / 8) << what << ' ' << shift << ' ' << bits;
      EXPECT_GT(flows, count / 16) << what << ' ' << shift << ' ' << bits;
    }
  }
}

TEST(FlowKey, SpreadsFlowsThatDifferInOneThing) {
  const Endpoint server = v4(0xC0000201, 443);
  for (const unsigned octet : {0u, 1u, 2u, 3u}) {
    expect_spread("client's octet " + std::to_string(octet), 256, [&](std::uint32_t i) {
      return FlowKey{server, v4((0x0A000001u & ~(0xFFu << 8 * octet)) | i << 8 * octet, 50'000)};
    });
    expect_spread("server's octet " + std::to_string(octet), 256, [&](std::uint32_t i) {
      return FlowKey{v4((0x0A000001u & ~(0xFFu << 8 * octet)) | i << 8 * octet, 443), server};
    });
  }
  for (std::size_t byte = 4; byte < 16; ++byte) {
    expect_spread("IPv6 byte " + std::to_string(byte), 256, [&](std::uint32_t i) {
      return FlowKey{v6(15, 1, 443), v6(byte, static_cast<std::uint8_t>(i), 50'000)};
    });
  }
  expect_spread("port", 4'096, [&](std::uint32_t i) {
    return FlowKey{server, v4(0x0A000001, static_cast<std::uint16_t>(32'768 + i))};
  });
  expect_spread("clients of a network", 65'536, [&](std::uint32_t i) {
    return FlowKey{server, v4(0x0A000000 + i, 50'000)};
  });
}

TEST(FlowKey, BothDirectionsAreOneFlow) {
  TcpSegment there, back;
  there.source = back.destination = v4(0x0A000001, 50'000);
  there.destination = back.source = v4(0xC0000201, 443);
  EXPECT_EQ(FlowKey::of(there), FlowKey::of(back));
  EXPECT_EQ(FlowKeyHash()(there), FlowKeyHash()(back));
  EXPECT_EQ(FlowKeyHash()(there), FlowKeyHash()(FlowKey::of(there)));
}

}  // namespace
}  // namespace mpsdscope

// The two endpoints of a TCP connection, in an order that is the same for both directions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "decode/segment.h"

namespace mpsdscope {

struct FlowKey {
  Endpoint low;
  Endpoint high;

  static FlowKey of(const TcpSegment& segment) {
    const Endpoint &a = segment.source, &b = segment.destination;
    // Any order will do that is the same for both directions; ports nearly always decide.
    const bool a_first = a.port != b.port ? a.port < b.port : a.address < b.address;
    return a_first ? FlowKey{a, b} : FlowKey{b, a};
  }
  bool operator==(const FlowKey&) const = default;
};

struct FlowKeyHash {
  std::size_t operator()(const FlowKey& key) const {
    std::uint64_t state = std::uint64_t{key.low.port} << 16 | key.high.port;
    for (const Endpoint* endpoint : {&key.low, &key.high}) {
      std::uint64_t words[2];
      std::memcpy(words, endpoint->address.bytes().data(), sizeof words);
      state = mix(state ^ words[0]);
      state = mix(state ^ words[1]);
    }
    return state;
  }

 private:
  static std::uint64_t mix(std::uint64_t value) {
    value *= 0x9e3779b97f4a7c15u;
    return value ^ value >> 32;
  }
};

}  // namespace mpsdscope

// The two endpoints of a TCP connection, in an order that is the same for both directions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "decode/segment.h"

namespace mpsdscope {

// Any order will do that is the same for both directions; ports nearly always decide.
inline bool is_low(const Endpoint& a, const Endpoint& b) {
  return a.port != b.port ? a.port < b.port : a.address < b.address;
}

struct FlowKey {
  Endpoint low;
  Endpoint high;

  static FlowKey of(const TcpSegment& segment) {
    const Endpoint &a = segment.source, &b = segment.destination;
    return is_low(a, b) ? FlowKey{a, b} : FlowKey{b, a};
  }
  // The same as of(segment) == *this.
  bool is_of(const TcpSegment& segment) const {
    return (segment.source == low && segment.destination == high) ||
           (segment.source == high && segment.destination == low);
  }
  bool operator==(const FlowKey&) const = default;
};

struct FlowKeyHash {
  std::size_t operator()(const FlowKey& key) const { return of(key.low, key.high); }
  // Of the key of a segment.
  std::size_t operator()(const TcpSegment& segment) const {
    const Endpoint &a = segment.source, &b = segment.destination;
    return is_low(a, b) ? of(a, b) : of(b, a);
  }

 private:
  static std::size_t of(const Endpoint& low, const Endpoint& high) {
    std::uint64_t state = std::uint64_t{low.port} << 16 | high.port;
    for (const std::uint64_t word : low.address.words()) state = mix(state ^ word);
    for (const std::uint64_t word : high.address.words()) state = mix(state ^ word);
    // Once more: the last bytes of an address stand highest, and must reach all bits of the hash.
    return mix(state);
  }
  static std::uint64_t mix(std::uint64_t value) {
    value *= 0x9e3779b97f4a7c15u;
    return value ^ value >> 32;
  }
};

}  // namespace mpsdscope

// Do several inputs that saw the same connections agree on the time? Packets are merged by it, so
// where clocks differ answers come before their questions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "decode/segment.h"
#include "decode/time.h"

namespace mpsdscope {

class TapClocks {
 public:
  // A segment of an input (Packet::input). Only handshakes are looked at.
  void note(const TcpSegment& segment, std::uint16_t input);

  // One sentence for each two inputs that saw the same handshakes farther apart than `most`: so far
  // apart were the closest of them. `names` by input.
  std::vector<std::string> problems(const std::vector<std::string>& names, Duration most) const;

 private:
  // Both packets of a handshake know the client's initial sequence number.
  using Handshake = std::tuple<Endpoint, Endpoint, std::uint32_t>;  // client, server, number
  struct Seen {
    std::uint16_t input;
    CaptureTime time;
  };
  static constexpr std::size_t kMostHandshakes = 4'096, kMostPairs = 1'024;

  void compare(const Seen& one, const Seen& other);

  std::map<Handshake, std::vector<Seen>> seen_;  // by input once
  std::deque<Handshake> order_;                  // the oldest is forgotten first
  // The second input's clock minus the first's, of the closest handshake.
  std::map<std::pair<std::uint16_t, std::uint16_t>, Duration> offsets_;
};

}  // namespace mpsdscope

// Reassembly of fragmented IP datagrams: RFC 791 §3.2, RFC 8200 §4.5.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <vector>

#include "decode/address.h"
#include "decode/bytes.h"
#include "decode/limits.h"
#include "decode/report.h"
#include "decode/time.h"

namespace mpsdscope {

struct IpFragment {
  IpAddress source;
  IpAddress destination;
  std::uint32_t identification = 0;
  std::uint8_t protocol = 0;  // of the payload; IPv6: the Fragment header's Next Header
  bool more = false;          // M flag: not the last one
  std::uint32_t offset = 0;   // bytes
  Bytes payload;
  std::uint32_t missing = 0;  // bytes of the payload that the capture cut off
};

// Incomplete datagrams, bounded by Limits::max_fragments_total and 30 s of capture time. Fragments
// may come in any order and more than once. One that overlaps another without being its duplicate
// makes the whole datagram void (RFC 5722 §3; for IPv4 the same, since no sender does that).
class IpFragments {
 public:
  IpFragments(const Limits& limits, DecodeReport& report) : limits_(limits), report_(report) {}

  // The payload of the datagram that this fragment completes, else nullptr. `protocol` is then that
  // of its first fragment.
  std::unique_ptr<std::vector<std::uint8_t>> add(const IpFragment& fragment, CaptureTime time,
                                                 std::uint8_t& protocol);
  // Drops and counts whatever is still incomplete.
  void clear();

  std::size_t bytes_held() const { return held_; }

 private:
  struct Key {
    IpAddress source;
    IpAddress destination;
    std::uint32_t identification;
    std::uint8_t protocol;  // 0 for IPv6, where the addresses and the identification are the key
    auto operator<=>(const Key&) const = default;
  };
  enum class State : std::uint8_t { open, complete, overlapped };
  struct Datagram {
    Key key;
    State state = State::open;
    CaptureTime time;  // of its first fragment; when complete, of its completion
    std::uint8_t protocol = 0;
    std::map<std::uint32_t, std::vector<std::uint8_t>> pieces;  // by offset, never overlapping
    std::uint32_t received = 0;                                 // bytes in pieces
    std::uint32_t length = 0;                                   // of the datagram; 0: not known yet
    std::size_t cost = 0;                                       // what it counts for in held_
  };
  using Place = std::list<Datagram>::iterator;

  Place find_or_begin(const Key& key, CaptureTime time);
  enum class Fit : std::uint8_t { fits, duplicate, overlaps };
  static Fit fit(const Datagram& datagram, const IpFragment& fragment);
  static std::unique_ptr<std::vector<std::uint8_t>> joined(const Datagram& datagram);
  void expire(CaptureTime time);
  void release_pieces(Datagram& datagram);
  void drop(Place place);

  const Limits& limits_;
  DecodeReport& report_;
  std::list<Datagram> datagrams_;  // the oldest first
  std::map<Key, Place> places_;    // ordered: hostile keys cannot make it slow
  std::size_t held_ = 0;
};

}  // namespace mpsdscope

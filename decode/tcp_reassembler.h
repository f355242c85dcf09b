// One direction of a TCP connection (RFC 9293): segments in any order in, a byte stream out.
//
// Sequence numbers become 64-bit offsets once, here; nothing behind knows that they wrap:
//
//      kOrigin            next()                 first pending       highest
//   ------|------------------|- - - - hole - - - -|==========|- - ->
//          given out already   not seen (yet)       waiting
//
// kOrigin is the first sequence number that was seen of the direction, so offsets below it exist
// too: the capture may have begun with the second of two swapped segments.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "decode/bytes.h"
#include "decode/time.h"

namespace mpsdscope {

class TcpReassembler {
 public:
  static constexpr std::uint64_t kOrigin = std::uint64_t{1} << 33;
  // Farther from the expected place than this is not this connection (any more).
  static constexpr std::int64_t kMaxDistance = std::int64_t{1} << 28;

  // What waits for its turn. A piece without bytes stands for data that the capture cut off.
  struct Piece {
    std::uint64_t end = 0;
    std::uint64_t needs = 0;  // offset of the other direction that must be given out first
    CaptureTime time{};
    std::vector<std::uint8_t> bytes;
  };

  bool has_origin() const { return has_origin_; }
  // Fixes what `sequence` means; once, before any other call.
  void set_origin(std::uint32_t sequence);
  // Distance of a sequence number from the next expected one.
  std::int64_t distance(std::uint32_t sequence) const {
    const auto expected = static_cast<std::uint32_t>(origin_ + (next_ - kOrigin));
    return static_cast<std::int32_t>(sequence - expected);
  }
  std::uint64_t offset_of(std::uint32_t sequence) const {
    return next_ + static_cast<std::uint64_t>(distance(sequence));
  }

  // Whether the place where the stream begins is known; until then nothing may be given out.
  bool started() const { return started_; }
  std::uint64_t start() const { return start_; }
  void start_at(std::uint64_t offset);

  std::uint64_t next() const { return next_; }
  void advance_to(std::uint64_t offset) { next_ = offset; }

  // Keeps a copy of what is new of [offset, offset + bytes.size() + missing): bytes that are there
  // already win over later ones. Returns how many bytes were not new.
  std::uint64_t insert(std::uint64_t offset, Bytes bytes, std::uint64_t missing,
                       std::uint64_t needs, CaptureTime time);

  bool has_pending() const { return !pending_.empty(); }
  std::uint64_t first_pending() const { return pending_.begin()->first; }
  // The piece at the front: the one that follows, or the one behind the hole.
  const Piece& front() const { return pending_.begin()->second; }
  Piece take_front();
  // The front piece no longer waits for the other direction.
  void release_front();
  // The end of everything seen, given out or not.
  std::uint64_t highest() const {
    return pending_.empty() ? next_ : std::max(next_, pending_.rbegin()->second.end);
  }

  std::size_t buffered() const { return buffered_; }
  // Pieces that were looked at so far: what insert() costs.
  std::uint64_t steps() const { return steps_; }

 private:
  void keep(std::uint64_t offset, std::uint64_t end, Bytes bytes, std::uint64_t needs,
            CaptureTime time);

  bool has_origin_ = false;
  bool started_ = false;
  std::uint32_t origin_ = 0;
  std::uint64_t start_ = kOrigin;
  std::uint64_t next_ = kOrigin;
  std::map<std::uint64_t, Piece> pending_;  // by offset; never overlapping
  std::size_t buffered_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace mpsdscope

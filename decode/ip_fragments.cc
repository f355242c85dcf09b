#include "decode/ip_fragments.h"

#include <algorithm>
#include <iterator>

namespace mpsdscope {
namespace {

constexpr Duration kReassemblyTime = std::chrono::seconds(30);
// Fragments that come again after their datagram was complete (mirror ports duplicate packets) are
// told from a new datagram of the same identification by time.
constexpr Duration kDuplicateTime = std::chrono::seconds(1);
constexpr std::uint32_t kMaxDatagram = 65'535;
// What the containers add to the bytes, roughly.
constexpr std::size_t kPieceCost = 96;
constexpr std::size_t kDatagramCost = 320;

}  // namespace

std::unique_ptr<std::vector<std::uint8_t>> IpFragments::add(const IpFragment& fragment,
                                                            CaptureTime time,
                                                            std::uint8_t& protocol) {
  report_.add(Counter::fragments);
  expire(time);
  const std::size_t size = fragment.payload.size();
  // RFC 8200 §4.5: all but the last are a multiple of 8 long, and none ends beyond 65535.
  const bool impossible = size == 0 || fragment.missing > 0 || (fragment.more && size % 8 != 0) ||
                          size > kMaxDatagram || fragment.offset > kMaxDatagram - size;
  if (impossible) {
    report_.add(Counter::fragments_dropped);
    return nullptr;
  }
  const Key key{fragment.source, fragment.destination, fragment.identification,
                fragment.source.is_v4() ? fragment.protocol : std::uint8_t{0}};
  const Place place = find_or_begin(key, time);
  Datagram& datagram = *place;
  if (datagram.state == State::complete) return nullptr;
  if (datagram.state == State::overlapped) {
    report_.add(Counter::fragments_dropped);
    return nullptr;
  }
  switch (fit(datagram, fragment)) {
    case Fit::duplicate:
      return nullptr;
    case Fit::overlaps:
      report_.add(Counter::fragments_dropped, datagram.pieces.size() + 1);
      release_pieces(datagram);
      datagram.state = State::overlapped;
      return nullptr;
    case Fit::fits:
      break;
  }
  if (fragment.offset == 0) datagram.protocol = fragment.protocol;
  if (!fragment.more) datagram.length = fragment.offset + static_cast<std::uint32_t>(size);
  datagram.pieces.emplace(
      fragment.offset, std::vector<std::uint8_t>(fragment.payload.begin(), fragment.payload.end()));
  datagram.received += static_cast<std::uint32_t>(size);
  datagram.cost += size + kPieceCost;
  held_ += size + kPieceCost;
  if (datagram.length != 0 && datagram.received == datagram.length) {
    auto whole = joined(datagram);
    protocol = datagram.protocol;
    release_pieces(datagram);
    datagram.state = State::complete;
    datagram.time = time;
    return whole;
  }
  while (held_ > limits_.max_fragments_total && !datagrams_.empty()) drop(datagrams_.begin());
  return nullptr;
}

void IpFragments::clear() {
  while (!datagrams_.empty()) drop(datagrams_.begin());
}

IpFragments::Place IpFragments::find_or_begin(const Key& key, CaptureTime time) {
  if (const auto found = places_.find(key); found != places_.end()) {
    const Datagram& known = *found->second;
    const bool reused = known.state == State::complete && time - known.time > kDuplicateTime;
    if (!reused) return found->second;
    drop(found->second);
  }
  Datagram& datagram = datagrams_.emplace_back();
  datagram.key = key;
  datagram.time = time;
  datagram.cost = kDatagramCost;
  held_ += kDatagramCost;
  const Place place = std::prev(datagrams_.end());
  places_.emplace(key, place);
  return place;
}

IpFragments::Fit IpFragments::fit(const Datagram& datagram, const IpFragment& fragment) {
  const std::uint32_t begin = fragment.offset;
  const std::uint32_t end = begin + static_cast<std::uint32_t>(fragment.payload.size());
  const auto after = datagram.pieces.lower_bound(begin);
  if (after != datagram.pieces.end()) {
    const bool last = datagram.length == end;
    if (after->first == begin && after->second.size() == end - begin && last != fragment.more) {
      return Fit::duplicate;
    }
    // A last fragment before bytes that are there already, or two that overlap.
    if (after->first < end || !fragment.more) return Fit::overlaps;
  }
  if (after != datagram.pieces.begin()) {
    const auto before = std::prev(after);
    if (before->first + before->second.size() > begin) return Fit::overlaps;
  }
  // Two ends, or bytes beyond the end.
  if (datagram.length != 0 && (!fragment.more || end > datagram.length)) return Fit::overlaps;
  return Fit::fits;
}

std::unique_ptr<std::vector<std::uint8_t>> IpFragments::joined(const Datagram& datagram) {
  auto whole = std::make_unique<std::vector<std::uint8_t>>();
  whole->reserve(datagram.length);
  for (const auto& [offset, piece] : datagram.pieces) {
    whole->insert(whole->end(), piece.begin(), piece.end());
  }
  return whole;
}

void IpFragments::expire(CaptureTime time) {
  while (!datagrams_.empty() && time - datagrams_.front().time > kReassemblyTime) {
    drop(datagrams_.begin());
  }
}

void IpFragments::release_pieces(Datagram& datagram) {
  held_ -= datagram.cost - kDatagramCost;
  datagram.cost = kDatagramCost;
  datagram.pieces.clear();
}

void IpFragments::drop(Place place) {
  if (place->state == State::open) report_.add(Counter::fragments_dropped, place->pieces.size());
  held_ -= place->cost;
  places_.erase(place->key);
  datagrams_.erase(place);
}

}  // namespace mpsdscope

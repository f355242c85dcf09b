#include "decode/tcp_reassembler.h"

#include <algorithm>
#include <utility>

namespace mpsdscope {
namespace {
// What a piece counts for beside its bytes: more than its memory, because every segment may have to
// walk over all pieces, and a flood of one-byte pieces must not make that long.
constexpr std::size_t kPieceCost = 1024;
}  // namespace

void TcpReassembler::set_origin(std::uint32_t sequence) {
  origin_ = sequence;
  has_origin_ = true;
}

void TcpReassembler::start_at(std::uint64_t offset) {
  start_ = offset;
  next_ = offset;
  started_ = true;
}

std::uint64_t TcpReassembler::insert(std::uint64_t offset, Bytes bytes, std::uint64_t missing,
                                     std::uint64_t needs, CaptureTime time) {
  const std::uint64_t end = offset + bytes.size() + missing;
  std::uint64_t known = 0;
  if (started_ && offset < next_) {
    const std::uint64_t skip = std::min(next_, end) - offset;
    known += skip;
    bytes = bytes.subspan(std::min<std::uint64_t>(skip, bytes.size()));
    offset += skip;
  }
  auto after = pending_.upper_bound(offset);
  if (after != pending_.begin() && std::prev(after)->second.end > offset) --after;
  while (offset < end) {
    ++steps_;
    const std::uint64_t free_until =
        after == pending_.end() ? end : std::min(end, std::max(offset, after->first));
    if (free_until > offset) {
      keep(offset, free_until, bytes, needs, time);
      bytes = bytes.subspan(std::min<std::uint64_t>(free_until - offset, bytes.size()));
      offset = free_until;
    }
    if (after == pending_.end() || offset >= end) break;
    const std::uint64_t skip = std::min(end, after->second.end) - offset;
    known += skip;
    bytes = bytes.subspan(std::min<std::uint64_t>(skip, bytes.size()));
    offset += skip;
    ++after;
  }
  return known;
}

void TcpReassembler::keep(std::uint64_t offset, std::uint64_t end, Bytes bytes, std::uint64_t needs,
                          CaptureTime time) {
  const Bytes here = bytes.first(std::min<std::uint64_t>(end - offset, bytes.size()));
  if (!here.empty()) {
    pending_.emplace(offset, Piece{offset + here.size(), needs, time,
                                   std::vector<std::uint8_t>(here.begin(), here.end())});
    buffered_ += here.size() + kPieceCost;
    offset += here.size();
  }
  if (offset < end) {
    pending_.emplace(offset, Piece{end, needs, time, {}});
    buffered_ += kPieceCost;
  }
}

void TcpReassembler::release_front() {
  pending_.begin()->second.needs = 0;
}

TcpReassembler::Piece TcpReassembler::take_front() {
  auto node = pending_.extract(pending_.begin());
  buffered_ -= node.mapped().bytes.size() + kPieceCost;
  return std::move(node.mapped());
}

}  // namespace mpsdscope

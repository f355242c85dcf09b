#include "decode/document_memo.h"

#include <bit>
#include <utility>

#include "decode/words.h"

namespace mpsdscope {
namespace {

// Of length, version and every fourth word: documents that differ elsewhere alone share a place.
std::uint64_t hash_of(std::string_view body, int contract_version) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15U;
  std::uint64_t hash = body.size() << 16 ^ static_cast<std::uint64_t>(contract_version);
  for (std::size_t at = 0; at + kWord <= body.size(); at += 4 * kWord) {
    hash = std::rotl((hash ^ word_at(body, at)) * kOdd, 32);
  }
  return hash;
}

}  // namespace

DocumentMemo::Kept* DocumentMemo::find(std::string_view body, int contract_version) {
  if (body.size() > kMostBytes) return nullptr;
  const std::uint64_t hash = hash_of(body, contract_version);
  Set& set = sets_[hash % sets_.size()];
  if (set[0].hash != hash) std::swap(set[0], set[1]);
  Slot& slot = set[0];
  if (slot.hash != hash) {
    slot.hash = hash;
    slot.kept.reset();
    return nullptr;
  }
  if (!slot.kept) slot.kept = std::make_unique<Kept>();
  return slot.kept.get();
}

}  // namespace mpsdscope

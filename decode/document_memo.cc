#include "decode/document_memo.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include "decode/words.h"

namespace mpsdscope {
namespace {

// Of length, version and every fourth word: documents that differ elsewhere alone share a place.
std::uint64_t hash_of(std::string_view body, int contract_version) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15U;
  constexpr std::size_t kStep = 4 * kWord;
  const auto with = [body](std::uint64_t hash, std::size_t at) {
    return std::rotl((hash ^ word_at(body, at)) * kOdd, 32);
  };
  // In two rows, of which neither waits for the other.
  std::uint64_t one = body.size() << 16 ^ static_cast<std::uint64_t>(contract_version);
  std::uint64_t other = 0;
  std::size_t at = 0;
  for (; at + kStep + kWord <= body.size(); at += 2 * kStep) {
    one = with(one, at);
    other = with(other, at + kStep);
  }
  if (at + kWord <= body.size()) one = with(one, at);
  return std::rotl((one ^ other * kOdd) * kOdd, 32);
}

}  // namespace

DocumentMemo::Kept* DocumentMemo::find(std::string_view body, int contract_version) {
  if (body.size() > kMostBytes) return nullptr;
  const std::uint64_t hash = hash_of(body, contract_version);
  Set& set = sets_[hash % sets_.size()];
  const auto known = std::find_if(set.begin(), std::prev(set.end()),
                                  [hash](const Slot& slot) { return slot.hash == hash; });
  std::rotate(set.begin(), known, std::next(known));
  Slot& slot = set.front();
  if (slot.hash != hash) {
    slot.hash = hash;
    slot.kept.reset();
    return nullptr;
  }
  if (!slot.kept) slot.kept = std::make_unique<Kept>();
  return slot.kept.get();
}

}  // namespace mpsdscope

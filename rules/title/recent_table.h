// What was seen lately, by key, in bounded memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "decode/flat_index.h"
#include "decode/time.h"

namespace mpsdscope {

// A hash table of entries that are looked up by a hash and recognised by a predicate over their own
// key; the lower 32 bits of the hash are compared already. An entry that was not looked up for
// longer than `horizon` is gone, unless it says that it is waited for. When `most` entries are
// there, a new one takes the place of one that was not looked up for some while (second chance, by
// a hand that goes round).
//
// Entry: default-constructible, with `void clear()`, which forgets it and keeps its memory, and
// `bool pinned(CaptureTime now) const`. References are valid until the entry is forgotten.
template <class Entry>
class RecentTable {
 public:
  RecentTable(std::size_t most, Duration horizon)
      : most_(std::max<std::size_t>(1, most)), horizon_(horizon) {}

  // nullptr if there is none.
  template <class Same>
  Entry* find(std::uint64_t hash, CaptureTime now, const Same& same) {
    const std::uint32_t number = number_of(hash, same);
    if (number == FlatIndex::kNone) return nullptr;
    Node& node = nodes_[number];
    if (is_over(node, now)) return nullptr;
    use(node, now);
    return &node.entry;
  }

  // The entry, and whether it is a new one: then its key is for the caller to fill in. `forget` is
  // called with an entry that is given up for want of room.
  template <class Same, class Forget>
  std::pair<Entry*, bool> obtain(std::uint64_t hash, CaptureTime now, const Same& same,
                                 const Forget& forget) {
    const std::uint32_t number = number_of(hash, same);
    if (number == FlatIndex::kNone) return {&add(hash, now, forget), true};
    Node& node = nodes_[number];
    const bool over = is_over(node, now);
    if (over) node.entry.clear();
    use(node, now);
    return {&node.entry, over};
  }
  template <class Same>
  std::pair<Entry*, bool> obtain(std::uint64_t hash, CaptureTime now, const Same& same) {
    return obtain(hash, now, same, [](const Entry& /*entry*/) {});
  }

  // Asks for the memory of where the next look-up by this hash finds its entry.
  void prefetch(std::uint64_t hash) const { index_.prefetch(hash); }
  // The entry that it is likely to find, nullptr if there is none: for the caller to ask for its
  // memory. (Done here, the compiler would leave out calls whose result is not used: to it, asking
  // for memory is no effect.)
  const Entry* guess(std::uint64_t hash) const {
    const std::uint32_t number = index_.guess(hash);
    return number == FlatIndex::kNone ? nullptr : &nodes_[number].entry;
  }

  // All entries, in no order that means anything.
  template <class F>
  void each(const F& f) {
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].live) f(nodes_[i].entry);
    }
  }

  std::size_t size() const { return nodes_.used(); }
  // Given up for want of room, though they were not over.
  std::uint64_t evicted() const { return evicted_; }

 private:
  // Most look-ups are misses of the cache: what nearly fills a line of it has one of its own.
  static constexpr std::size_t kLine = 64;
  static constexpr std::size_t kBytes = sizeof(CaptureTime) + sizeof(Entry) + 8;
  static constexpr std::size_t kAlignment = kBytes <= kLine && kBytes > kLine * 3 / 4
                                                ? kLine
                                                : alignof(CaptureTime);

  static constexpr std::uint32_t kAhead = 8;

  // What every look-up needs stands at the beginning, as it should in an entry.
  struct alignas(kAlignment) Node {
    CaptureTime used{};
    std::uint32_t tag = 0;  // of its hash, as the index has it
    bool live = false;
    bool referenced = false;
    Entry entry;
  };

  template <class Same>
  std::uint32_t number_of(std::uint64_t hash, const Same& same) const {
    return index_.find(hash, [&](std::uint32_t number) { return same(nodes_[number].entry); });
  }

  bool is_over(const Node& node, CaptureTime now) const {
    return now - node.used > horizon_ && !node.entry.pinned(now);
  }

  // A date that lies back makes nothing older.
  static void use(Node& node, CaptureTime now) {
    node.used = std::max(node.used, now);
    node.referenced = true;
  }

  template <class Forget>
  Entry& add(std::uint64_t hash, CaptureTime now, const Forget& forget) {
    for (int step = 0; step < 2 && nodes_.size() > 0; ++step) drop_if_over(now);
    if (!nodes_.has_free() && nodes_.size() >= most_) evict(now, forget);
    const std::uint32_t number = nodes_.take();
    Node& node = nodes_[number];
    node.tag = static_cast<std::uint32_t>(hash);
    node.used = now;
    node.live = node.referenced = true;
    index_.insert(hash, number);
    return node.entry;
  }

  // Asks for what dropping one of the next will need.
  std::uint32_t next_of_hand() {
    if (hand_ >= nodes_.size()) hand_ = 0;
    if (hand_ + kAhead < nodes_.size()) index_.prefetch(nodes_[hand_ + kAhead].tag);
    return hand_++;
  }

  void drop_if_over(CaptureTime now) {
    const std::uint32_t number = next_of_hand();
    const Node& node = nodes_[number];
    if (node.live && is_over(node, now)) drop(number);
  }

  template <class Forget>
  void evict(CaptureTime now, const Forget& forget) {
    while (!nodes_.has_free()) {
      const std::uint32_t number = next_of_hand();
      Node& node = nodes_[number];
      const bool over = is_over(node, now);
      if (!over && std::exchange(node.referenced, false)) continue;
      if (!over) {
        ++evicted_;
        forget(node.entry);
      }
      drop(number);
    }
  }

  void drop(std::uint32_t number) {
    Node& node = nodes_[number];
    index_.erase(node.tag, number);
    node.entry.clear();
    node.live = false;
    nodes_.give_back(number);
  }

  std::size_t most_;
  Duration horizon_;
  FlatIndex index_;
  Slab<Node> nodes_;
  std::uint32_t hand_ = 0;
  std::uint64_t evicted_ = 0;
};

}  // namespace mpsdscope

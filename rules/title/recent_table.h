// What was seen lately, by key, in bounded memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "decode/time.h"

namespace mpsdscope {

// A hash table of entries that are looked up by a hash and recognised by a predicate over their own
// key. An entry that was not looked up for longer than `horizon` is gone, unless it says that it
// is waited for. When `most` entries are there, a new one takes the place of one that was not
// looked up for some while (second chance, by a hand that goes round).
//
// Entry: default-constructible and movable, with `void clear()`, which forgets it and keeps its
// memory, and `bool pinned(CaptureTime now) const`. References are valid until the next call of
// obtain().
//
// Open addressing, linear probing: Knuth, The Art of Computer Programming, vol. 3, §6.4.
template <class Entry>
class RecentTable {
 public:
  RecentTable(std::size_t most, Duration horizon)
      : most_(std::max<std::size_t>(1, most)), horizon_(horizon), slots_(kLeastSlots) {}

  // nullptr if there is none.
  template <class Same>
  Entry* find(std::uint64_t hash, CaptureTime now, const Same& same) {
    for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
      const Slot slot = slots_[at];
      if (slot.node == 0) return nullptr;
      if (slot.tag != tag_of(hash)) continue;
      Node& node = nodes_[slot.node - 1];
      if (node.hash != hash || !same(std::as_const(node.entry))) continue;
      if (is_over(node, now)) return nullptr;
      node.used = now;
      node.referenced = true;
      return &node.entry;
    }
  }

  // The entry, and whether it is a new one: then its key is for the caller to fill in. `forget` is
  // called with an entry that is given up for want of room.
  template <class Same, class Forget>
  std::pair<Entry*, bool> obtain(std::uint64_t hash, CaptureTime now, const Same& same,
                                 const Forget& forget) {
    for (std::size_t at = hash & mask(); slots_[at].node != 0; at = (at + 1) & mask()) {
      if (slots_[at].tag != tag_of(hash)) continue;
      Node& node = nodes_[slots_[at].node - 1];
      if (node.hash != hash || !same(std::as_const(node.entry))) continue;
      const bool over = is_over(node, now);
      if (over) node.entry.clear();
      node.used = now;
      node.referenced = true;
      return {&node.entry, over};
    }
    return {&add(hash, now, forget), true};
  }
  template <class Same>
  std::pair<Entry*, bool> obtain(std::uint64_t hash, CaptureTime now, const Same& same) {
    return obtain(hash, now, same, [](const Entry& /*entry*/) {});
  }

  // All entries, in no order that means anything.
  template <class F>
  void each(const F& f) {
    for (Node& node : nodes_) {
      if (node.live) f(node.entry);
    }
  }

  std::size_t size() const { return nodes_.size() - free_.size(); }
  // Given up for want of room, though they were not over.
  std::uint64_t evicted() const { return evicted_; }

 private:
  static constexpr std::size_t kLeastSlots = 64;

  // What is looked at first stands first: most look-ups are misses of the cache.
  struct Node {
    std::uint64_t hash = 0;
    CaptureTime used{};
    bool live = false;
    bool referenced = false;
    Entry entry;
  };
  // Tells most keys apart without a look at their nodes.
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t node = 0;  // its index plus 1; 0: empty
  };

  std::size_t mask() const { return slots_.size() - 1; }
  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
  bool is_over(const Node& node, CaptureTime now) const {
    return now - node.used > horizon_ && !node.entry.pinned(now);
  }

  template <class Forget>
  Entry& add(std::uint64_t hash, CaptureTime now, const Forget& forget) {
    for (int step = 0; step < 2 && !nodes_.empty(); ++step) drop_if_over(now);
    if (free_.empty() && nodes_.size() >= most_) evict(now, forget);
    std::uint32_t index = 0;
    if (free_.empty()) {
      index = static_cast<std::uint32_t>(nodes_.size());
      nodes_.emplace_back();
    } else {
      index = free_.back();
      free_.pop_back();
    }
    Node& node = nodes_[index];
    node.hash = hash;
    node.used = now;
    node.live = node.referenced = true;
    if (size() * 2 > slots_.size()) {
      grow();
    } else {
      place(hash, index);
    }
    return node.entry;
  }

  void place(std::uint64_t hash, std::uint32_t index) {
    std::size_t at = hash & mask();
    while (slots_[at].node != 0) at = (at + 1) & mask();
    slots_[at] = {tag_of(hash), index + 1};
  }

  void grow() {
    slots_.assign(slots_.size() * 2, Slot());
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].live) place(nodes_[i].hash, static_cast<std::uint32_t>(i));
    }
  }

  std::size_t next_of_hand() {
    if (hand_ >= nodes_.size()) hand_ = 0;
    return hand_++;
  }

  void drop_if_over(CaptureTime now) {
    const std::size_t index = next_of_hand();
    const Node& node = nodes_[index];
    if (node.live && is_over(node, now)) drop(index);
  }

  template <class Forget>
  void evict(CaptureTime now, const Forget& forget) {
    while (free_.empty()) {
      const std::size_t index = next_of_hand();
      Node& node = nodes_[index];
      const bool over = is_over(node, now);
      if (!over && std::exchange(node.referenced, false)) continue;
      if (!over) {
        ++evicted_;
        forget(node.entry);
      }
      drop(index);
    }
  }

  void drop(std::size_t index) {
    Node& node = nodes_[index];
    std::size_t hole = node.hash & mask();
    while (slots_[hole].node != index + 1) hole = (hole + 1) & mask();
    // Move those back that stood behind the hole because their place was taken.
    for (std::size_t at = (hole + 1) & mask(); slots_[at].node != 0; at = (at + 1) & mask()) {
      const std::size_t home = nodes_[slots_[at].node - 1].hash & mask();
      if (((at - home) & mask()) < ((at - hole) & mask())) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = Slot();
    node.entry.clear();
    node.live = false;
    free_.push_back(static_cast<std::uint32_t>(index));
  }

  std::size_t most_;
  Duration horizon_;
  std::vector<Node> nodes_;
  std::vector<Slot> slots_;          // a power of two, at most half full
  std::vector<std::uint32_t> free_;  // nodes without an entry
  std::size_t hand_ = 0;
  std::uint64_t evicted_ = 0;
};

}  // namespace mpsdscope

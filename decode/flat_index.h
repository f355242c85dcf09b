// The slots of a hash table whose entries lie elsewhere, by number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

namespace mpsdscope {

// Maps hashes to the numbers of entries. Takes 16 to 32 bytes an entry; looking one up touches one
// line of the cache as a rule, and the entry only if 32 bits of its hash are the same.
//
// Open addressing, linear probing: Knuth, The Art of Computer Programming, vol. 3, §6.4.
class FlatIndex {
 public:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  FlatIndex() : slots_(kLeastSlots) {}

  // The entry with this hash of which `same`, called with its number, is true; else kNone.
  template <class Same>
  std::uint32_t find(std::uint64_t hash, const Same& same) const {
    const std::uint32_t tag = tag_of(hash);
    for (std::size_t at = tag & mask();; at = (at + 1) & mask()) {
      const Slot slot = slots_[at];
      if (slot.next_number == 0) return kNone;
      if (slot.tag == tag && same(slot.next_number - 1)) return slot.next_number - 1;
    }
  }
  // The number that is most likely looked up next by this hash; kNone if there is none.
  std::uint32_t guess(std::uint64_t hash) const {
    return find(hash, [](std::uint32_t /*number*/) { return true; });
  }
  // Asks for the memory that the next look-up by this hash needs.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[tag_of(hash) & mask()]); }

  void insert(std::uint64_t hash, std::uint32_t number) {
    if (++size_ * 2 > slots_.size()) grow();
    place({tag_of(hash), number + 1});
  }

  // The entry is there, and of its hash at least the lower 32 bits are given.
  void erase(std::uint64_t hash, std::uint32_t number) {
    std::size_t hole = tag_of(hash) & mask();
    while (slots_[hole].next_number != number + 1) hole = (hole + 1) & mask();
    // Move those back that stood behind the hole because their place was taken.
    for (std::size_t at = (hole + 1) & mask(); slots_[at].next_number != 0;
         at = (at + 1) & mask()) {
      const std::size_t home = slots_[at].tag & mask();
      if (((at - home) & mask()) < ((at - hole) & mask())) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = Slot();
    --size_;
  }

 private:
  static constexpr std::size_t kLeastSlots = 64;

  struct Slot {
    std::uint32_t tag = 0;          // the lower bits of the hash: where it belongs, and more
    std::uint32_t next_number = 0;  // the entry's number plus 1; 0: empty
  };

  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash); }
  std::size_t mask() const { return slots_.size() - 1; }

  void place(Slot slot) {
    std::size_t at = slot.tag & mask();
    while (slots_[at].next_number != 0) at = (at + 1) & mask();
    slots_[at] = slot;
  }

  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot slot : old) {
      if (slot.next_number != 0) place(slot);
    }
  }

  std::vector<Slot> slots_;  // a power of two, at most half full
  std::size_t size_ = 0;
};

// Entries by number, 0 and up. They stay where they are: growing copies nothing.
template <class T>
class Slab {
 public:
  T& operator[](std::uint32_t number) { return blocks_[number / kBlock][number % kBlock]; }
  const T& operator[](std::uint32_t number) const {
    return blocks_[number / kBlock][number % kBlock];
  }
  // How many there are, used ones and free ones.
  std::size_t size() const { return size_; }
  std::size_t used() const { return size_ - free_.size(); }
  bool has_free() const { return !free_.empty(); }

  // A free one as it was left, else a new one.
  std::uint32_t take() {
    if (!free_.empty()) {
      const std::uint32_t number = free_.back();
      free_.pop_back();
      return number;
    }
    if (size_ % kBlock == 0) blocks_.push_back(std::make_unique<T[]>(kBlock));
    return static_cast<std::uint32_t>(size_++);
  }
  void give_back(std::uint32_t number) { free_.push_back(number); }

 private:
  static constexpr std::uint32_t kBlock = 64;

  std::vector<std::unique_ptr<T[]>> blocks_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
};

}  // namespace mpsdscope

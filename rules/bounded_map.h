// A map of names to facts that holds a bounded number of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mpsdscope {

// Hashes std::string and std::string_view alike, so that looking up makes no string.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};

template <class Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

// Forgets the entry that came first when it is full. References stay valid until their entry is
// forgotten.
template <class Value>
class BoundedMap {
 public:
  explicit BoundedMap(std::size_t most) : most_(most) {}

  Value* find(std::string_view key) {
    const auto found = map_.find(key);
    return found == map_.end() ? nullptr : &found->second;
  }

  const Value* find(std::string_view key) const {
    const auto found = map_.find(key);
    return found == map_.end() ? nullptr : &found->second;
  }

  // The entry of `key`, made if there is none; nullptr if the map may hold nothing.
  Value* obtain(std::string_view key) {
    if (Value* found = find(key)) return found;
    if (most_ == 0) return nullptr;
    if (map_.size() == most_) {
      map_.erase(map_.find(*order_.front()));
      order_.pop_front();
      ++evicted_;
    }
    const auto entry = map_.try_emplace(std::string(key)).first;
    order_.push_back(&entry->first);
    return &entry->second;
  }

  std::size_t size() const { return map_.size(); }
  std::uint64_t evicted() const { return evicted_; }

 private:
  std::size_t most_;
  std::uint64_t evicted_ = 0;
  TextMap<Value> map_;
  std::deque<const std::string*> order_;  // keys in map_
};

}  // namespace mpsdscope

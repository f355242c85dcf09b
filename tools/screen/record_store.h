// The newest records of a log in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "tools/record.h"

namespace mpsdscope {

// Bytes that a record takes, its texts included.
std::size_t size_of(const Record& record);

// Texts longer than anybody reads, and lists of more findings, are cut: drawing stays fast whatever
// a log holds. Cut texts end in "…".
void shorten(Record& record);

// Records have numbers, from 0 in the order in which they came. Beyond either bound the oldest are
// forgotten; the newest one is always kept. They are shortened first.
class RecordStore {
 public:
  struct Bounds {
    std::size_t records = 50'000;
    std::size_t bytes = std::size_t{128} << 20;
  };

  RecordStore() = default;
  explicit RecordStore(const Bounds& bounds) : bounds_(bounds) {}

  void add(Record record);

  std::uint64_t begin() const { return begin_; }  // number of the oldest that is held
  std::uint64_t end() const { return begin_ + records_.size(); }
  bool holds(std::uint64_t number) const { return number >= begin() && number < end(); }
  const Record& operator[](std::uint64_t number) const {
    return records_[static_cast<std::size_t>(number - begin_)];
  }
  // Records of the same session have the same key, and 0 of none.
  std::uint64_t session_key(std::uint64_t number) const {
    return sessions_[static_cast<std::size_t>(number - begin_)];
  }
  std::size_t bytes() const { return bytes_; }

 private:
  Bounds bounds_;
  std::deque<Record> records_;
  std::deque<std::uint64_t> sessions_;  // apart, so that looking for a session is fast
  std::uint64_t begin_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace mpsdscope

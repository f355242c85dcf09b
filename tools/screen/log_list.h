// The list of records: which are in it, which one is selected, which are in sight.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "tools/filter/filter.h"
#include "tools/screen/record_store.h"

namespace mpsdscope {

// A problem to jump to: a finding, or an event that is a warning or an error.
bool is_problem(const Record& record);

// Records of rates are held but not listed: the titles' pane says what they say. Nor are those of
// waits that a violation tells of.
class LogList {
 public:
  using Number = std::uint64_t;  // of a record in the store

  explicit LogList(const RecordStore::Bounds& bounds) : store_(bounds) {}

  void add(Record record);
  const RecordStore& store() const { return store_; }

  // What does not match is not listed, or, with `show_all`, listed but not jumped to.
  void set_filter(Filter filter);
  void show_all(bool all);
  bool shows_all() const { return show_all_; }
  bool matches(Number number) const { return filter_.matches(store_[number]); }

  std::size_t size() const { return listed_.size(); }
  bool empty() const { return listed_.empty(); }
  Number number_at(std::size_t index) const { return listed_[index]; }
  std::optional<Number> selected() const { return selected_; }
  std::size_t selected_index() const;
  // Index of the record in the first row in sight.
  std::size_t top() const;
  std::size_t rows() const { return rows_; }
  void set_rows(std::size_t rows);

  // Selecting anything but the newest ends following.
  void move(std::ptrdiff_t by);
  void to_begin();
  void to_end();
  void select(Number number);
  void follow(bool on);
  bool follows() const { return follow_; }
  // The next one, from the selected on, in direction +1 or -1; false: there is none.
  bool to_match(int direction);
  bool to_problem(int direction);

  // While paused nothing is added to the list, nor lost for it.
  void pause(bool on);
  bool paused() const { return paused_at_.has_value(); }
  // Records that came since the pause began.
  std::uint64_t waiting() const { return paused_at_ ? store_.end() - *paused_at_ : 0; }

 private:
  bool is_listed(Number number) const;
  void list_again();
  void forget_old();
  void keep_in_sight();
  // Index of the first listed number that is not below.
  std::size_t index_from(Number number) const;
  template <class Wanted>
  bool jump(int direction, Wanted wanted);

  RecordStore store_;
  Filter filter_;
  bool show_all_ = false;
  std::deque<Number> listed_;  // ascending
  std::optional<Number> selected_;
  Number top_ = 0;
  std::size_t rows_ = 1;
  bool follow_ = true;
  std::optional<Number> paused_at_;
};

}  // namespace mpsdscope

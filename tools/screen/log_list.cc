#include "tools/screen/log_list.h"

#include <algorithm>
#include <utility>

#include "tools/record_text.h"

namespace mpsdscope {

bool is_problem(const Record& record) {
  return !record.findings.empty() || record.event_severity >= Severity::warning;
}

bool LogList::is_listed(Number number) const {
  const Record& record = store_[number];
  const bool told = record.kind != RecordKind::rates &&
                    (record.kind != RecordKind::conduct || !conduct_text(record).empty());
  return told && (show_all_ || filter_.matches(record));
}

void LogList::add(Record record) {
  store_.add(std::move(record));
  const Number number = store_.end() - 1;
  if (!paused() && is_listed(number)) listed_.push_back(number);
  forget_old();
  if (follow_ && !paused() && !listed_.empty()) {
    selected_ = listed_.back();
    keep_in_sight();
  } else if (!selected_ && !listed_.empty()) {
    selected_ = listed_.front();
  }
}

void LogList::forget_old() {
  while (!listed_.empty() && listed_.front() < store_.begin()) listed_.pop_front();
  if (!selected_ || store_.holds(*selected_)) return;
  selected_.reset();
  if (!listed_.empty()) selected_ = listed_.front();
}

void LogList::list_again() {
  listed_.clear();
  const Number end = paused_at_.value_or(store_.end());
  for (Number number = store_.begin(); number < end; ++number) {
    if (is_listed(number)) listed_.push_back(number);
  }
  if (listed_.empty()) {
    selected_.reset();
    return;
  }
  const std::size_t index = selected_ && !follow_ ? index_from(*selected_) : listed_.size();
  selected_ = listed_[std::min(index, listed_.size() - 1)];
  keep_in_sight();
}

void LogList::set_filter(Filter filter) {
  filter_ = std::move(filter);
  list_again();
}

void LogList::show_all(bool all) {
  show_all_ = all;
  list_again();
}

std::size_t LogList::index_from(Number number) const {
  return static_cast<std::size_t>(std::lower_bound(listed_.begin(), listed_.end(), number) -
                                  listed_.begin());
}

std::size_t LogList::selected_index() const {
  return selected_ ? index_from(*selected_) : 0;
}

std::size_t LogList::top() const {
  const std::size_t last = listed_.size() - std::min(listed_.size(), rows_);
  return std::min(index_from(top_), last);
}

void LogList::set_rows(std::size_t rows) {
  rows_ = std::max<std::size_t>(rows, 1);
  keep_in_sight();
}

void LogList::keep_in_sight() {
  if (listed_.empty()) return;
  const std::size_t index = selected_index();
  std::size_t first = top();
  if (index < first) first = index;
  if (index >= first + rows_) first = index - rows_ + 1;
  top_ = listed_[first];
}

void LogList::move(std::ptrdiff_t by) {
  if (listed_.empty()) return;
  const auto last = static_cast<std::ptrdiff_t>(listed_.size()) - 1;
  const auto now = static_cast<std::ptrdiff_t>(selected_index());
  select(listed_[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(now + by, 0, last))]);
}

void LogList::to_begin() {
  if (!listed_.empty()) select(listed_.front());
}

void LogList::to_end() {
  if (!listed_.empty()) select(listed_.back());
}

void LogList::select(Number number) {
  if (listed_.empty()) return;
  selected_ = listed_[std::min(index_from(number), listed_.size() - 1)];
  if (*selected_ != listed_.back()) follow_ = false;
  keep_in_sight();
}

void LogList::follow(bool on) {
  follow_ = on;
  if (on) pause(false);
  if (on) to_end();
}

template <class Wanted>
bool LogList::jump(int direction, Wanted wanted) {
  auto at = static_cast<std::ptrdiff_t>(selected_index()) + direction;
  for (; at >= 0 && at < static_cast<std::ptrdiff_t>(listed_.size()); at += direction) {
    const Number number = listed_[static_cast<std::size_t>(at)];
    if (!wanted(number)) continue;
    select(number);
    follow_ = false;
    return true;
  }
  return false;
}

bool LogList::to_match(int direction) {
  return jump(direction, [this](Number number) { return matches(number); });
}

bool LogList::to_problem(int direction) {
  return jump(direction, [this](Number number) { return is_problem(store_[number]); });
}

void LogList::pause(bool on) {
  if (on == paused()) return;
  if (on) {
    paused_at_ = store_.end();
    return;
  }
  const Number from = std::max(*paused_at_, store_.begin());
  paused_at_.reset();
  for (Number number = from; number < store_.end(); ++number) {
    if (is_listed(number)) listed_.push_back(number);
  }
  if (!selected_ && !listed_.empty()) selected_ = listed_.front();
  if (follow_) to_end();
}

}  // namespace mpsdscope

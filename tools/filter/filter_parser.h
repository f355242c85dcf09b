// From a filter's expression to what it does.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "tools/filter/filter.h"
#include "tools/filter/filter_terms.h"

namespace mpsdscope {

class FilterParser {
 public:
  explicit FilterParser(std::string_view text) : text_(text) {}
  std::variant<Filter, FilterError> parse();

 private:
  // Each takes what it is named after and appends what it does; false: error_ says why not.
  bool disjunction();
  bool conjunction();
  bool negation();
  // A part that is done only where the value so far does not decide.
  bool skippable(Filter::Step skip, bool (FilterParser::*part)());
  bool group();
  bool term();
  bool term_value(const FilterTerm& term);
  bool free_text();
  bool value(FilterValue& value);
  bool quoted(FilterValue& value);
  bool expression(FilterValue& value);

  void skip_spaces();
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  std::string_view word_ahead() const;
  // Takes that word ("and", in any case) if it comes next.
  bool take_word(std::string_view word);
  std::optional<FilterOperator> take_operator();

  void emit(Filter::Step step, std::size_t number = 0) {
    filter_.steps_.push_back({step, static_cast<std::uint32_t>(number)});
  }
  bool emit_test(Result<RecordTest> test, std::size_t at);
  bool fail(std::size_t at, std::string message);

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned depth_ = 0;
  Filter filter_;
  FilterError error_;
};

}  // namespace mpsdscope

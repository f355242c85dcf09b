#include "tools/filter/filter_parser.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "decode/ascii.h"
#include "tools/parse_value.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kOperators = ":=<>";
constexpr std::string_view kQuotingHint = "; in quotes it is searched for as text";

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool ends_word(char c) {
  return is_space(c) || c == '(' || c == ')' || c == '"';
}

bool is_name_char(char c) {
  const char small = to_lower(c);
  return (small >= 'a' && small <= 'z') || c == '-' || c == '_';
}

}  // namespace

std::variant<Filter, FilterError> FilterParser::parse() {
  if (text_.size() > Filter::kLongest) {
    return FilterError{"longer than " + std::to_string(Filter::kLongest) + " bytes",
                       Filter::kLongest};
  }
  skip_spaces();
  if (at_end()) return Filter();
  if (!disjunction()) return error_;
  if (!at_end()) return FilterError{"this ')' closes nothing", at_};
  return std::move(filter_);
}

bool FilterParser::disjunction() {
  if (!conjunction()) return false;
  while (take_word("or")) {
    const std::size_t skip = filter_.steps_.size();
    emit(Filter::Step::skip_if_true);
    if (!conjunction()) return false;
    filter_.steps_[skip].number = static_cast<std::uint32_t>(filter_.steps_.size());
  }
  return true;
}

bool FilterParser::conjunction() {
  if (!negation()) return false;
  for (skip_spaces(); !at_end() && peek() != ')'; skip_spaces()) {
    if (equals_ignoring_case(word_ahead(), "or")) return true;
    take_word("and");
    const std::size_t skip = filter_.steps_.size();
    emit(Filter::Step::skip_if_false);
    if (!negation()) return false;
    filter_.steps_[skip].number = static_cast<std::uint32_t>(filter_.steps_.size());
  }
  return true;
}

bool FilterParser::negation() {
  bool inverted = false;
  while (take_word("not")) inverted = !inverted;
  skip_spaces();
  if (!(peek() == '(' && !at_end() ? group() : term())) return false;
  if (inverted) emit(Filter::Step::invert);
  return true;
}

bool FilterParser::group() {
  const std::size_t opened = at_;
  if (++depth_ > Filter::kDeepest) {
    return fail(opened,
                "more than " + std::to_string(Filter::kDeepest) + " parentheses inside each other");
  }
  ++at_;
  if (!disjunction()) return false;
  skip_spaces();
  if (at_end()) return fail(opened, "this '(' is not closed");
  ++at_;
  --depth_;
  return true;
}

bool FilterParser::term() {
  const std::size_t begin = at_;
  if (at_end()) return fail(at_, "a term is missing here, such as row:429");
  if (peek() == ')') return fail(at_, "a term is missing before ')'");
  if (kOperators.find(peek()) != text_.npos) return fail(at_, "what is compared with this?");
  std::size_t end = at_;
  while (end < text_.size() && is_name_char(text_[end])) ++end;
  const std::string_view name = text_.substr(begin, end - begin);
  const FilterTerm* found = find_filter_term(name);
  std::size_t op = end;
  while (found && op < text_.size() && is_space(text_[op])) ++op;
  const bool compared = op < text_.size() && kOperators.find(text_[op]) != text_.npos;
  if (name.empty() || !compared) return free_text();
  at_ = op;
  if (found) return term_value(*found);
  std::vector<std::string_view> known;
  for (const FilterTerm& term : filter_terms()) known.push_back(term.name);
  std::string why = unknown_name("term", name, known);
  if (why.back() != '?') why += kQuotingHint;
  return fail(begin, std::move(why));
}

bool FilterParser::term_value(const FilterTerm& term) {
  const std::size_t begin = at_;
  const FilterOperator op = *take_operator();
  if (op > FilterOperator::is && !term.ordered) {
    return fail(begin, "'" + std::string(term.name) + "' has no order: it takes ':' or '='");
  }
  skip_spaces();
  const std::size_t value_begin = at_;
  FilterValue found;
  if (!value(found)) return false;
  if (found.text.empty()) {
    return fail(value_begin, "a value is missing here, such as " + std::string(term.example));
  }
  if (found.form == FilterValue::Form::expression && term.ordered) {
    return fail(value_begin, "'" + std::string(term.name) + "' does not take a regular expression");
  }
  return emit_test(term.compile({term, op, found}), value_begin);
}

bool FilterParser::free_text() {
  const std::size_t begin = at_;
  FilterValue found;
  if (!value(found)) return false;
  if (found.text.empty()) return fail(begin, "there is no text to search for");
  const bool word = found.form == FilterValue::Form::word;
  if (word && (equals_ignoring_case(found.text, "and") || equals_ignoring_case(found.text, "or"))) {
    return fail(begin, "a term is missing before '" + found.text + "'" + std::string(kQuotingHint));
  }
  return emit_test(compile_free_text(found), begin);
}

bool FilterParser::value(FilterValue& value) {
  if (peek() == '"') return quoted(value);
  if (peek() == '/') return expression(value);
  value.form = FilterValue::Form::word;
  value.text = word_ahead();
  at_ += value.text.size();
  return true;
}

bool FilterParser::quoted(FilterValue& value) {
  value.form = FilterValue::Form::quoted;
  const std::size_t begin = at_++;
  for (; !at_end() && peek() != '"'; ++at_) {
    if (peek() == '\\' && at_ + 1 < text_.size()) ++at_;
    value.text += peek();
  }
  if (at_end()) return fail(begin, "this quote is not closed");
  ++at_;
  return true;
}

bool FilterParser::expression(FilterValue& value) {
  value.form = FilterValue::Form::expression;
  const std::size_t begin = at_++;
  for (; !at_end() && peek() != '/'; ++at_) {
    if (peek() == '\\' && at_ + 1 < text_.size()) {
      if (text_[at_ + 1] != '/') value.text += '\\';
      ++at_;
    }
    value.text += peek();
  }
  if (at_end()) {
    return fail(begin,
                "this regular expression has no '/' at its end; a text that begins with "
                "'/' needs quotes");
  }
  ++at_;
  const std::string_view flags = word_ahead();
  if (flags != "" && flags != "i") {
    return fail(at_, "behind a regular expression only 'i' may stand; a '/' inside is written \\/");
  }
  value.ignoring_case = !flags.empty();
  at_ += flags.size();
  return true;
}

void FilterParser::skip_spaces() {
  while (!at_end() && is_space(peek())) ++at_;
}

std::string_view FilterParser::word_ahead() const {
  std::size_t end = at_;
  while (end < text_.size() && !ends_word(text_[end])) ++end;
  return text_.substr(at_, end - at_);
}

bool FilterParser::take_word(std::string_view word) {
  skip_spaces();
  if (!equals_ignoring_case(word_ahead(), word)) return false;
  at_ += word.size();
  return true;
}

std::optional<FilterOperator> FilterParser::take_operator() {
  constexpr std::array<std::pair<std::string_view, FilterOperator>, 6> kSpelled{
      {{"<=", FilterOperator::at_most},
       {">=", FilterOperator::at_least},
       {"<", FilterOperator::less},
       {">", FilterOperator::more},
       {":", FilterOperator::has},
       {"=", FilterOperator::is}}};
  for (const auto& [spelled, op] : kSpelled) {
    if (text_.substr(at_, spelled.size()) != spelled) continue;
    at_ += spelled.size();
    return op;
  }
  return std::nullopt;
}

bool FilterParser::emit_test(Result<RecordTest> test, std::size_t at) {
  if (!test) return fail(at, test.error().message);
  emit(Filter::Step::test, filter_.tests_.size());
  filter_.tests_.push_back(std::move(*test));
  return true;
}

bool FilterParser::fail(std::size_t at, std::string message) {
  error_ = {std::move(message), at};
  return false;
}

}  // namespace mpsdscope

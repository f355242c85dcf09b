#include "tools/filter/filter_parser.h"

#include <algorithm>
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

// Operators of other languages behind a term's name, and what is written here.
struct Foreign {
  std::string_view spelled;
  std::string_view begin, op, end;
};
constexpr std::array<Foreign, 7> kForeign{{{"!=", "not ", ":", ""},
                                           {"!:", "not ", ":", ""},
                                           {"!~", "not ", ":/", "/"},
                                           {"<>", "not ", ":", ""},
                                           {"=~", "", ":/", "/"},
                                           {"=>", "", ">=", ""},
                                           {"=<", "", "<=", ""}}};

const Foreign* foreign_at(std::string_view text) {
  const auto* found = std::find_if(kForeign.begin(), kForeign.end(), [&](const Foreign& one) {
    return text.substr(0, one.spelled.size()) == one.spelled;
  });
  return found == kForeign.end() ? nullptr : found;
}

// Words of other languages that join terms; "" of any other.
std::string_view joining_word(std::string_view word) {
  if (word == "&&" || word == "&") return "and";
  return word == "||" || word == "|" ? "or" : "";
}

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
    if (!skippable(Filter::Step::skip_if_true, &FilterParser::conjunction)) return false;
  }
  return true;
}

bool FilterParser::conjunction() {
  if (!negation()) return false;
  for (skip_spaces(); !at_end() && peek() != ')'; skip_spaces()) {
    if (equals_ignoring_case(word_ahead(), "or")) return true;
    take_word("and");
    if (!skippable(Filter::Step::skip_if_false, &FilterParser::negation)) return false;
  }
  return true;
}

bool FilterParser::skippable(Filter::Step skip, bool (FilterParser::*part)()) {
  const std::size_t at = filter_.steps_.size();
  emit(skip);
  if (!(this->*part)()) return false;
  filter_.steps_[at].number = static_cast<std::uint32_t>(filter_.steps_.size());
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
  const Foreign* foreign = foreign_at(text_.substr(op));
  const bool compared = op < text_.size() && kOperators.find(text_[op]) != text_.npos;
  if (name.empty() || !(compared || foreign)) return free_text();
  at_ = op;
  if (found && foreign) {
    at_ += foreign->spelled.size();
    skip_spaces();
    const std::string_view word = word_ahead();
    return fail(op, "'" + std::string(foreign->spelled) + "' is no operator; write " +
                        std::string(foreign->begin) + std::string(name) + std::string(foreign->op) +
                        (word.empty() ? "…" : std::string(word)) + std::string(foreign->end));
  }
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
    return fail(value_begin, "'" + std::string(term.name) +
                                 "' does not take a regular expression; write " +
                                 std::string(term.example) + ", or several terms with 'or'");
  }
  if (found.form == FilterValue::Form::word && found.text.front() == '!') {
    return fail(value_begin, "'!' is written not, before the term: not " + std::string(term.name) +
                                 ":" + found.text.substr(1));
  }
  filter_.has_terms_ = true;
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
  const std::string_view joining = word ? joining_word(found.text) : "";
  if (!joining.empty()) {
    return fail(begin, "write " + std::string(joining) + " for '" + found.text + "'" +
                           std::string(kQuotingHint));
  }
  if (word && found.text.front() == '!') {
    const std::string negated = found.text.size() == 1 ? "not" : "not " + found.text.substr(1);
    return fail(begin,
                "write " + negated + " for '" + found.text + "'" + std::string(kQuotingHint));
  }
  return emit_test(compile_free_text(found), begin);
}

bool FilterParser::value(FilterValue& value) {
  if (peek() == '"') return quoted(value);
  if (peek() == '/') return expression(value);
  value.form = FilterValue::Form::word;
  value.text = word_ahead();
  for (const std::string_view joined : {"&&", "||"}) {
    const std::size_t found = value.text.find(joined);
    if (found == value.text.npos || value.text.size() == joined.size()) continue;
    return fail(at_ + found, "write " + std::string(joining_word(joined)) + " for '" +
                                 std::string(joined) + "', between spaces" +
                                 std::string(kQuotingHint));
  }
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
  if (!flags.empty() && flags != "i") {
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
  constexpr std::array<std::pair<std::string_view, FilterOperator>, 7> kSpelled{
      {{"==", FilterOperator::is},
       {"<=", FilterOperator::at_most},
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

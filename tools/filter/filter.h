// The language that says which records are listed: "row:429 and not user:28146". Terms, operators
// and their meaning are one table (filter_terms.h), which `mpsdscope help filters` prints.
//
//   expression = conjunction *( "or" conjunction )
//   conjunction = negation *( [ "and" ] negation )
//   negation = *"not" ( "(" expression ")" / term )
//   term = NAME OPERATOR value / value        OPERATOR = ":" "=" "==" "<" "<=" ">" ">="
//   value = word / DQUOTE text DQUOTE / "/" regular expression "/" [ "i" ]
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tools/record.h"

namespace mpsdscope {

struct FilterError {
  std::string message;
  std::size_t at = 0;  // offset of the byte of the expression that it is about
};

// The expression, printable, and beneath it a caret at the error: two lines, indented.
std::string pointed_at(std::string_view expression, std::size_t at);

// Copies share what is compiled. Thread-safe once made.
class Filter {
 public:
  static constexpr std::size_t kLongest = 4'096;  // bytes of an expression
  static constexpr unsigned kDeepest = 64;        // parentheses

  // Matches every record.
  Filter() = default;
  // Of nothing but spaces as well.
  static std::variant<Filter, FilterError> parse(std::string_view expression);

  bool matches(const Record& record) const;
  bool matches_everything() const { return steps_.empty(); }
  // It asks for something by name ("row:429"), not only for text.
  bool has_terms() const { return has_terms_; }

 private:
  friend class FilterParser;
  enum class Step : std::uint8_t { test, invert, skip_if_true, skip_if_false };
  // One value is handed from step to step: a test sets it, a skip looks at it.
  struct Instruction {
    Step step;
    std::uint32_t number = 0;  // of the test; of the instruction to go on with
  };

  std::vector<Instruction> steps_;
  std::vector<std::function<bool(const Record&)>> tests_;
  bool has_terms_ = false;
};

}  // namespace mpsdscope

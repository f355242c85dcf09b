#include "tools/filter/filter.h"

#include "tools/escape.h"
#include "tools/filter/filter_parser.h"
#include "tools/text_width.h"

namespace mpsdscope {

std::string pointed_at(std::string_view expression, std::size_t at) {
  const std::string before = printable(expression.substr(0, at));
  return "  " + printable(expression) + "\n  " + std::string(columns_of(before), ' ') + "^\n";
}

std::variant<Filter, FilterError> Filter::parse(std::string_view expression) {
  return FilterParser(expression).parse();
}

bool Filter::matches(const Record& record) const {
  bool value = true;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Instruction& at = steps_[i];
    switch (at.step) {
      case Step::test:
        value = tests_[at.number](record);
        break;
      case Step::invert:
        value = !value;
        break;
      case Step::skip_if_true:
        if (value) i = at.number - 1;
        break;
      case Step::skip_if_false:
        if (!value) i = at.number - 1;
        break;
    }
  }
  return value;
}

}  // namespace mpsdscope

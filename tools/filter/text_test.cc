#include "tools/filter/text_test.h"

#include <algorithm>

#include <re2/re2.h>

#include "decode/ascii.h"
#include "rules/host_pattern.h"

namespace mpsdscope {
namespace {

constexpr std::int64_t kMostMemory = std::int64_t{1} << 20;  // of a regular expression

bool contains_ignoring_case(std::string_view text, std::string_view small) {
  const auto same = [](char a, char b) { return to_lower(a) == b; };
  return std::search(text.begin(), text.end(), small.begin(), small.end(), same) != text.end();
}

}  // namespace

TextTest::TextTest(Way way, std::string_view text) : way_(way), text_(lower_case(text)) {}

TextTest TextTest::contains(std::string_view text) {
  return {Way::contains, text};
}

TextTest TextTest::like(std::string_view pattern) {
  return {Way::like, pattern};
}

std::variant<TextTest, std::string> TextTest::matching(std::string_view expression,
                                                       bool ignoring_case) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(!ignoring_case);
  options.set_max_mem(kMostMemory);
  TextTest test(Way::matching, "");
  test.expression_ =
      std::make_shared<re2::RE2>(re2::StringPiece(expression.data(), expression.size()), options);
  if (!test.expression_->ok()) return test.expression_->error();
  return test;
}

bool TextTest::operator()(std::string_view text) const {
  if (text.empty()) return false;
  switch (way_) {
    case Way::contains:
      return contains_ignoring_case(text, text_);
    case Way::like:
      return matches_host(text_, text);
    case Way::matching:
      break;
  }
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *expression_);
}

}  // namespace mpsdscope

// What is asked of a text of a record.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace re2 {
class RE2;
}

namespace mpsdscope {

// Letters of ASCII are compared without case, but in regular expressions. A record that does not
// have the text ("") passes no test.
class TextTest {
 public:
  static TextTest contains(std::string_view text);
  // The whole text; '*' stands for any run of characters.
  static TextTest like(std::string_view pattern);
  // A regular expression (RE2) that matches anywhere. The sentence says what is wrong with it.
  static std::variant<TextTest, std::string> matching(std::string_view expression,
                                                      bool ignoring_case);

  bool operator()(std::string_view text) const;

 private:
  enum class Way : unsigned char { contains, like, matching };
  TextTest(Way way, std::string_view text);

  Way way_;
  std::string text_;  // in lower case
  std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace mpsdscope

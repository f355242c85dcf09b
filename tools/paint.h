// Colours of a terminal (ECMA-48 SGR), or none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rules/rule_table.h"

namespace mpsdscope {

enum class Style : std::uint8_t {
  plain,
  bold,
  dim,
  red,
  green,
  yellow,
  blue,
  magenta,
  cyan,
  bold_red,
  bold_green
};

class Paint {
 public:
  explicit Paint(bool colour) : colour_(colour) {}
  void begin(std::string& out, Style style) const;
  void end(std::string& out, Style style) const;
  void append(std::string& out, Style style, std::string_view text) const {
    begin(out, style);
    out.append(text);
    end(out, style);
  }

 private:
  bool colour_;
};

Style style_of(Severity severity);

}  // namespace mpsdscope

#include "tools/text_width.h"

#include <algorithm>

#include <locale.h>
#include <wchar.h>

#include "tools/utf8.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kEllipsis = "…";

// wcwidth asks the thread's locale; the program's own locale stays "C".
class Utf8Locale {
 public:
  Utf8Locale() : previous_(utf8() == locale_t{} ? locale_t{} : uselocale(utf8())) {}
  ~Utf8Locale() {
    if (previous_ != locale_t{}) uselocale(previous_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  static locale_t utf8() {
    static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{});
    return locale;
  }
  locale_t previous_;
};

std::size_t printed_columns(char32_t code) {
  return static_cast<std::size_t>(std::max(0, columns_of(code)));
}

// Bytes of the longest beginning of `text` of at most `width` columns.
std::size_t fitting_prefix(std::string_view text, std::size_t width) {
  std::size_t used = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const CodePoint code = code_point_at(text, at);
    used += printed_columns(code.value);
    if (used > width) break;
    at += code.length;
  }
  return at;
}

// Where the longest end of `text` of at most `width` columns begins.
std::size_t fitting_suffix(std::string_view text, std::size_t width) {
  std::size_t begin = 0;
  for (std::size_t total = columns_of(text); total > width;) {
    const CodePoint code = code_point_at(text, begin);
    total -= printed_columns(code.value);
    begin += code.length;
  }
  return begin;
}

}  // namespace

int columns_of(char32_t code) {
  if (code < 0x7F) return code < 0x20 ? -1 : 1;
  const Utf8Locale use;
  return wcwidth(static_cast<wchar_t>(code));
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint code = code_point_at(text, at);
    columns += printed_columns(code.value);
    at += code.length;
  }
  return columns;
}

// No character takes more columns than bytes, so a text of few bytes fits without counting.
std::string cut_end(std::string_view text, std::size_t width) {
  if (text.size() <= width || columns_of(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::string cut(text.substr(0, fitting_prefix(text, width - 1)));
  return cut.append(kEllipsis);
}

std::string cut_begin(std::string_view text, std::size_t width) {
  if (text.size() <= width || columns_of(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::string cut(kEllipsis);
  return cut.append(text.substr(fitting_suffix(text, width - 1)));
}

std::string cut_middle(std::string_view text, std::size_t width) {
  if (text.size() <= width || columns_of(text) <= width) return std::string(text);
  if (width == 0) return {};
  const std::size_t front = (width - 1) / 2;
  std::string cut(text.substr(0, fitting_prefix(text, front)));
  cut.append(kEllipsis);
  return cut.append(text.substr(fitting_suffix(text, width - 1 - front)));
}

void append_left(std::string& out, std::string_view text, std::size_t width) {
  out.append(text);
  const std::size_t columns = columns_of(text);
  if (columns < width) out.append(width - columns, ' ');
}

void append_right(std::string& out, std::string_view text, std::size_t width) {
  const std::size_t columns = columns_of(text);
  if (columns < width) out.append(width - columns, ' ');
  out.append(text);
}

std::vector<std::string> wrap_words(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (width > 0) {
    const std::size_t whole = fitting_prefix(text, width);
    if (whole == text.size()) break;
    const std::size_t fits = std::max<std::size_t>(whole, 1);
    std::size_t end = fits;
    if (text[fits] != ' ') {
      const std::size_t space = text.substr(0, fits).rfind(' ');
      if (space != std::string_view::npos && space > 0) end = space;
    }
    // A single character wider than the line stays whole.
    if (fits == 1) end = code_point_at(text, 0).length;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(' ', end)));
  }
  if (!text.empty() || lines.empty()) lines.emplace_back(text);
  return lines;
}

}  // namespace mpsdscope

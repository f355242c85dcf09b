#include "tools/pretty_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "tools/text_width.h"

namespace mpsdscope {

std::string thousands(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string counted(std::uint64_t count, std::string_view noun) {
  std::string text = thousands(count) + " " + std::string(noun);
  if (count != 1) text += "s";
  return text;
}

std::string counted_words(std::uint64_t count, std::string_view words) {
  std::string text = thousands(count) + " ";
  if (count != 1) return text.append(words);
  // The first word that ends in "s" is the noun; what follows says "are" of it or nothing.
  std::size_t end = words.find("s ");
  if (end == std::string_view::npos) end = words.size() - 1;
  std::string_view noun = words.substr(0, end);
  const bool body = noun.size() >= 2 && noun.substr(noun.size() - 2) == "ie";
  if (body) noun.remove_suffix(2);
  text.append(noun);
  if (body) text += 'y';
  text.append(words.substr(end + 1));
  if (const std::size_t are = text.find(" that are "); are != std::string::npos) {
    text.replace(are, 10, " that is ");
  }
  return text;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

std::string share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  return fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

void append_heading(std::string& out, const PrettyOptions& options, std::string_view text) {
  out += '\n';
  append_paragraph(out, options, 0, Style::bold, text);
}

void append_paragraph(std::string& out, const PrettyOptions& options, std::size_t indent,
                      Style style, std::string_view text) {
  const Paint paint(options.colour);
  const std::size_t room = options.width - std::min(options.width, indent);
  for (const std::string& line :
       wrap_words(text, options.wrap ? std::max<std::size_t>(room, 1) : 0)) {
    out.append(std::min(indent, options.width), ' ');
    paint.append(out, style, line);
    out += '\n';
  }
}

}  // namespace mpsdscope

#include "tools/metrics/exposition.h"

#include <array>
#include <charconv>

namespace mpsdscope {
namespace {

constexpr std::string_view kPrefix = "mpsdscope_";

std::string_view name_of(MetricKind kind) {
  constexpr std::array<std::string_view, 4> kNames{"counter", "gauge", "histogram", "summary"};
  return kNames[static_cast<std::size_t>(kind)];
}

// Of label values; of help texts only \ and the end of line are.
void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '"':
        out += "\\\"";
        break;
      case '\n':
        out += "\\n";
        break;
      default:
        out += c;
    }
  }
}

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> digits;
  const auto done = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), done.ptr);
}

}  // namespace

void Exposition::begin_family(std::string_view name, MetricKind kind, std::string_view help) {
  name_.assign(kPrefix).append(name);
  text_.append("# HELP ").append(name_).append(" ").append(help) += '\n';
  text_.append("# TYPE ").append(name_).append(" ").append(name_of(kind)) += '\n';
}

void Exposition::begin_sample(std::string_view suffix, std::initializer_list<Label> labels) {
  text_.append(name_).append(suffix);
  char before = '{';
  for (const auto& [name, value] : labels) {
    (text_ += before).append(name) += "=\"";
    append_escaped(text_, value);
    text_ += '"';
    before = ',';
  }
  if (before == ',') text_ += '}';
  text_ += ' ';
}

void Exposition::add(std::string_view suffix, std::initializer_list<Label> labels,
                     std::uint64_t value) {
  begin_sample(suffix, labels);
  append_number(text_, value);
  text_ += '\n';
}

void Exposition::add(std::string_view suffix, std::initializer_list<Label> labels, double value) {
  begin_sample(suffix, labels);
  append_number(text_, value);
  text_ += '\n';
}

}  // namespace mpsdscope

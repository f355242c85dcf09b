#include "tools/screen/json_layout.h"

#include <algorithm>

#include "decode/json_text.h"
#include "tools/escape.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kDeepest = 20;  // levels that are indented
constexpr std::string_view kMore = "… more lines, not shown";

// In JSON a backslash needs no escape of ours: controls cannot stand behind it.
void append_token(std::string& out, std::string_view token) {
  for (std::size_t end = 0; !token.empty(); token.remove_prefix(end)) {
    end = token.find('\\');
    if (end == 0) {
      out += '\\';
      end = 1;
      continue;
    }
    end = std::min(end, token.size());
    append_printable(out, token.substr(0, end));
  }
}

class JsonLayout {
 public:
  JsonLayout(std::string_view text, std::size_t most) : text_(text), most_(most) {}

  std::vector<std::string> lines() {
    while (at_ < text_.size() && lines_.size() < most_) step();
    if (at_ < text_.size()) {
      lines_.back() = kMore;
    } else if (!line_.empty()) {
      end_line();
    }
    return std::move(lines_);
  }

 private:
  void step() {
    const char c = text_[at_];
    switch (c) {
      case ' ':
      case '\t':
      case '\n':
      case '\r':
        ++at_;
        return;
      case '{':
      case '[':
        return open(c);
      case '}':
      case ']':
        return close();
      case ',':
        take(1);
        return end_line();
      case ':':
        take(1);
        line_ += ' ';
        return;
      default:
        return take(token_length());
    }
  }

  void open(char bracket) {
    take(1);
    ++depth_;
    const std::size_t next = text_.find_first_not_of(" \t\r\n", at_);
    const char partner = bracket == '{' ? '}' : ']';
    if (next != text_.npos && text_[next] == partner) {
      line_ += partner;
      --depth_;
      at_ = next + 1;
      return;
    }
    end_line();
  }

  void close() {
    if (!line_.empty()) end_line();
    if (depth_ > 0) --depth_;
    take(1);
  }

  // A string with its quotes, or what stands up to the next punctuation.
  std::size_t token_length() const {
    if (text_[at_] != '"') {
      const std::size_t end = text_.find_first_of(" \t\r\n{}[],:\"", at_ + 1);
      return std::min(end, text_.size()) - at_;
    }
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    return std::min(end + 1, text_.size()) - at_;
  }

  void take(std::size_t length) {
    if (line_.empty()) line_.assign(2 * std::min(depth_, kDeepest), ' ');
    append_token(line_, text_.substr(at_, length));
    at_ += length;
  }

  void end_line() {
    lines_.push_back(std::move(line_));
    line_.clear();
  }

  std::string_view text_;
  std::size_t most_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::string line_;
  std::vector<std::string> lines_;
};

std::vector<std::string> plain_lines(std::string_view text, std::size_t most) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    if (lines.size() == most) {
      lines.back() = kMore;
      break;
    }
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.push_back(printable(line));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

std::vector<std::string> json_lines(std::string_view text, std::size_t most) {
  const std::string_view trimmed = trim_json(text);
  const bool structured = !trimmed.empty() && (trimmed.front() == '{' || trimmed.front() == '[');
  return structured ? JsonLayout(trimmed, most).lines() : plain_lines(text, most);
}

}  // namespace mpsdscope

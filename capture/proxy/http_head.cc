#include "capture/proxy/http_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "decode/ascii.h"
#include "decode/http_fields.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kEnd = "\r\n\r\n";

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
// RFC 9110 §5.5: visible, obs-text, SP, HTAB.
bool is_value_char(char c) {
  return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t';
}

Result<HeadField> parse_field(std::string_view line) {
  const std::string_view text = line.substr(0, line.size() - 2);
  if (text.front() == ' ' || text.front() == '\t') {
    return Error{"a field goes on over a line end (obs-fold, RFC 9112 §5.2)"};
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return Error{"a field line has no colon"};
  const std::string_view name = text.substr(0, colon);
  if (!is_token(name)) {
    return Error{
        "a field name holds a character that is none of a token, or is empty (RFC 9112 §5.1)"};
  }
  const std::string_view value = text.substr(colon + 1);
  if (!std::all_of(value.begin(), value.end(), is_value_char)) {
    return Error{"a field holds a control character, such as a bare CR or LF (RFC 9110 §5.5)"};
  }
  return HeadField{name, trim_ows(value), line};
}

// HTTP/1.0 or HTTP/1.1: the minor version; nullopt if it is another.
std::optional<unsigned> parse_version(std::string_view text) {
  if (text == "HTTP/1.1") return 1;
  if (text == "HTTP/1.0") return 0;
  return std::nullopt;
}

}  // namespace

bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_digit(c) || is_letter(c) || kOthers.find(c) != std::string_view::npos;
  });
}

std::size_t head_length(std::string_view text, std::size_t& scanned) {
  while (true) {
    const std::size_t lf = text.find('\n', scanned);
    if (lf == std::string_view::npos) break;
    if (lf == 0 || text[lf - 1] != '\r') return std::string_view::npos;
    scanned = lf + 1;
    if (text.substr(0, scanned).ends_with(kEnd)) return scanned;
  }
  scanned = text.size();
  return 0;
}

Result<HttpHead> parse_head(std::string_view head) {
  HttpHead parsed;
  bool first = true;
  while (head.substr(0, 2) != "\r\n") {
    const std::size_t end = head.find("\r\n");
    if (end == std::string_view::npos) return Error{"a line has no end"};
    const std::string_view line = head.substr(0, end + 2);
    head.remove_prefix(line.size());
    if (first) {
      parsed.start_line = line.substr(0, end);
      first = false;
      continue;
    }
    Result<HeadField> field = parse_field(line);
    if (!field) return field.error();
    parsed.fields.push_back(*field);
  }
  return parsed;
}

std::size_t HttpHead::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      fields.begin(), fields.end(),
      [&](const HeadField& field) { return equals_ignoring_case(field.name, name); }));
}

std::string_view HttpHead::field(std::string_view name) const {
  const auto is = [&](const HeadField& field) { return equals_ignoring_case(field.name, name); };
  const auto found = std::find_if(fields.begin(), fields.end(), is);
  if (found == fields.end() || std::any_of(found + 1, fields.end(), is)) return {};
  return found->value;
}

bool HttpHead::lists(std::string_view name, std::string_view token) const {
  for (const HeadField& field : fields) {
    if (!equals_ignoring_case(field.name, name)) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (equals_ignoring_case(trim_ows(rest.substr(0, comma)), token)) return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

Result<RequestLine> parse_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return Error{"the first line is not METHOD TARGET HTTP/1.1"};
  }
  RequestLine request;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  if (!is_token(request.method)) return Error{"the method is not a token (RFC 9112 §3.1)"};
  const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
  if (request.target.empty() ||
      !std::all_of(request.target.begin(), request.target.end(), visible)) {
    return Error{"the request target holds a character that no URI has (RFC 9112 §3.2)"};
  }
  const std::optional<unsigned> minor = parse_version(line.substr(last + 1));
  if (!minor) return Error{"the version is neither HTTP/1.1 nor HTTP/1.0"};
  request.minor = *minor;
  return request;
}

Result<StatusLine> parse_status_line(std::string_view line) {
  const std::optional<unsigned> minor = parse_version(line.substr(0, 8));
  const std::string_view code = line.substr(std::min<std::size_t>(line.size(), 9), 3);
  const bool digits = code.size() == 3 && std::all_of(code.begin(), code.end(), is_digit);
  if (!minor || line.size() < 12 || line[8] != ' ' || !digits || code[0] == '0' ||
      (line.size() > 12 && line[12] != ' ') ||
      !std::all_of(line.begin(), line.end(), is_value_char)) {
    return Error{"the first line is not HTTP/1.1 STATUS REASON (RFC 9112 §4)"};
  }
  return StatusLine{*minor, (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0')};
}

}  // namespace mpsdscope

#include "tools/redact_multipart.h"

#include <algorithm>
#include <cstddef>

#include "decode/ascii.h"
#include "tools/redact.h"
#include "tools/redact_body.h"
#include "tools/secret_names.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kLongestBoundary = 70 + 2;  // RFC 2046 §5.1.1, and the two hyphens before it

constexpr std::string_view kDisposition = "content-disposition:";

std::string_view skip_line_breaks(std::string_view body) {
  return body.substr(std::min(body.find_first_not_of("\r\n"), body.size()));
}

// The first line: "--" and the boundary, without the line's end.
std::string_view delimiter_of(std::string_view body) {
  const std::string_view line = body.substr(0, body.find_first_of("\r\n"));
  const bool fits = line.size() > 2 && line.size() <= kLongestBoundary && line.size() < body.size();
  return fits && line.starts_with("--") ? line : std::string_view();
}

// What follows the name of that field in a part's head, or in several: of its first line.
std::string_view disposition_of(std::string_view head) {
  for (std::size_t at = 0; at < head.size();
       at = std::min(head.find('\n', at), head.size() - 1) + 1) {
    const std::string_view rest = head.substr(at);
    if (begins_ignoring_case(rest, kDisposition)) {
      return rest.substr(kDisposition.size(), rest.find('\n') - kDisposition.size());
    }
  }
  return {};
}

// Behind the empty line after a part's header fields; the part's end if there is none.
std::size_t content_of(std::string_view part) {
  const std::size_t crlf = part.find("\r\n\r\n");
  const std::size_t lf = part.find("\n\n");
  if (crlf < lf) return crlf + 4;
  return lf == part.npos ? part.size() : lf + 2;
}

// Behind the quoted string, or the token, that a text begins with.
std::size_t end_of_value(std::string_view text) {
  if (!text.starts_with('"')) return std::min(text.find_first_of("; \t\r\n"), text.size());
  std::size_t at = 1;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text.size());
}

// The parameter `name` of a disposition: of what is a field of the form, not of a file.
std::string_view name_of(std::string_view disposition) {
  constexpr std::string_view kName = "name=";
  bool begins = false;
  while (!disposition.empty()) {
    if (begins && begins_ignoring_case(disposition, kName)) {
      disposition.remove_prefix(kName.size());
      const std::string_view value = disposition.substr(0, end_of_value(disposition));
      const bool quoted = value.size() >= 2 && value.starts_with('"');
      return quoted ? value.substr(1, value.size() - 2) : value;
    }
    const char c = disposition.front();
    begins = c == ';' || c == ' ' || c == '\t';
    disposition.remove_prefix(c == '"' ? end_of_value(disposition) : 1);
  }
  return {};
}

void append_part(std::string& out, std::string_view part) {
  const std::size_t begin = content_of(part);
  const std::string_view head = part.substr(0, begin);
  out.append(redacted_text(head));
  std::string_view content = part.substr(begin);
  const std::size_t end = content.find_last_not_of("\r\n") + 1;  // the line break is the boundary's
  const std::string_view line_break = content.substr(end);
  content = content.substr(0, end);
  const bool secret = !content.empty() &&
                      hides_text(secrecy_of(form_decode(name_of(disposition_of(head)))), content);
  if (secret) {
    out.append(kRedacted);
  } else {  // what is nested is free text: its depth is the sender's
    out.append(is_multipart(content) ? redacted_text(content) : redacted_body(content));
  }
  out.append(line_break);
}

}  // namespace

bool is_multipart(std::string_view body) {
  body = skip_line_breaks(body);
  return !delimiter_of(body).empty() && !disposition_of(body).empty();
}

std::string redacted_multipart(std::string_view body) {
  const std::string_view rest = skip_line_breaks(body);
  std::string out(body.substr(0, body.size() - rest.size()));
  const std::string_view delimiter = delimiter_of(rest);
  const std::string next_line = "\n" + std::string(delimiter);
  out.append(delimiter);
  for (body = rest.substr(delimiter.size()); !body.empty();) {
    const std::size_t end = body.find(next_line);
    if (end == body.npos) {
      append_part(out, body);
      break;
    }
    append_part(out, body.substr(0, end + 1));
    out.append(delimiter);
    body.remove_prefix(end + next_line.size());
  }
  return out;
}

}  // namespace mpsdscope

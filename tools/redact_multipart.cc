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

// The first line: "--" and the boundary, without the line's end.
std::string_view delimiter_of(std::string_view body) {
  const std::string_view line = body.substr(0, body.find_first_of("\r\n"));
  const bool fits = line.size() > 2 && line.size() <= kLongestBoundary && line.size() < body.size();
  return fits && line.starts_with("--") ? line : std::string_view();
}

// Behind the empty line after a part's header fields; the part's end if there is none.
std::size_t content_of(std::string_view part) {
  const std::size_t crlf = part.find("\r\n\r\n");
  const std::size_t lf = part.find("\n\n");
  if (crlf < lf) return crlf + 4;
  return lf == part.npos ? part.size() : lf + 2;
}

// `name="…"` of Content-Disposition: of what is a field of the form, not of a file.
std::string_view name_of(std::string_view head) {
  constexpr std::string_view kName = "name=";
  for (std::size_t at = 0; at + kName.size() < head.size(); ++at) {
    const bool word = at == 0 || head[at - 1] == ' ' || head[at - 1] == ';' || head[at - 1] == '\t';
    if (!word || !begins_ignoring_case(head.substr(at), kName)) continue;
    std::string_view value = head.substr(at + kName.size());
    if (!value.starts_with('"')) return value.substr(0, value.find_first_of("; \t\r\n"));
    value.remove_prefix(1);
    return value.substr(0, value.find('"'));
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
  const bool secret =
      !content.empty() && hides_text(secrecy_of(form_decode(name_of(head))), content);
  if (secret) {
    out.append(kRedacted);
  } else {  // what is nested is free text: its depth is the sender's
    out.append(is_multipart(content) ? redacted_text(content) : redacted_body(content));
  }
  out.append(line_break);
}

}  // namespace

bool is_multipart(std::string_view body) {
  const std::string_view delimiter = delimiter_of(body);
  if (delimiter.empty()) return false;
  const std::size_t head = body.find_first_not_of("\r\n", delimiter.size());
  return head != body.npos && begins_ignoring_case(body.substr(head), "content-");
}

std::string redacted_multipart(std::string_view body) {
  const std::string_view delimiter = delimiter_of(body);
  std::string out;
  while (!body.empty()) {
    out.append(delimiter);
    body.remove_prefix(delimiter.size());
    const std::size_t next = std::min(body.find(delimiter), body.size());
    append_part(out, body.substr(0, next));
    body.remove_prefix(next);
    if (body.empty()) break;
  }
  return out;
}

}  // namespace mpsdscope

#include "tools/pretty_conduct.h"

#include <fmt/format.h>

#include "tools/pretty_text.h"

namespace mpsdscope {

void append_conduct(std::string& out, const PrettyOptions& options, const Conduct& conduct) {
  if (conduct.end != ConductEnd::honoured) return;
  std::string text = fmt::format(
      "Retry-After honoured: {} s asked by the {} of {} (conn {}, stream {}), waited {}",
      conduct.retry_after_s, conduct.status, time_of_day(conduct.answer.ts), conduct.answer.conn,
      conduct.answer.stream, duration_text(conduct.after));
  if (conduct.automatic == true) text += ", by the client library";
  append_paragraph(out, options, kRemarkIndent, Style::dim, text);
}

}  // namespace mpsdscope

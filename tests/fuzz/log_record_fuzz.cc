// A filter in the first line, a log behind it: whatever they are, what is shown of them is safe.
// The same bytes as a body: it can be taken apart.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tools/filter/filter.h"
#include "tools/pretty_line.h"
#include "tools/record.h"
#include "tools/redact_body.h"
#include "tools/tail/tail_output.h"
#include "tools/utf8.h"

namespace {

using namespace mpsdscope;

void check_safe(std::string_view shown) {
  for (std::size_t at = 0; at < shown.size();) {
    const CodePoint code = code_point_at(shown, at);
    if (!code.valid || (is_invisible_control(code.value) && code.value != '\n')) std::abort();
    at += code.length;
  }
}

void check_filter(std::string_view expression, Filter& filter) {
  auto parsed = Filter::parse(expression);
  if (const auto* error = std::get_if<FilterError>(&parsed)) {
    if (error->at > expression.size()) std::abort();
    check_safe(pointed_at(expression, error->at));
  } else {
    filter = std::get<Filter>(std::move(parsed));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(redacted_body(text));

  Filter filter;
  const std::size_t first = std::min(text.find('\n'), text.size());
  check_filter(text.substr(0, first), filter);
  text.remove_prefix(std::min(first + 1, text.size()));

  PrettyOptions options;
  options.width = 20 + size % 120;
  options.wrap = size % 2 == 0;
  PrettyLines lines(options);
  RecordReader reader;
  Record record;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!reader.read(line, record)) continue;
    std::string shown;
    if (filter.matches(record)) lines.append(shown, record);
    append_log_line(shown, line);
    check_safe(shown);
  }
  return 0;
}

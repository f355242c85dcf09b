#include "tools/title_names.h"

#include <algorithm>
#include <utility>

#include "rules/call.h"
#include "tools/escape.h"
#include "tools/text_width.h"

namespace mpsdscope {
namespace {

TitleNames& all_names() {
  static TitleNames names;
  return names;
}

}  // namespace

void set_title_names(TitleNames names) {
  all_names() = std::move(names);
}

std::string_view title_name(std::uint32_t title_id) {
  const auto found = all_names().find(title_id);
  return found == all_names().end() ? std::string_view() : found->second;
}

std::size_t widest_title_name() {
  std::size_t widest = 0;
  for (const auto& [id, name] : all_names()) {
    widest = std::max(widest, columns_of(printable(name)));
  }
  return widest;
}

std::string short_title(std::optional<std::uint32_t> title_id) {
  if (!title_id) return "unknown";
  const std::string_view name = title_name(*title_id);
  return name.empty() ? format_title_id(*title_id) : printable(name);
}

}  // namespace mpsdscope

// The names that the configuration gives to titles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mpsdscope {

using TitleNames = std::map<std::uint32_t, std::string>;

// From now on, for the whole program; called before there are other threads.
void set_title_names(TitleNames names);

// "" if it has none.
std::string_view title_name(std::uint32_t title_id);
// Columns of the widest one, 0 without any.
std::size_t widest_title_name();

// For a person, printable: the name, else the id; "unknown" without an id.
std::string short_title(std::optional<std::uint32_t> title_id);

}  // namespace mpsdscope

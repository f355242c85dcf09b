// A small bar that shows how much of something is used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace mpsdscope {

// `width` columns, filled in proportion, full at `whole` and above; at least a mark if there is any
// part. With `ascii` of "#" and ".", else of block elements (U+2588 and on), which show eighths.
std::string bar(std::uint64_t part, std::uint64_t whole, std::size_t width, bool ascii);

}  // namespace mpsdscope

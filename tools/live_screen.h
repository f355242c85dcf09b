// The pretty log of a live run: it shows what the reader can take and never makes traffic wait.
#pragma once

#include <memory>

#include "tools/filter/filter.h"
#include "tools/live_output.h"
#include "tools/pretty_line.h"

namespace mpsdscope {

// Lists what the filter matches. Lines that find no room in the queue are counted, and the next
// line says how many are missing; the report at the end is always written.
std::unique_ptr<LiveOutput> make_live_screen(int fd, const PrettyOptions& options,
                                             const Filter& filter = {},
                                             std::size_t queue_bytes = std::size_t{8} << 20);

}  // namespace mpsdscope

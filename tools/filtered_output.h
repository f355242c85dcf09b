// An output that lists only what a filter matches. Rates and the end are told as without it.
#pragma once

#include <memory>

#include "tools/filter/filter.h"
#include "tools/output.h"

namespace mpsdscope {

// `output` itself if the filter matches everything.
std::unique_ptr<Output> make_filtered_output(std::unique_ptr<Output> output, const Filter& filter);

}  // namespace mpsdscope

// For people: a line per exchange as it comes, tables and summary at the end.
#pragma once

#include <memory>

#include "tools/output.h"
#include "tools/pretty_line.h"
#include "tools/text_sink.h"

namespace mpsdscope {

// The sink outlives the output. `live`: throttled titles are named at every interval of rates.
std::unique_ptr<Output> make_pretty_output(TextSink& sink, const PrettyOptions& options, bool live);

}  // namespace mpsdscope

// The log: JSON lines, one record a line. Every field is described in tools/LOG.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/jsonl_messages.h"
#include "tools/output.h"
#include "tools/text_sink.h"

namespace mpsdscope {

// `inputs`: file names or interfaces, for the header record. The sink outlives the output.
std::unique_ptr<Output> make_jsonl_output(TextSink& sink, std::vector<std::string> inputs,
                                          const BodyLog& bodies = {});

}  // namespace mpsdscope

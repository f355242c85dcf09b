// Sessions in the log: one record each.
#pragma once

#include <string>

#include "tools/json_writer.h"
#include "tools/output.h"

namespace mpsdscope {

// A line of "type":"session".
void append_session_record(std::string& out, const Story& story);

// "sessions" of the summary.
void write_session_counts(JsonWriter& json, const SessionCounts& counts);

}  // namespace mpsdscope

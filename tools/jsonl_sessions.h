// Sessions in the log: one record each.
#pragma once

#include "tools/json_writer.h"
#include "tools/output.h"

namespace mpsdscope {

// The fields of a session record.
void write_session(JsonWriter& json, const Story& story);

// "sessions" of the summary.
void write_session_counts(JsonWriter& json, const SessionCounts& counts);

}  // namespace mpsdscope

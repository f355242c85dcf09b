// How a title waited when told to, in the log.
#pragma once

#include "rules/title/conduct.h"
#include "tools/json_writer.h"

namespace mpsdscope {

// The fields of a conduct record.
void write_conduct(JsonWriter& json, const Conduct& conduct);

}  // namespace mpsdscope

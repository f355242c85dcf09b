// What the log holds of one record, for reading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tools/record.h"
#include "tools/screen/record_store.h"
#include "tools/screen/text_lines.h"

namespace mpsdscope {

// What it says, what was found and what the rules say about that, heads and bodies.
void append_detail(TextLines& lines, const Record& record);

// Other exchanges of the same session around the record, a line each, itself marked.
void append_session(TextLines& lines, const RecordStore& store, std::uint64_t number);

}  // namespace mpsdscope

// Heads and bodies of an exchange in its record of the log.
#pragma once

#include <cstddef>
#include <cstdint>

#include "rules/call.h"
#include "tools/json_writer.h"
#include "tools/record.h"

namespace mpsdscope {

enum class Bodies : std::uint8_t { none, violations, all };

struct BodyLog {
  Bodies of = Bodies::none;  // of which exchanges: those with a warning or an error, or all
  std::size_t most = std::size_t{16} << 10;  // bytes of a body that are written

  // What a call must keep of its bodies for that: one more, to tell that there were more.
  std::size_t needed() const { return of == Bodies::none ? 0 : most + 1; }
};

void write_bodies(JsonWriter& json, const Call& call, const BodyLog& log);
// The same in a record.
void set_messages(Record& record, const Call& call, const BodyLog& log);

}  // namespace mpsdscope

// Fields that several kinds of records of the log have.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "decode/time.h"
#include "tools/json_writer.h"

namespace mpsdscope {

void write_time(JsonWriter& json, std::string_view name, CaptureTime time);
// "title_id"; nothing if it is unknown.
void write_title(JsonWriter& json, std::optional<std::uint32_t> title_id);
// A name of the capture: a credential that hides in it is redacted. Nothing if it is "".
void write_name(JsonWriter& json, std::string_view key, std::string_view name);
// A user as the rates name one. Nothing if it is "".
void write_user(JsonWriter& json, std::string_view key, std::string_view user);

}  // namespace mpsdscope

// Values of parsed JSON, read leniently: what is not of the wanted kind is absent.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

namespace mpsdscope {

inline constexpr std::size_t kMaxJsonText = 256;  // bytes of ids and names; longer ones are none

// An integer that fits, also one written "2.0"; anything else gives nullopt.
std::optional<std::int64_t> integer_of(simdjson::dom::element value);
// A string of at most `most` bytes, or an unsigned integer as decimal; anything else gives "".
std::string text_of(simdjson::dom::element value, std::size_t most = kMaxJsonText);
// An XUID, written as a string or as a number.
std::optional<std::uint64_t> xuid_of(simdjson::dom::element value);

// Calls on_field(key, value) for the fields of an object; does nothing for anything else.
template <class F>
void each_field(simdjson::dom::element value, F on_field) {
  simdjson::dom::object object;
  if (value.get_object().get(object)) return;
  for (const simdjson::dom::key_value_pair field : object) on_field(field.key, field.value);
}

// The field of that name, the last if there are several.
std::optional<simdjson::dom::element> field_of(simdjson::dom::element value, std::string_view name);
// What stands at the end of a path of names.
std::optional<simdjson::dom::element> element_at(simdjson::dom::element value,
                                                 std::initializer_list<std::string_view> path);
// The text there; "" if there is none.
std::string text_at(simdjson::dom::element value, std::initializer_list<std::string_view> path);

}  // namespace mpsdscope

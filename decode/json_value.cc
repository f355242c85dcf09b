#include "decode/json_value.h"

#include <charconv>

namespace mpsdscope {

namespace dom = simdjson::dom;

std::optional<std::int64_t> integer_of(dom::element value) {
  std::int64_t integer = 0;
  if (!value.get_int64().get(integer)) return integer;
  constexpr double kExact = 9007199254740992.0;  // 2^53: beyond it doubles skip integers
  double real = 0;
  if (value.get_double().get(real) || real < -kExact || real > kExact) return std::nullopt;
  integer = static_cast<std::int64_t>(real);
  if (static_cast<double>(integer) != real) return std::nullopt;
  return integer;
}

std::string text_of(dom::element value, std::size_t most) {
  std::string_view text;
  if (!value.get_string().get(text)) return std::string(text.size() <= most ? text : "");
  std::uint64_t number = 0;
  if (value.is_uint64() && !value.get_uint64().get(number)) return std::to_string(number);
  return {};
}

std::optional<std::uint64_t> xuid_of(dom::element value) {
  std::uint64_t xuid = 0;
  if (value.is_uint64() && !value.get_uint64().get(xuid)) return xuid;
  std::string_view text;
  if (value.get_string().get(text)) return std::nullopt;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, xuid);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return xuid;
}

std::optional<dom::element> field_of(dom::element value, std::string_view name) {
  std::optional<dom::element> found;
  each_field(value, [&](std::string_view key, dom::element v) {
    if (key == name) found = v;
  });
  return found;
}

std::optional<dom::element> element_at(dom::element value,
                                       std::initializer_list<std::string_view> path) {
  std::optional<dom::element> at = value;
  for (const std::string_view name : path) {
    at = field_of(*at, name);
    if (!at) return std::nullopt;
  }
  return at;
}

std::string text_at(dom::element value, std::initializer_list<std::string_view> path) {
  const std::optional<dom::element> at = element_at(value, path);
  return at ? text_of(*at) : std::string();
}

}  // namespace mpsdscope

// Bits of JSON text (RFC 8259) that need no document around them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mpsdscope {

// Without the whitespace of JSON (space, tab, LF, CR) around it.
std::string_view trim_json(std::string_view text);

// Is `token` a number (§6), of any size?
bool is_json_number(std::string_view token);

// The same text with each number that a 64-bit integer or a double might not hold (more than
// 15 characters, or an exponent) replaced by 0. Strings and everything that is not a
// number stay as they are.
std::string shorten_json_numbers(std::string_view text);

// The same text with each escape of a surrogate that has no partner ("\ud83d" alone) replaced by
// "\ufffd", the replacement character. Such escapes are JSON (§8.2), though they mean no character.
std::string replace_lone_surrogates(std::string text);

// The index of a key of `members`: decimal without leading zeros; nullopt for any other key.
std::optional<std::int64_t> member_index(std::string_view key);

}  // namespace mpsdscope

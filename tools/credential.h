// Credentials in a text, by how they look: "XBL3.0 x=hash;token", "Bearer ...", a JSON Web Token.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "decode/ascii.h"

namespace mpsdscope {

inline constexpr std::string_view kTokenBegin =
    "eyJ";  // base64url of `{"`: a JSON Web Token's header

inline bool is_name_char(char c) {
  const char l = to_lower(c);
  return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

inline bool ends_credential(char c) {
  return c == ' ' || c == '"' || c == '\'' || c == ',' || c == '\n' || c == '\r' || c == '\t';
}

// Where the first character stands, from `from` on, that `ends` is true for; else the text's end.
inline std::size_t end_of(std::string_view text, std::size_t from, bool (*ends)(char)) {
  const auto found =
      std::find_if(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), ends);
  return static_cast<std::size_t>(found - text.begin());
}

// A credential with its scheme at the front of a text: what to keep of it and where it ends.
struct Credential {
  std::size_t kept = 0;
  std::size_t end = 0;  // 0: none
};
Credential credential_at(std::string_view text);

// Length of a JSON Web Token, or of anything that begins like one, at the front of `text`; else 0.
std::size_t token_length(std::string_view text);

// The next place, from `at` on, where a credential or a token may begin, or a ':' or '=' stands
// that something follows: in ordinary texts they are few. The text's end if there is none.
std::size_t next_secret(std::string_view text, std::size_t at);

}  // namespace mpsdscope

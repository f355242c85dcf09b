// Names that tell that what they name is a secret: one list for header fields, parameters of
// queries and forms, and members of JSON.
#pragma once

#include <cstdint>
#include <string_view>

namespace mpsdscope {

enum class Secrecy : std::uint8_t {
  none,
  code,  // "code": of OAuth a credential, elsewhere what an error is called
  text,  // "key", "pass": a text is a secret, a number is none
  all,   // whatever it is
};

// `name` in any case.
Secrecy secrecy_of(std::string_view name);

// Is a text hidden that stands behind a name of that secrecy, where no protocol says that it is a
// credential? "NotFound" and "404" are readable codes.
bool hides_text(Secrecy secrecy, std::string_view text);

}  // namespace mpsdscope

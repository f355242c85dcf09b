#include "rules/quoted.h"

namespace mpsdscope {

std::string quoted(std::string_view text) {
  constexpr std::size_t kMost = 40;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text.substr(0, kMost)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
      out += c;
    } else {
      out.append("\\x") += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  out += text.size() > kMost ? "…\"" : "\"";
  return out;
}

std::string word(std::string_view method) {
  const bool plain = !method.empty() && method.size() <= 20 &&
                     method.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == method.npos;
  return plain ? std::string(method) : quoted(method);
}

}  // namespace mpsdscope

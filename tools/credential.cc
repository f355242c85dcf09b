#include "tools/credential.h"

#include <array>
#include <cstddef>

#include "tools/beginnings.h"

namespace mpsdscope {
namespace {

constexpr std::array<std::string_view, 8> kSchemes{"Bearer ",  "Basic ", "Digest ", "Negotiate ",
                                                   "WLID1.0 ", "NTLM ",  "DPoP ",   "MSA1.0 "};
constexpr std::string_view kXboxScheme = "XBL3.0 x=";
constexpr std::size_t kShortestToken = 16;
constexpr std::size_t kShortestCredential = 8;

// Schemes, the one of Xbox, tokens, and what separates the password of a URI or a name's value.
constexpr Beginnings kBeginnings = [] {
  Beginnings all;
  std::size_t words = 0;
  const auto add = [&](std::string_view word) {
    all.add(words++, to_lower(word[0]), to_lower(word[1]));
  };
  for (const std::string_view scheme : kSchemes) add(scheme);
  add(kXboxScheme);
  add(kTokenBegin);
  for (int c = 0; c < 256; ++c) {
    for (const char separator : {':', '='}) all.add(words, separator, static_cast<char>(c));
  }
  return all;
}();

// The space at its end is what tells a scheme from most words that begin like it.
bool begins_with_scheme(std::string_view text, std::string_view scheme) {
  return text.size() >= scheme.size() && text[scheme.size() - 1] == scheme.back() &&
         begins_ignoring_case(text, scheme);
}

}  // namespace

Credential credential_at(std::string_view text) {
  if (begins_ignoring_case(text, kXboxScheme)) {
    const std::size_t end = end_of(text, kXboxScheme.size(), ends_credential);
    const std::size_t semicolon = text.substr(0, end).find(';');
    return {semicolon == text.npos ? kXboxScheme.size() : semicolon + 1, end};
  }
  for (const std::string_view scheme : kSchemes) {
    if (!begins_with_scheme(text, scheme)) continue;
    const std::size_t end = end_of(text, scheme.size(), ends_credential);
    if (end - scheme.size() >= kShortestCredential) return {scheme.size(), end};
  }
  return {};
}

std::size_t token_length(std::string_view text) {
  if (text.substr(0, kTokenBegin.size()) != kTokenBegin) return 0;
  const auto end = std::find_if(text.begin(), text.end(),
                                [](char c) { return !is_name_char(c) && c != '=' && c != '+'; });
  const auto length = static_cast<std::size_t>(end - text.begin());
  return length >= kShortestToken ? length : 0;
}

std::size_t next_secret(std::string_view text, std::size_t at) {
  for (; at + 1 < text.size(); ++at) {
    if (kBeginnings.at(text, at) != 0) return at;
  }
  return text.size();
}

}  // namespace mpsdscope

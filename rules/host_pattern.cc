#include "rules/host_pattern.h"

#include <algorithm>

#include "decode/ascii.h"

namespace mpsdscope {
namespace {

// What may follow a host: the dot of the root, then a colon and a port.
bool is_port(std::string_view text) {
  if (!text.empty() && text[0] == '.') text.remove_prefix(1);
  if (text.empty()) return true;
  return text.size() > 1 && text[0] == ':' &&
         text.find_first_not_of("0123456789*", 1) == std::string_view::npos;
}

// Of a URL, a list or a mistake; no authority of a request holds any of these.
bool is_foreign(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' ||
         std::string_view("/\\,;?#@\"'<>").find(c) != std::string_view::npos;
}

}  // namespace

Result<std::string> parse_host_pattern(std::string_view text) {
  const std::string_view host = bare_host(text);
  const bool plain = !host.empty() && std::none_of(text.begin(), text.end(), is_foreign) &&
                     (host[0] != '[' || host.back() == ']');
  if (plain && is_port(text.substr(host.size()))) return std::string(text);
  return Error{"\"" + std::string(text) +
               "\" is no host: give one name or address for each pattern, such as mock.example or "
               "*.example, without scheme or path"};
}

std::string_view bare_host(std::string_view authority) {
  // Forwards first: that search is the quicker one, and hardly any authority holds one.
  if (authority.find('@') != std::string_view::npos) {
    authority.remove_prefix(authority.rfind('@') + 1);
  }
  if (!authority.empty() && authority[0] == '[') {
    return authority.substr(0, std::min(authority.find(']'), authority.size() - 1) + 1);
  }
  const std::size_t colon = authority.find(':');
  // More than one colon: an IPv6 address without brackets.
  if (colon != std::string_view::npos && authority.find(':', colon + 1) == std::string_view::npos) {
    authority = authority.substr(0, colon);
  }
  if (!authority.empty() && authority.back() == '.') authority.remove_suffix(1);
  return authority;
}

// Greedy with one point of return.
bool matches_host(std::string_view pattern, std::string_view text) {
  if (pattern == text) return true;
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && to_lower(pattern[p]) == to_lower(text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace mpsdscope

#include "rules/session_name.h"

#include "decode/ascii.h"

namespace mpsdscope {

std::string session_key(std::string_view scid, std::string_view template_name,
                        std::string_view session) {
  if (scid.empty() || template_name.empty() || session.empty()) return {};
  std::string key;
  key.reserve(scid.size() + template_name.size() + session.size() + 2);
  for (const std::string_view part : {scid, template_name, session}) {
    if (!key.empty()) key += '~';
    for (const char c : part) key += to_lower(c);
  }
  return key;
}

SessionName parse_session_key(std::string_view key) {
  const std::size_t first = key.find('~');
  if (first == key.npos) return {};
  const std::size_t second = key.find('~', first + 1);
  if (second == key.npos) return {};
  SessionName name{std::string(key.substr(0, first)),
                   std::string(key.substr(first + 1, second - first - 1)),
                   std::string(key.substr(second + 1))};
  return name.known() ? name : SessionName();
}

}  // namespace mpsdscope

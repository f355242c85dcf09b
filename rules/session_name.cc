#include "rules/session_name.h"

#include "decode/ascii.h"

namespace mpsdscope {

void append_session_key(std::string& out, std::string_view scid, std::string_view template_name,
                        std::string_view session) {
  if (scid.empty() || template_name.empty() || session.empty()) return;
  const std::size_t begin = out.size();
  for (const std::string_view part : {scid, template_name, session}) {
    if (out.size() > begin) out += '~';
    for (const char c : part) out += to_lower(c);
  }
}

std::string session_key(std::string_view scid, std::string_view template_name,
                        std::string_view session) {
  std::string key;
  append_session_key(key, scid, template_name, session);
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

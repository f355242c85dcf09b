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

Digest digest_of_session(const Target& target) {
  const bool known =
      !target.scid.empty() && !target.template_name.empty() && !target.session.empty();
  Digest digest;
  if (!known) {
    digest.add(0);  // as no name begins
    digest.add_lower(target.handle);
    return digest;
  }
  for (const std::string* part : {&target.scid, &target.template_name, &target.session})
    digest.add_lower(*part);
  return digest;
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

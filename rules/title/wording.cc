#include "rules/title/wording.h"

#include <algorithm>

#include "rules/quoted.h"

namespace mpsdscope {

std::string seconds_text(Duration duration) {
  const auto micros = duration / std::chrono::microseconds(1);
  constexpr std::int64_t kSecond = 1'000'000;
  std::string text = std::to_string(micros / kSecond);
  if (const std::int64_t rest = micros % kSecond; rest != 0) {
    std::string digits = std::to_string(kSecond + rest).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    text += "." + digits;
  }
  return text + " s";
}

std::string kind_text(std::string_view method, TargetKind target) {
  return word(method) + " " + std::string(name_of(target));
}

std::string etag_text(std::string_view etag) {
  constexpr std::size_t kLongest = 48;
  const bool plain = etag.size() <= kLongest && std::all_of(etag.begin(), etag.end(), [](char c) {
                       return c > ' ' && c <= '~' && c != '\\';
                     });
  return plain ? std::string(etag) : quoted(etag);
}

}  // namespace mpsdscope

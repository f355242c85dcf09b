#include "tools/personal.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "decode/exchange.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kShortestXuid = 15;
constexpr std::size_t kLongestXuid = 24;  // a user hash
constexpr std::size_t kPseudonymBytes = 5;
constexpr std::string_view kUser = "user-";
constexpr std::string_view kGamertag = "gamertag-";

struct Mask {
  bool on = false;
  std::array<unsigned char, 32> key{};
};

Mask& mask() {
  static Mask instance;
  return instance;
}

// Keyed: there are so few XUIDs that all of them could be tried.
std::string pseudonym(std::string_view kind, std::string_view value) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), mask().key.data(), static_cast<int>(mask().key.size()),
       reinterpret_cast<const unsigned char*>(value.data()), value.size(), digest.data(), &length);
  std::string text(kind);
  for (std::size_t i = 0; i < kPseudonymBytes; ++i) {
    text += "0123456789abcdef"[digest[i] >> 4];
    text += "0123456789abcdef"[digest[i] & 15];
  }
  return text;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// A decimal digit at the front of `text`, plain or percent-encoded: how long it is; 0: none.
std::size_t digit_length(std::string_view text) {
  if (!text.empty() && is_digit(text[0])) return 1;
  return text.size() >= 3 && text[0] == '%' && text[1] == '3' && is_digit(text[2]) ? 3 : 0;
}

// An escape that is no digit.
bool is_escape(std::string_view text) {
  return text.size() >= 3 && text[0] == '%' && digit_length(text) == 0;
}

bool ends_ignoring_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         equals_ignoring_case(text.substr(text.size() - end.size()), end);
}

// What stands between a name and its value is cut off: "xuid(", "xuid%3D", "\"gamertag\": \"".
std::string_view without_separators(std::string_view text) {
  for (int i = 0; i < 6 && !text.empty(); ++i) {
    if (text.size() >= 3 && text[text.size() - 3] == '%') {
      text.remove_suffix(3);
    } else if (std::string_view("(=:\"' \\").find(text.back()) != text.npos) {
      text.remove_suffix(1);
    } else {
      break;
    }
  }
  return text;
}

class Masker {
 public:
  explicit Masker(std::string_view text) : text_(text) {}

  std::string run() {
    while (at_ < text_.size()) {
      if (take_number() || take_gamertag()) continue;
      const std::size_t length = is_escape(text_.substr(at_)) ? 3 : 1;
      out_.append(text_.substr(at_, length));
      at_ += length;
    }
    return std::move(out_);
  }

 private:
  bool take_number() {
    std::string digits;
    std::size_t end = at_;
    while (const std::size_t length = digit_length(text_.substr(end))) {
      end += length;
      digits += text_[end - 1];
    }
    if (digits.empty()) return false;
    const std::string_view before = text_.substr(0, at_);
    const std::string_view name = without_separators(before);
    const bool called = name.size() < before.size() && ends_ignoring_case(name, "xuid");
    const bool long_enough = digits.size() >= kShortestXuid && digits.size() <= kLongestXuid;
    out_ += called || long_enough ? pseudonym(kUser, digits)
                                  : std::string(text_.substr(at_, end - at_));
    at_ = end;
    return true;
  }

  bool take_gamertag() {
    const std::string_view before = text_.substr(0, at_);
    const std::string_view name = without_separators(before);
    const bool parenthesis =
        ends_ignoring_case(before, "gt(") || ends_ignoring_case(before, "gt%28");
    const bool called =
        parenthesis || (name.size() < before.size() && ends_ignoring_case(name, "gamertag"));
    if (!called || without_separators(text_.substr(0, at_ + 1)).size() <= at_) return false;
    const std::size_t end = parenthesis ? std::min(text_.find(')', at_), text_.find("%29", at_))
                                        : text_.find_first_of("&;,\"'\\)}\r\n", at_);
    const std::string_view value = text_.substr(at_, end - at_);
    if (value.empty()) return false;
    out_ += is_pseudonym(value) ? std::string(value) : pseudonym(kGamertag, value);
    at_ += value.size();
    return true;
  }

  static bool is_pseudonym(std::string_view value) {
    return value.size() == kGamertag.size() + 2 * kPseudonymBytes &&
           value.substr(0, kGamertag.size()) == kGamertag &&
           value.find_first_not_of("0123456789abcdef", kGamertag.size()) == value.npos;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

void mask_personal_data() {
  mask().on = RAND_bytes(mask().key.data(), static_cast<int>(mask().key.size())) == 1;
  // Without a key nothing could be masked: rather say nothing at all.
  if (!mask().on) throw std::runtime_error("no random numbers for --redact-personal");
}

bool masks_personal_data() {
  return mask().on;
}

std::string masked_user(std::string_view user) {
  return mask().on && !user.empty() ? pseudonym(kUser, user) : std::string(user);
}

void mask_personal_data_in(std::string& out, std::size_t begin) {
  std::string masked = Masker(std::string_view(out).substr(begin)).run();
  out.replace(begin, out.size() - begin, masked);
}

}  // namespace mpsdscope

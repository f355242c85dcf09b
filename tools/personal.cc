#include "tools/personal.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "decode/ascii.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kShortestXuid = 15;  // digits; there is no longest: several may be joined
constexpr std::size_t kHexXuid = 16;       // 0009000002B4E39A
constexpr std::string_view kHexXuidBegin = "0009";
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

// A decimal digit at the front of `text`, plain or percent-encoded: how long it is; 0: none.
std::size_t digit_length(std::string_view text) {
  if (!text.empty() && is_digit(text[0])) return 1;
  return text.size() >= 3 && text[0] == '%' && text[1] == '3' && is_digit(text[2]) ? 3 : 0;
}

bool is_word_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_hex_digit(char c) {
  return hex_value(c) >= 0;
}

bool is_escape(std::string_view text) {
  return text.size() >= 3 && text[0] == '%' && is_hex_digit(text[1]) && is_hex_digit(text[2]);
}

bool begins_with_escape(std::string_view text, std::string_view escape) {
  return text.size() >= 3 && equals_ignoring_case(text.substr(0, 3), escape);
}

// One of these characters at the front of `text`, plain or percent-encoded: its length; 0: none.
std::size_t length_of_any(std::string_view text, std::string_view characters) {
  if (text.empty()) return 0;
  if (characters.find(text[0]) != characters.npos) return 1;
  if (!is_escape(text)) return 0;
  const auto c = static_cast<char>(hex_value(text[1]) * 16 + hex_value(text[2]));
  return characters.find(c) != characters.npos ? 3 : 0;
}

bool ends_ignoring_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         equals_ignoring_case(text.substr(text.size() - end.size()), end);
}

enum class Kind : std::uint8_t { none, user, gamertag };

// What a value is called by the name before it.
struct Called {
  Kind kind = Kind::none;
  bool plural = false;
  bool parenthesis = false;
};

struct NameEnd {
  std::string_view text;
  Kind kind;
  bool plural;
  bool word;  // as a whole word, and with a sign before the value: "a gt 5" is none
};
constexpr std::array<NameEnd, 11> kNames{{
    {"xuid", Kind::user, false, false},
    {"xuids", Kind::user, true, false},
    {"gamertag", Kind::gamertag, false, false},
    {"gamertags", Kind::gamertag, true, false},
    {"displayname", Kind::gamertag, false, false},
    {"displaynames", Kind::gamertag, true, false},
    {"realname", Kind::gamertag, false, false},
    {"firstname", Kind::gamertag, false, false},
    {"lastname", Kind::gamertag, false, false},
    {"gt", Kind::gamertag, false, true},
    {"gts", Kind::gamertag, true, true},
}};

// `before` is what stands before a value: "xuid(", "xuid%3D", "\"gamertag\": \"", "gamertag[]=".
Called called_by(std::string_view before) {
  constexpr int kMostSeparators = 8;
  std::string_view name = before;
  Called called;
  bool sign = false;
  for (int i = 0; i < kMostSeparators && !name.empty(); ++i) {
    const std::string_view last = name.substr(name.size() - 1);
    const std::string_view three = name.size() >= 3 ? name.substr(name.size() - 3) : last;
    const std::string_view end = is_escape(three) ? three : last;
    if (end.size() == 1 && length_of_any(end, "(=:\"' \\[]") == 0) break;
    sign = sign || length_of_any(end, "(=:[") > 0;
    called.plural = called.plural || length_of_any(end, "[") > 0;
    if (i == 0) called.parenthesis = length_of_any(end, "(") > 0;
    name.remove_suffix(end.size());
  }
  if (name.size() == before.size()) return {};
  for (const NameEnd& one : kNames) {
    if (!ends_ignoring_case(name, one.text)) continue;
    const std::string_view rest = name.substr(0, name.size() - one.text.size());
    const bool whole = rest.empty() || !is_word_char(rest.back()) ||
                       (rest.size() >= 3 && is_escape(rest.substr(rest.size() - 3)));
    if (one.word && !(whole && sign)) continue;
    called.kind = one.kind;
    called.plural = called.plural || one.plural;
    return called;
  }
  return {};
}

class Masker {
 public:
  explicit Masker(std::string_view text) : text_(text) {}

  std::string run() {
    while (at_ < text_.size()) {
      if (go_on_with_list() || take_hex_number() || take_number() || take_gamertag()) continue;
      keep(is_escape(rest()) && digit_length(rest()) == 0 ? 3 : 1);
    }
    return std::move(out_);
  }

 private:
  std::string_view rest() const { return text_.substr(at_); }
  std::string_view before() const { return text_.substr(0, at_); }

  void keep(std::size_t length) {
    out_.append(text_.substr(at_, length));
    at_ = std::min(at_ + length, text_.size());
  }

  // "xuids=1,2", "gamertags=A,B", "\"gamertags\":[\"A\",\"B\"]": the comma and the next value.
  bool go_on_with_list() {
    const Called called = std::exchange(list_, {});
    if (called.kind == Kind::none) return false;
    bool comma = false, other = false;
    std::size_t end = at_;
    for (;;) {
      const std::string_view left = text_.substr(end);
      const std::size_t is_comma = length_of_any(left, ",");
      const std::size_t length = is_comma > 0 ? is_comma : length_of_any(left, "\"' \\");
      if (length == 0) break;
      (is_comma > 0 ? comma : other) = true;
      end += length;
    }
    if (!comma || (other && !called.plural) || end == text_.size()) return false;
    keep(end - at_);
    return called.kind == Kind::user ? take_digits(called) : take_name(called);
  }

  // Of the same XUID in decimal: the same pseudonym.
  bool take_hex_number() {
    if (rest().substr(0, kHexXuidBegin.size()) != kHexXuidBegin) return false;
    if (at_ > 0 && is_hex_digit(text_[at_ - 1]) && !ends_with_escape()) return false;
    const std::string_view text = rest();
    const auto end = std::find_if_not(text.begin(), text.end(), is_hex_digit);
    if (end - text.begin() != kHexXuid) return false;
    const std::string hex(text.substr(0, kHexXuid));
    // Of digits alone it may as well be decimal: as such it is masked too.
    if (std::all_of(hex.begin(), hex.end(), is_digit)) return false;
    out_ += pseudonym(kUser, std::to_string(std::stoull(hex, nullptr, 16)));
    at_ += kHexXuid;
    return true;
  }

  bool ends_with_escape() const { return at_ >= 3 && is_escape(text_.substr(at_ - 3)); }

  bool take_number() { return digit_length(rest()) > 0 && take_digits(called_by(before())); }

  bool take_digits(const Called& called) {
    std::string digits;
    std::size_t end = digits_at(at_, digits);
    if (digits.empty()) return false;
    const bool named = called.kind == Kind::user;
    if (!named && digits.size() < kShortestXuid) end = grouped_digits(end, digits);
    if (!named && digits.size() < kShortestXuid) {
      keep(end - at_);
      return true;
    }
    out_ += pseudonym(kUser, digits);
    at_ = end;
    if (named) list_ = called;
    return true;
  }

  std::size_t digits_at(std::size_t end, std::string& digits) const {
    while (const std::size_t length = digit_length(text_.substr(end))) {
      end += length;
      digits += text_[end - 1];
    }
    return end;
  }

  // "2,814,646,326,226,712" or "2814%206463%202622%206712": groups of three or four. Adds to the
  // first one if all of them are long enough to be an XUID; returns their end.
  std::size_t grouped_digits(std::size_t first_end, std::string& digits) const {
    std::string all = digits;
    std::string_view separator;
    std::size_t size = 0, end = first_end;
    for (;;) {
      const std::size_t length = length_of_any(text_.substr(end), ", ");
      const std::string_view one = text_.substr(end, length);
      if (length == 0 || (size > 0 && one != separator)) break;
      std::string group;
      const std::size_t next = digits_at(end + length, group);
      if (size == 0 && group.size() != 3 && group.size() != 4) break;
      if (size > 0 && group.size() != size) break;
      size = group.size();
      separator = one;
      all += group;
      end = next;
    }
    if (digits.size() > size || all.size() < kShortestXuid) return first_end;
    digits = all;
    return end;
  }

  bool take_gamertag() {
    if (length_of_any(rest(), "(=:\"' \\[]") > 0) return false;
    const Called called = called_by(before());
    return called.kind == Kind::gamertag && take_name(called);
  }

  bool take_name(const Called& called) {
    const std::size_t end = called.parenthesis ? end_of_parenthesis() : end_of_name();
    const std::string_view value = text_.substr(at_, end - at_);
    if (value.empty()) return false;
    // A name is the same one however it was encoded.
    out_ += is_pseudonym(value) ? std::string(value) : pseudonym(kGamertag, form_decode(value));
    at_ = end;
    list_ = called;
    return true;
  }

  std::size_t end_of_name() const {
    std::size_t end = at_;
    while (end < text_.size() && std::string_view("&;,\"'\\)}]\r\n").find(text_[end]) == npos) {
      const std::string_view left = text_.substr(end);
      if (begins_with_escape(left, "%2c") || begins_with_escape(left, "%22")) break;
      ++end;
    }
    return end;
  }

  // The first one that no name goes on after: "gt(Al)pha)".
  std::size_t end_of_parenthesis() const {
    for (std::size_t end = at_; end < text_.size(); ++end) {
      const std::size_t length = length_of_any(text_.substr(end), ")");
      if (length == 0) continue;
      if (end + length == text_.size() || !is_word_char(text_[end + length])) return end;
    }
    return text_.size();
  }

  static bool is_pseudonym(std::string_view value) {
    return value.size() == kGamertag.size() + 2 * kPseudonymBytes &&
           value.substr(0, kGamertag.size()) == kGamertag &&
           value.find_first_not_of("0123456789abcdef", kGamertag.size()) == value.npos;
  }

  static constexpr std::size_t npos = std::string_view::npos;
  std::string_view text_;
  std::size_t at_ = 0;
  Called list_;  // the value before was one of these: another may follow
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

std::string masked_value(std::string_view name, std::string_view value) {
  std::string text(value);
  if (!mask().on) return text;
  const Kind kind = value.empty() ? Kind::none : called_by(std::string(name) + ":").kind;
  if (kind == Kind::gamertag) return pseudonym(kGamertag, value);
  if (kind == Kind::user && std::all_of(value.begin(), value.end(), is_digit)) {
    return pseudonym(kUser, value);
  }
  mask_personal_data_in(text, 0);
  return text;
}

void mask_personal_data_in(std::string& out, std::size_t begin) {
  std::string masked = Masker(std::string_view(out).substr(begin)).run();
  out.replace(begin, out.size() - begin, masked);
}

}  // namespace mpsdscope

// 128 bits that stand for numbers and texts: what is only compared need not be kept.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "decode/words.h"

namespace mpsdscope {

// Of two hashes or numbers.
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t mixed = (a ^ (b + 0x9E3779B97F4A7C15u)) * 0xFF51AFD7ED558CCDu;
  mixed ^= mixed >> 32;
  mixed *= 0xC4CEB9FE1A85EC53u;
  return mixed ^ mixed >> 29;
}

// What was added in the same order has the same digest. Chance does not make two things equal that
// are not; who sends the traffic could, and would mix up what is remembered of his own calls.
class Digest {
 public:
  void add(std::uint64_t number) {
    lookup_ = std::rotl((lookup_ ^ number) * kOne, 32);
    check_ = std::rotl((check_ + number) * kOther, 29);
  }
  void add_text(std::string_view text) {
    add_words(text, [](std::uint64_t word) { return word; });
  }
  // Case of ASCII letters does not count.
  void add_lower(std::string_view text) { add_words(text, lower_word); }

  std::uint64_t lookup() const { return mix(lookup_, check_); }
  std::uint64_t check() const { return check_; }

 private:
  static constexpr std::uint64_t kOne = 0x9FB21C651E98DF25U;
  static constexpr std::uint64_t kOther = 0xD6E8FEB86659FD93U;

  template <class Change>
  void add_words(std::string_view text, const Change& change) {
    add(text.size());
    if (text.size() < kWord) {
      std::uint64_t word = 0;
      for (const char c : text) word = word << 8 | static_cast<unsigned char>(c);
      if (!text.empty()) add(change(word));
      return;
    }
    for (std::size_t at = 0; at + kWord < text.size(); at += kWord) add(change(word_at(text, at)));
    add(change(word_at(text, text.size() - kWord)));
  }

  std::uint64_t lookup_ = 0x243F6A8885A308D3U;
  std::uint64_t check_ = 0x13198A2E03707344U;
};

}  // namespace mpsdscope

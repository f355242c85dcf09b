// Looks for bytes that need care in texts of the traffic: most have none, and every exchange's come
// by here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "decode/byte_block.h"
#include "decode/words.h"

namespace mpsdscope {

// What is looked for: -1 for each such byte of a block of them, else 0.

// What JSON does not take as it is, and all that is not ASCII.
struct NeedsJsonEscape {
  template <class Bytes>
  auto operator()(Bytes bytes) const {
    return (bytes < ' ') | (bytes == '\x7F') | (bytes == '"') | (bytes == '\\');
  }
  bool operator()(char c) const { return (*this)(static_cast<signed char>(c)); }
};

template <char... kMarks>
struct IsOneOf {
  template <class Bytes>
  auto operator()(Bytes bytes) const {
    return ((bytes == kMarks) | ...);
  }
};

// What one of the two is.
template <class A, class B>
struct EitherOf {
  template <class Bytes>
  auto operator()(Bytes bytes) const {
    return A()(bytes) | B()(bytes);
  }
};

// Copies a text. Inlined: a record of the log has many, and most are short.
inline char* copy_text(char* to, std::string_view text) {
  const char* const from = text.data();
  const std::size_t size = text.size();
  // Two copies of a fixed size that may overlap.
  const auto copy_ends = [=](auto piece) {
    std::memcpy(to, from, sizeof piece);
    std::memcpy(to + size - sizeof piece, from + size - sizeof piece, sizeof piece);
  };
  if (size > 16) {
    std::memcpy(to, from, size);
  } else if (size >= 8) {
    copy_ends(std::uint64_t());
  } else if (size >= 4) {
    copy_ends(std::uint32_t());
  } else if (size > 0) {
    to[0] = from[0];
    to[size / 2] = from[size / 2];
    to[size - 1] = from[size - 1];
  }
  return to + size;
}

// All bytes of a text that is shorter than a small block and not empty, some of them twice, and no
// others.
inline SmallBlock short_block(std::string_view text) {
  using Words [[gnu::vector_size(kSmallBlock)]] = std::uint64_t;
  if (text.size() >= kWord) {
    return reinterpret_cast<SmallBlock>(
        Words{word_at(text, 0), word_at(text, text.size() - kWord)});
  }
  std::uint64_t word = 0;
  if (text.size() >= kWord / 2) {
    word = two_halves(text);
  } else {
    const auto byte = [text](std::size_t at) {
      return std::uint64_t{static_cast<unsigned char>(text[at])};
    };
    word = byte(0) * (kEachByte << 16) | byte(text.size() / 2) << 8 | byte(text.size() - 1);
  }
  return reinterpret_cast<SmallBlock>(Words{word, word});
}

// Is there any byte that `special` is true for, in a text of a block or more? Hands all of its
// blocks, of which the last one overlaps what is before it, to see(at, block).
template <class Block, class Special, class See>
bool any_in_blocks(std::string_view text, Special special, See see) {
  Block found{};
  const auto take = [&](std::size_t at) {
    const auto block = block_at<Block>(text.data() + at);
    see(at, block);
    found |= special(block);
  };
  for (std::size_t at = 0; at + sizeof found < text.size(); at += sizeof found) take(at);
  take(text.size() - sizeof found);
  return bits_of(found) != 0;
}

// Is there any byte that `special` is true for?
template <class Special>
bool holds_any(std::string_view text, Special special) {
  const auto pass = [](std::size_t, auto) {};
  if (text.size() >= kBlock) return any_in_blocks<ByteBlock>(text, special, pass);
  if (text.size() >= kSmallBlock) return any_in_blocks<SmallBlock>(text, special, pass);
  return !text.empty() && bits_of(special(short_block(text))) != 0;
}

// The same, and copies the text, which is looked at only once.
template <class Special>
bool copy_holds_any(char* to, std::string_view text, Special special) {
  const auto copy = [to](std::size_t at, auto block) {
    std::memcpy(to + at, &block, sizeof block);
  };
  if (text.size() >= kBlock) return any_in_blocks<ByteBlock>(text, special, copy);
  if (text.size() >= kSmallBlock) return any_in_blocks<SmallBlock>(text, special, copy);
  copy_text(to, text);
  return holds_any(text, special);
}

}  // namespace mpsdscope

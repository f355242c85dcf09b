// The names of field_names.h as a table, and how a name is looked up in it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "decode/ascii.h"
#include "decode/byte_find.h"
#include "decode/field_names.h"

namespace mpsdscope::field_name_table {

inline constexpr std::size_t kNameRoom = 32;  // of a name and a colon
inline constexpr std::size_t kNames = static_cast<std::size_t>(FieldName::count_);

// As the service or its stock client spells them, which is the quickest to compare.
inline constexpr std::array<std::string_view, kNames> kSpelling{"",
                                                                "Authorization",
                                                                "Connection",
                                                                "Content-Encoding",
                                                                "Content-Length",
                                                                "Content-Location",
                                                                "Content-Type",
                                                                "x-xbl-contract-version",
                                                                "X-XblCorrelationId",
                                                                "Date",
                                                                "X-Xbl-Debug",
                                                                "ETag",
                                                                "Expect",
                                                                "Host",
                                                                "If-Match",
                                                                "If-None-Match",
                                                                "If-Unmodified-Since",
                                                                "Proxy-Connection",
                                                                "Retry-After",
                                                                "Sec-WebSocket-Extensions",
                                                                "Sec-WebSocket-Protocol",
                                                                "Signature",
                                                                "Transfer-Encoding",
                                                                "Upgrade"};

// A perfect hash: of a name that is not empty.
inline constexpr std::size_t kSlots = 64;
constexpr std::size_t slot_of(std::string_view name) {
  // In lower case, if it is a letter; of what is none something else.
  const auto letter = [](char c) { return static_cast<std::size_t>(c | 0x20); };
  return (3 * name.size() + letter(name.front()) + 5 * letter(name.back())) % kSlots;
}

constexpr std::array<FieldName, kSlots> make_slots() {
  std::array<FieldName, kSlots> slots{};
  for (std::size_t i = 1; i < kNames; ++i) slots[slot_of(kSpelling[i])] = static_cast<FieldName>(i);
  return slots;
}
inline constexpr std::array<FieldName, kSlots> kOfSlot = make_slots();

constexpr bool no_two_share_a_slot() {
  for (std::size_t i = 1; i < kNames; ++i) {
    if (kOfSlot[slot_of(kSpelling[i])] != static_cast<FieldName>(i)) return false;
  }
  return true;
}
static_assert(no_two_share_a_slot(), "other factors in slot_of() may tell them apart");

// All in lower case, which one bit makes of printable characters: "-" has it anyway.
struct Padded {
  alignas(kNameRoom) std::array<char, kNameRoom> text{};
};
constexpr std::array<Padded, kNames> make_padded() {
  std::array<Padded, kNames> all{};
  for (std::size_t i = 1; i < kNames; ++i) {
    std::size_t at = 0;
    for (const char c : kSpelling[i]) all[i].text.at(at++) = static_cast<char>(c | 0x20);
    all[i].text.at(at) = ':';
  }
  return all;
}
inline constexpr std::array<Padded, kNames> kPadded = make_padded();

constexpr bool all_are_letters_and_hyphens() {
  for (const std::string_view name : kSpelling) {
    for (const char c : name) {
      if (c != '-' && !(to_lower(c) >= 'a' && to_lower(c) <= 'z')) return false;
    }
  }
  return true;
}
static_assert(all_are_letters_and_hyphens(), "the bit tells no other characters apart");

}  // namespace mpsdscope::field_name_table

namespace mpsdscope {

// As recognise_field(), quicker: of a name and the colon behind it, all printable, with kNameRoom
// bytes there to be read.
inline FieldName recognise_field_before_colon(const char* name, std::size_t size) {
  using namespace field_name_table;  // NOLINT(google-build-using-namespace)
  if (size == 0 || size >= kNameRoom) return FieldName::other;
  const FieldName candidate = kOfSlot[slot_of({name, size})];
  const char* const spelling = kPadded[static_cast<std::size_t>(candidate)].text.data();
  std::uint64_t differ = 0;
  for (std::size_t at = 0; at < kNameRoom; at += kBlock) {
    differ |= bits_of((block_at(name + at) | 0x20) != block_at(spelling + at)) << at;
  }
  const std::uint64_t of_name = (std::uint64_t{2} << size) - 1;  // and of the colon
  return (differ & of_name) == 0 ? candidate : FieldName::other;
}

}  // namespace mpsdscope

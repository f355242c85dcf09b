#include "decode/field_names.h"

#include <array>
#include <cstddef>

#include "decode/ascii.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kNames = static_cast<std::size_t>(FieldName::count_);

// As the service or its stock client spells them, which is the quickest to compare.
constexpr std::array<std::string_view, kNames> kSpelling{"",
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
constexpr std::size_t kSlots = 64;
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
constexpr std::array<FieldName, kSlots> kOfSlot = make_slots();

constexpr bool no_two_share_a_slot() {
  for (std::size_t i = 1; i < kNames; ++i) {
    if (kOfSlot[slot_of(kSpelling[i])] != static_cast<FieldName>(i)) return false;
  }
  return true;
}
static_assert(no_two_share_a_slot(), "other factors in slot_of() may tell them apart");

}  // namespace

FieldName recognise_field(std::string_view name) {
  if (name.empty()) return FieldName::other;
  const FieldName candidate = kOfSlot[slot_of(name)];
  const std::string_view spelling = kSpelling[static_cast<std::size_t>(candidate)];
  const bool same = name.size() == spelling.size() && same_but_for_case(name, spelling);
  return same ? candidate : FieldName::other;
}

}  // namespace mpsdscope

// The fields that the reader of documents knows at the top level. Internal to session_document.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "decode/session_shape.h"

namespace mpsdscope {

// What of a field at the top level is read besides its kind.
enum class TopContent : std::uint8_t {
  ignored,
  constants,
  members,
  members_info,
  results,
  scid,
  type,
  users,
  owners,
  properties,
  system,
  connection,
  change_number,
  active_title,
  current_requests,
  max_requests,
  period,
  limit_type,
  handle
};

struct TopField {
  std::string_view key;
  FieldKind DocumentParts::*kind;  // nullptr: its kind does not matter
  TopContent content;
};

// In order of length, so that a key is compared to few of them.
inline constexpr std::array<TopField, 27> kTopFields{{
    {"id", nullptr, TopContent::handle},
    {"next", &DocumentParts::next, TopContent::ignored},
    {"scid", nullptr, TopContent::scid},
    {"type", nullptr, TopContent::type},
    {"xuids", nullptr, TopContent::users},
    {"branch", &DocumentParts::branch, TopContent::ignored},
    {"owners", nullptr, TopContent::owners},
    {"system", nullptr, TopContent::system},
    {"members", &DocumentParts::members, TopContent::members},
    {"servers", &DocumentParts::servers, TopContent::ignored},
    {"results", &DocumentParts::results, TopContent::results},
    {"titleId", nullptr, TopContent::handle},
    {"joinTime", &DocumentParts::join_time, TopContent::ignored},
    {"constants", &DocumentParts::constants, TopContent::constants},
    {"ownerXuid", nullptr, TopContent::handle},
    {"limitType", nullptr, TopContent::limit_type},
    {"properties", &DocumentParts::properties, TopContent::properties},
    {"connection", nullptr, TopContent::connection},
    {"sessionRef", &DocumentParts::session_ref, TopContent::handle},
    {"membersInfo", &DocumentParts::members_info, TopContent::members_info},
    {"maxRequests", nullptr, TopContent::max_requests},
    {"changeNumber", &DocumentParts::change_number, TopContent::change_number},
    {"correlationId", &DocumentParts::correlation_id, TopContent::ignored},
    {"activeTitleId", nullptr, TopContent::active_title},
    {"contractVersion", &DocumentParts::contract_version, TopContent::ignored},
    {"currentRequests", &DocumentParts::current_requests, TopContent::current_requests},
    {"periodInSeconds", nullptr, TopContent::period},
}};

constexpr bool ascending_in_length() {
  for (std::size_t i = 1; i < kTopFields.size(); ++i) {
    if (kTopFields[i].key.size() < kTopFields[i - 1].key.size()) return false;
  }
  return true;
}
static_assert(ascending_in_length());

inline constexpr std::size_t kLongestTopField = kTopFields.back().key.size();

// By length: the index of the first field that is not shorter.
inline constexpr auto kFirstOfLength = [] {
  std::array<std::uint8_t, kLongestTopField + 2> first{};
  for (std::size_t length = 0; length < first.size(); ++length) {
    while (first[length] < kTopFields.size() && kTopFields[first[length]].key.size() < length) {
      ++first[length];
    }
  }
  return first;
}();

// The field of that name; nullptr for any other.
inline const TopField* find_top_field(std::string_view key) {
  if (key.size() > kLongestTopField) return nullptr;
  const std::size_t end = kFirstOfLength[key.size() + 1];
  for (std::size_t i = kFirstOfLength[key.size()]; i < end; ++i) {
    if (kTopFields[i].key == key) return &kTopFields[i];
  }
  return nullptr;
}

}  // namespace mpsdscope

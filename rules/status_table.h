// The status table of the Multiplayer Session Directory: fifteen rows, as the service documents it.
// Every response of a session request is tagged with exactly one row, or `unlisted`.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "rules/target.h"

namespace mpsdscope {

enum class Row : std::uint8_t {
  r200,
  r201,
  r202,
  r204,
  r304,
  r400,
  r403_message,
  r403_session,
  r404,
  r405,
  r409,
  r412_bare,
  r412_session,
  r429,
  r503,
  unlisted
};
constexpr std::size_t kRowCount = 16;  // with unlisted

enum class BodyDemand : std::uint8_t { unspecified, none, message, session };

struct StatusRow {
  Row row;
  std::string_view id;  // stable: "403-session"
  int status;
  std::string_view reason;      // reason phrase
  std::string_view media_type;  // "" where the table names none
  BodyDemand body;
  std::string_view meaning;  // in our words
};

// In the order of the table; without `unlisted`.
extern const std::array<StatusRow, 15> kStatusTable;

std::string_view id_of(Row row);                        // "200" … "503", "unlisted"
const StatusRow* status_row_of(Row row);                // nullptr for unlisted
const StatusRow* find_status_row(std::string_view id);  // nullptr if there is none

// The row of a response. 403 and 412 have two: application/json (`media_type` without parameters,
// compared without case) is the one with the session; where there is no media type ("") a JSON
// object as the body is.
Row classify(int status, std::string_view media_type, bool body_is_json_object);

// What a 204 means, by method and target.
enum class Variant204 : std::uint8_t {
  none,
  session_absent,
  element_absent,
  session_deleted,
  element_gone
};
constexpr std::size_t kVariants204 = 5;           // none among them
std::string_view name_of(Variant204 variant);     // "" for none, "session-absent", …
std::string_view meaning_of(Variant204 variant);  // in our words; "" for none

// `none` for methods and targets of which the table says nothing.
Variant204 variant_of(std::string_view method, TargetKind kind);

// What the other services of the platform mean by a status that is not in the table: a clause, ""
// if nothing is known.
std::string_view generic_meaning_of(int status);

}  // namespace mpsdscope

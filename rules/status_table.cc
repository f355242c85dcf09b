#include "rules/status_table.h"

#include <algorithm>

#include "decode/exchange.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kText = "text/plain";

}  // namespace

// Source: the service's published status table.
const std::array<StatusRow, 15> kStatusTable{{
    {Row::r200, "200", 200, "OK", kJson, BodyDemand::session,
     "The session was read (GET) or updated (PUT)."},
    {Row::r201, "201", 201, "Created", kJson, BodyDemand::session, "The session was created."},
    {Row::r202, "202", 202, "Accepted", kText, BodyDemand::none,
     "The request was accepted and is not carried out yet."},
    {Row::r204, "204", 204, "No content", "", BodyDemand::unspecified,
     "Nothing to return: GET of a session that does not exist or of an element that its session "
     "lacks, PUT that deleted the session, PUT or DELETE of an element that is gone by now or "
     "whose "
     "session is."},
    {Row::r304, "304", 304, "Not modified", "", BodyDemand::unspecified,
     "The session is still the one that If-None-Match of the GET named."},
    {Row::r400, "400", 400, "Bad request", kText, BodyDemand::message,
     "Wrong at first sight: the JSON is malformed or a required field is missing."},
    {Row::r403_message, "403-message", 403, "Forbidden", kText, BodyDemand::message,
     "Not allowed here, though perhaps elsewhere, or the caller is not authorised."},
    {Row::r403_session, "403-session", 403, "Forbidden", kJson, BodyDemand::session,
     "The user may read the session, which is returned whole, but not update it."},
    {Row::r404, "404", 404, "Not found", kText, BodyDemand::message,
     "The URI is invalid, its handle, SCID, template or hopper does not exist, or its element is "
     "out of reach."},
    {Row::r405, "405", 405, "Method not allowed", kText, BodyDemand::message,
     "The URI makes sense, the method does not."},
    {Row::r409, "409", 409, "Conflict", kText, BodyDemand::message,
     "The request does not go with the session: other constants than the session or its template "
     "has, or other members than the caller added to or removed from a large session."},
    {Row::r412_bare, "412-bare", 412, "Precondition failed", "", BodyDemand::unspecified,
     "If-Match, or If-None-Match of anything but a GET, does not hold."},
    {Row::r412_session, "412-session", 412, "Precondition failed", kJson, BodyDemand::session,
     "If-Match of a PUT or DELETE does not hold; the session as it is now is returned whole, with "
     "its current ETag."},
    {Row::r429, "429", 429, "Too many requests", kJson, BodyDemand::message,
     "Throttled: the user called more often with this title than the service's limits allow."},
    {Row::r503, "503", 503, "Service unavailable", kText, BodyDemand::none,
     "Overloaded: to be tried again after the time in Retry-After."},
}};

const StatusRow* find_status_row(std::string_view id) {
  const auto found = std::find_if(kStatusTable.begin(), kStatusTable.end(),
                                  [&](const StatusRow& row) { return row.id == id; });
  return found == kStatusTable.end() ? nullptr : &*found;
}

const StatusRow* status_row_of(Row row) {
  return row == Row::unlisted ? nullptr : &kStatusTable[static_cast<std::size_t>(row)];
}

std::string_view id_of(Row row) {
  const StatusRow* listed = status_row_of(row);
  return listed == nullptr ? "unlisted" : listed->id;
}

Row classify(int status, std::string_view media_type, bool body_is_json_object) {
  if (status == 403 || status == 412) {
    const bool session =
        media_type.empty() ? body_is_json_object : equals_ignoring_case(media_type, kJson);
    if (status == 403) return session ? Row::r403_session : Row::r403_message;
    return session ? Row::r412_session : Row::r412_bare;
  }
  for (const StatusRow& row : kStatusTable) {
    if (row.status == status) return row.row;
  }
  return Row::unlisted;
}

std::string_view name_of(Variant204 variant) {
  constexpr std::array<std::string_view, kVariants204> kNames{
      "", "session-absent", "element-absent", "session-deleted", "element-gone"};
  return kNames[static_cast<std::size_t>(variant)];
}

std::string_view meaning_of(Variant204 variant) {
  constexpr std::array<std::string_view, kVariants204> kMeanings{
      "", "GET of a session: it does not exist.",
      "GET of an element: the session exists, the element does not.",
      "PUT of a session: this PUT deleted it.",
      "PUT or DELETE of an element: the session was there when the operation began; now it, or the "
      "element, is gone."};
  return kMeanings[static_cast<std::size_t>(variant)];
}

Variant204 variant_of(std::string_view method, TargetKind kind) {
  const bool session = kind == TargetKind::session || kind == TargetKind::session_by_handle;
  const bool element = kind == TargetKind::element || kind == TargetKind::element_by_handle;
  if (method == "GET") {
    return session   ? Variant204::session_absent
           : element ? Variant204::element_absent
                     : Variant204::none;
  }
  if (method == "PUT" && session) return Variant204::session_deleted;
  if ((method == "PUT" || method == "DELETE") && element) return Variant204::element_gone;
  return Variant204::none;
}

std::string_view generic_meaning_of(int status) {
  switch (status) {
    case 401:
      return "the token is missing, expired or not accepted";
    case 408:
      return "the service waited too long for the request";
    case 500:
      return "the service failed for a reason of its own";
    case 502:
      return "a gateway before the service got no valid answer from it";
    case 504:
      return "a gateway before the service got no answer in time";
    default:
      return "";
  }
}

}  // namespace mpsdscope

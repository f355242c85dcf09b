#include "rules/own_member.h"

#include "decode/ascii.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kMe = "members/me";
constexpr std::string_view kMyConnection = "members/me/properties/system/connection";

}  // namespace

bool is_own_member(const Target& target) {
  return begins_ignoring_case(target.element, kMe) &&
         (target.element.size() == kMe.size() || target.element[kMe.size()] == '/');
}

bool leaves_session(const Call& call) {
  const Target& target = call.target;
  return (call.request_document->me == OwnMember::removed && target.answers_session()) ||
         (call.exchange->request.method == "DELETE" && is_own_member(target) &&
          target.element.size() == kMe.size());
}

std::optional<std::string_view> own_connection(const Call& call) {
  const Target& target = call.target;
  const std::string_view method = call.exchange->request.method;
  const bool is_itself = equals_ignoring_case(target.element, kMyConnection);
  if (method == "DELETE" && is_itself) return "";
  if (method != "PUT") return std::nullopt;
  const DocumentFacts& document = *call.request_document;
  const bool below = document.json_object && (target.answers_session() || is_own_member(target));
  if (!below && !is_itself) return std::nullopt;
  if (document.connection.empty() && !document.connection_removed) return std::nullopt;
  return document.connection;
}

}  // namespace mpsdscope

#include "rules/own_member.h"

#include "decode/ascii.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kMe = "members/me";

}  // namespace

bool is_own_member(const Target& target) {
  return begins_ignoring_case(target.element, kMe) &&
         (target.element.size() == kMe.size() || target.element[kMe.size()] == '/');
}

bool leaves_session(const Call& call) {
  const Target& target = call.target;
  return (call.request_document.me == OwnMember::removed && target.answers_session()) ||
         (call.exchange->request.method == "DELETE" && is_own_member(target) &&
          target.element.size() == kMe.size());
}

bool tells_own_connection(const Call& call) {
  return call.exchange->request.method == "PUT" &&
         (call.target.answers_session() || is_own_member(call.target));
}

}  // namespace mpsdscope

// Builds exchanges and documents for the tests of the rules.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/engine.h"

namespace mpsdscope::testing {

inline constexpr std::string_view kScid = "4fc10100-5f7a-4470-899b-55580a6d2730";
inline constexpr std::string_view kHost = "sessiondirectory.xboxlive.com";
inline constexpr std::string_view kHandle = "/handles/1ddd0e5b-97a7-4bf0-951c-08eb21aec861";

inline std::string session_path() {
  return "/serviceconfigs/" + std::string(kScid) + "/sessionTemplates/lobby/sessions/harbour";
}

// An entire session of one member, as contract version 107 has it.
inline std::string session_json() {
  return R"({"membersInfo":{"first":0,"next":1,"count":1,"accepted":1},"constants":{"system":{)"
         R"("maxMembersCount":4},"custom":{}},"properties":{"system":{},"custom":{}},"members":{)"
         R"("0":{"next":1,"joinTime":"2026-01-02T03:04:05Z","constants":{"system":{"xuid":"77"}}}},)"
         R"("contractVersion":107,"correlationId":"c","branch":"b","changeNumber":1})";
}

inline std::string member_json() {
  return R"({"next":1,"joinTime":"2026-01-02T03:04:05Z","constants":{},"properties":{}})";
}

inline std::string rate_limit_json() {
  return R"({"version":1,"currentRequests":31,"maxRequests":30,"periodInSeconds":15})";
}

inline CaptureTime at_ms(std::int64_t milliseconds) {
  return CaptureTime(std::chrono::milliseconds(milliseconds));
}

// A complete exchange: the setters return it, so that tests read as one expression.
class Built {
 public:
  Built(std::string_view method, std::string_view target, int status)
      : exchange_(std::make_unique<Exchange>()) {
    HttpRequest& request = exchange_->request;
    request.present = true;
    request.method = method;
    request.target = target;
    request.authority = kHost;
    HttpResponse& response = exchange_->response;
    response.present = true;
    response.status = status;
    time(1'000'000);
  }

  Built& time(std::int64_t milliseconds) {
    exchange_->request.begin = exchange_->request.end = at_ms(milliseconds - 50);
    exchange_->response.begin = exchange_->response.end = at_ms(milliseconds);
    exchange_->decided = at_ms(milliseconds);
    return *this;
  }
  Built& host(std::string_view authority) {
    exchange_->request.authority = authority;
    return *this;
  }
  Built& ask(std::string_view name, std::string_view value) {
    exchange_->request.fields.add(name, value);
    return *this;
  }
  Built& ask_body(std::string_view body) {
    exchange_->request.body = body;
    exchange_->request.body_length = body.size();
    return *this;
  }
  Built& field(std::string_view name, std::string_view value) {
    exchange_->response.fields.add(name, value);
    return *this;
  }
  Built& body(std::string_view body) {
    exchange_->response.body = body;
    exchange_->response.body_length = body.size();
    return *this;
  }
  Built& json(std::string_view text) {
    return field("Content-Type", "application/json").body(text);
  }
  Built& text(std::string_view text) { return field("Content-Type", "text/plain").body(text); }
  Built& defect(Defect defect) {
    exchange_->defects.add(defect);
    return *this;
  }
  Built& no_request() {
    exchange_->request.present = false;
    exchange_->request.method.clear();
    exchange_->request.target.clear();
    return defect(Defect::request_missing);
  }
  Built& no_response() {
    exchange_->response = HttpResponse();
    return *this;
  }
  Exchange& exchange() { return *exchange_; }
  ExchangePtr take() { return std::move(exchange_); }

 private:
  ExchangePtr exchange_;
};

inline CallPtr examined(Built& built) {
  return examine(built.take(), RuleSettings());
}
inline CallPtr examined(Built&& built) {
  return examine(built.take(), RuleSettings());
}

// The ids of the violations, separated by spaces, those of severity info in brackets.
inline std::string fired(const Call& call) {
  std::string ids;
  for (const Violation& violation : call.violations) {
    if (!ids.empty()) ids += ' ';
    const std::string id(info_of(violation.rule).id);
    ids += violation.severity == Severity::info ? "[" + id + "]" : id;
  }
  return ids;
}
inline std::string fired(Built& built) {
  return fired(*examined(built));
}
inline std::string fired(Built&& built) {
  return fired(*examined(built));
}

}  // namespace mpsdscope::testing

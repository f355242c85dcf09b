#include "tools/jsonl_messages.h"

#include <algorithm>
#include <string>

#include "decode/ascii.h"
#include "tools/redact.h"
#include "tools/redact_body.h"
#include "tools/utf8.h"

namespace mpsdscope {
namespace {

std::string redacted_field(std::string_view name, std::string_view value) {
  if (is_secret_field(name)) return value.empty() ? "" : std::string(kRedacted);
  if (equals_ignoring_case(name, "host")) return redacted_host(value);
  std::string text;
  const bool uri = value.find("://") != value.npos || value.substr(0, 1) == "/";
  uri ? append_redacted_uri(text, value) : append_redacted_name(text, value);
  return text;
}

std::string as_valid_utf8(std::string text) {
  make_valid_utf8(text);
  return text;
}

bool violates(const Violation& violation) {
  return violation.severity >= Severity::warning;
}

bool wants(const Call& call, const BodyLog& log) {
  return log.of == Bodies::all ||
         (log.of == Bodies::violations &&
          std::any_of(call.violations.begin(), call.violations.end(), violates));
}

MessageText text_of(const FieldLines& fields, const std::string& body, bool undecoded, bool cut,
                    std::size_t most) {
  MessageText text;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const FieldLines::Line line = fields[i];
    text.headers.emplace_back(as_valid_utf8(redacted_name(line.name)),
                              as_valid_utf8(redacted_field(line.name, line.value)));
  }
  // What could not be decoded is no text.
  if (body.empty() || undecoded) return text;
  text.body = as_valid_utf8(redacted_body(cut_utf8(body, most)));
  text.cut = cut || body.size() > most;
  return text;
}

MessageText request_of(const Call& call, std::size_t most) {
  const Defects& defects = call.exchange->defects;
  const HttpRequest& request = call.exchange->request;
  return text_of(request.fields, request.body, defects.has(Defect::request_body_undecoded),
                 defects.has(Defect::request_body_cut), most);
}

MessageText response_of(const Call& call, std::size_t most) {
  const Defects& defects = call.exchange->defects;
  const HttpResponse& response = call.exchange->response;
  return text_of(response.fields, response.body, defects.has(Defect::response_body_undecoded),
                 defects.has(Defect::response_body_cut), most);
}

struct MessageKeys {
  std::string_view headers, body, cut;
};

void write_message(JsonWriter& json, const MessageKeys& keys, const MessageText& message) {
  if (!message.headers.empty()) {
    json.begin_array(keys.headers);
    for (const auto& [name, value] : message.headers) {
      json.begin_array();
      json.element(name);
      json.element(value);
      json.end_array();
    }
    json.end_array();
  }
  if (message.body.empty()) return;
  json.text(keys.body, message.body);
  if (message.cut) json.boolean(keys.cut, true);
}

}  // namespace

void write_bodies(JsonWriter& json, const Call& call, const BodyLog& log) {
  if (!wants(call, log)) return;
  write_message(json, {"request_headers", "request_body", "request_body_cut"},
                request_of(call, log.most));
  write_message(json, {"response_headers", "response_body", "response_body_cut"},
                response_of(call, log.most));
}

void set_messages(Record& record, const Call& call, const BodyLog& log) {
  if (!wants(call, log)) return;
  record.request = request_of(call, log.most);
  record.response = response_of(call, log.most);
}

}  // namespace mpsdscope

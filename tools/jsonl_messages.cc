#include "tools/jsonl_messages.h"

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

void write_fields(JsonWriter& json, std::string_view key, const FieldLines& fields) {
  if (fields.empty()) return;
  json.begin_array(key);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const FieldLines::Line line = fields[i];
    json.begin_array();
    json.element(redacted_name(line.name));
    json.element(redacted_field(line.name, line.value));
    json.end_array();
  }
  json.end_array();
}

struct BodyKeys {
  std::string_view body, cut;
};

// What could not be decoded is no text.
void write_body(JsonWriter& json, const BodyKeys& keys, const std::string& body, bool undecoded,
                bool cut, std::size_t most) {
  if (body.empty() || undecoded) return;
  json.text(keys.body, redacted_body(cut_utf8(body, most)));
  if (cut || body.size() > most) json.boolean(keys.cut, true);
}

}  // namespace

void write_bodies(JsonWriter& json, const Call& call, const BodyLog& log) {
  if (log.of == Bodies::none || (log.of == Bodies::violations && call.violations.empty())) return;
  const Exchange& exchange = *call.exchange;
  const Defects& defects = exchange.defects;
  write_fields(json, "request_headers", exchange.request.fields);
  write_body(json, {"request_body", "request_body_cut"}, exchange.request.body,
             defects.has(Defect::request_body_undecoded), defects.has(Defect::request_body_cut),
             log.most);
  write_fields(json, "response_headers", exchange.response.fields);
  write_body(json, {"response_body", "response_body_cut"}, exchange.response.body,
             defects.has(Defect::response_body_undecoded), defects.has(Defect::response_body_cut),
             log.most);
}

}  // namespace mpsdscope

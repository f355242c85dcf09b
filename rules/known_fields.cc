#include "rules/known_fields.h"

#include <array>

namespace mpsdscope {
namespace {

struct Known {
  std::string_view name;  // as the service or its stock client spells it
  KnownFields::Value KnownFields::*value;
};

constexpr std::array<Known, 4> kOfRequest{
    {{"Authorization", &KnownFields::authorization},
     {"x-xbl-contract-version", &KnownFields::contract_version},
     {"If-Match", &KnownFields::if_match},
     {"If-None-Match", &KnownFields::if_none_match}}};

constexpr std::array<Known, 6> kOfResponse{{{"Content-Type", &KnownFields::content_type},
                                            {"Date", &KnownFields::date},
                                            {"X-Xbl-Debug", &KnownFields::debug},
                                            {"ETag", &KnownFields::etag},
                                            {"Retry-After", &KnownFields::retry_after},
                                            {"X-XblCorrelationId", &KnownFields::correlation_id}}};

bool is_named(std::string_view name, std::string_view known) {
  return name.size() == known.size() && (name == known || equals_ignoring_case(name, known));
}

template <std::size_t N>
void find(const FieldLines& lines, const std::array<Known, N>& table, KnownFields& fields) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const FieldLines::Line line = lines[i];
    for (const Known& known : table) {
      if (!is_named(line.name, known.name)) continue;
      if (fields.*known.value) break;
      fields.*known.value = line.value;
      if (known.value == &KnownFields::debug) fields.debug_line = i;
      break;
    }
  }
}

}  // namespace

KnownFields find_known_fields(const Exchange& exchange) {
  KnownFields fields;
  find(exchange.request.fields, kOfRequest, fields);
  find(exchange.response.fields, kOfResponse, fields);
  return fields;
}

}  // namespace mpsdscope

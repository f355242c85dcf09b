#include "rules/known_fields.h"

#include <array>
#include <cstdint>

namespace mpsdscope {
namespace {

struct Known {
  std::string_view name;  // as the service or its stock client spells it
  KnownFields::Value KnownFields::*value;
};

constexpr std::array<Known, 5> kOfRequest{
    {{"Authorization", &KnownFields::authorization},
     {"x-xbl-contract-version", &KnownFields::contract_version},
     {"If-Match", &KnownFields::if_match},
     {"If-None-Match", &KnownFields::if_none_match},
     {"Signature", &KnownFields::signature}}};

constexpr std::array<Known, 6> kOfResponse{{{"Content-Type", &KnownFields::content_type},
                                            {"Date", &KnownFields::date},
                                            {"X-Xbl-Debug", &KnownFields::debug},
                                            {"ETag", &KnownFields::etag},
                                            {"Retry-After", &KnownFields::retry_after},
                                            {"X-XblCorrelationId", &KnownFields::correlation_id}}};

// A bit for each length that a name of the table has: no other line is looked at.
template <std::size_t N>
constexpr std::uint64_t lengths_of(const std::array<Known, N>& table) {
  std::uint64_t lengths = 0;
  for (const Known& known : table) lengths |= std::uint64_t{1} << known.name.size();
  return lengths;
}

template <std::size_t N>
void find(const FieldLines& lines, const std::array<Known, N>& table, std::uint64_t lengths,
          KnownFields& fields) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t length = lines.name_size(i);
    if (length > 63 || (lengths >> length & 1) == 0) continue;
    const FieldLines::Line line = lines[i];
    for (const Known& known : table) {
      if (length != known.name.size() || !equals_ignoring_case(line.name, known.name)) continue;
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
  find(exchange.request.fields, kOfRequest, lengths_of(kOfRequest), fields);
  find(exchange.response.fields, kOfResponse, lengths_of(kOfResponse), fields);
  return fields;
}

}  // namespace mpsdscope

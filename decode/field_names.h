// The fields that anybody asks for (RFC 9110 §5.1, the service's own). Each field line's name is
// recognised once, when the line has been read.
#pragma once

#include <cstdint>
#include <string_view>

namespace mpsdscope {

enum class FieldName : std::uint8_t {
  other,  // none of these
  authorization,
  connection,
  content_encoding,
  content_length,
  content_location,
  content_type,
  contract_version,  // x-xbl-contract-version
  correlation_id,    // X-XblCorrelationId
  date,
  debug,  // X-Xbl-Debug
  etag,
  expect,
  host,
  if_match,
  if_none_match,
  if_unmodified_since,
  proxy_connection,
  retry_after,
  sec_websocket_extensions,
  sec_websocket_protocol,
  signature,
  transfer_encoding,
  upgrade,
  count_  // not a name: how many there are
};

// Names are compared without case.
FieldName recognise_field(std::string_view name);

}  // namespace mpsdscope

// One call of the session directory: an exchange, read and judged.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/exchange.h"
#include "decode/session_document.h"
#include "rules/rule_table.h"
#include "rules/status_table.h"
#include "rules/target.h"

namespace mpsdscope {

// Where the user's XUID came from, best first.
enum class UserSource : std::uint8_t {
  none,
  debug,   // X-Xbl-Debug user0= of the response
  member,  // members.me of the request
  owner,   // a handle's ownerXuid: on a read of a handle possibly not the caller
  hash,    // an earlier exchange showed this XUID together with the user hash
};

struct Call {
  // Never null. Once it has been examined its bodies and heads may be gone, but for the fields
  // If-Match and If-None-Match of the request.
  ExchangePtr exchange;
  bool mpsd = false;  // a call of the service (by host, or by path where there is no host);
                      // if false, nothing below is set
  Target target;
  std::optional<Row> row;  // nullopt: no response to tag
  Variant204 variant = Variant204::none;
  std::optional<std::int64_t>
      retry_after_s;  // of delta-seconds; of a date: against Date or completion
  std::string etag;   // of the response, with its quotes
  // X-XblCorrelationId of the response, by which the service finds the call; "" if there is none or
  // if it is longer than 128 bytes.
  std::string correlation_id;
  DocumentFacts request_document;
  DocumentFacts response_document;

  // Identity. Filled from the exchange alone first, completed by the engine's memory.
  std::optional<std::uint32_t> title_id;  // shown as 8 upper-case hex digits
  std::string user_id;                    // XUID in decimal, "" unknown
  UserSource user_source = UserSource::none;
  std::string user_hash;  // of Authorization: XBL3.0 x=<hash>; never the token

  std::vector<Violation> violations;  // in the order of the rule table, each rule once at most

  // All but the exchange back to as constructed. Keeps the memory that ordinary calls need.
  void clear();
};

using CallPtr = std::unique_ptr<Call>;

std::string format_title_id(std::uint32_t title_id);  // "0A6D2730"

}  // namespace mpsdscope

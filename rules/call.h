// One call of the session directory: an exchange, read and judged.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/exchange.h"
#include "decode/rta_message.h"
#include "decode/session_document.h"
#include "rules/digest.h"
#include "rules/limits.h"
#include "rules/request_facts.h"
#include "rules/status_table.h"
#include "rules/target.h"
#include "rules/user_text.h"
#include "rules/violation.h"

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
  // Never null. Once it has been examined its bodies may be gone, and at the limit of memory its
  // heads.
  ExchangePtr exchange;
  bool mpsd = false;   // a call of the service (by host, or by path where there is no host);
                       // if false, of what is below only bucket, identity, the violations of the
                       // rates and the document of a 429 are set, and these only of a service
                       // whose limits are known
  bool listed = true;  // false: wanted for what it counts, and shown only if there is a violation
  std::optional<LimitBucket> bucket;  // whose limits it counts against
  Target target;
  Digest session;          // of what the target names, within a session: see session_name.h
  std::optional<Row> row;  // nullopt: no response to tag
  Variant204 variant = Variant204::none;
  std::optional<std::int64_t>
      retry_after_s;  // of delta-seconds; of a date: against Date or completion
  std::string etag;   // of the response, with its quotes
  // X-XblCorrelationId of the response, by which the service finds the call; "" if there is none or
  // if it is longer than 128 bytes.
  std::string correlation_id;
  RequestFacts request;                 // as it is compared to others
  std::optional<int> contract_version;  // x-xbl-contract-version of the request, if a number
  SharedFacts request_document;
  SharedFacts response_document;
  RtaMessage
      rta;  // of a message of change notifications; then of the rest only the identity is set

  // Identity. Filled from the exchange alone first, completed by the engine's memory.
  std::optional<std::uint32_t> title_id;  // shown as 8 upper-case hex digits
  UserText user_id;                       // XUID in decimal, "" unknown
  UserSource user_source = UserSource::none;
  UserText user_hash;        // of Authorization: XBL3.0 x=<hash>; never the token
  bool hash_shared = false;  // the hash is that of another XUID too: who calls goes by user_id

  // Of a 429 whose body tells a period: the calls that we counted in it.
  std::optional<std::uint32_t> counted;
  std::vector<Violation> violations;  // in the order of the rule table, each rule once at most

  // All but the exchange back to as constructed. Keeps the memory that ordinary calls need.
  void clear();
};

using CallPtr = std::unique_ptr<Call>;

// A PUT with nocommit=true: whatever it is answered, it changes nothing and tells nothing of what
// the session is. Other methods know no dry run.
inline bool is_dry_run(const Call& call) {
  return call.target.nocommit && call.exchange->request.method == "PUT";
}

// Was it answered with 429, by whatever service?
inline bool is_throttled(const Call& call) {
  return call.exchange->response.present && call.exchange->response.status == 429;
}

std::string format_title_id(std::uint32_t title_id);  // "0A6D2730"

}  // namespace mpsdscope

// What of a request is compared to other requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "decode/exchange.h"
#include "rules/digest.h"
#include "rules/known_fields.h"

namespace mpsdscope {

constexpr std::size_t kMostEtag = 256;  // bytes kept of one

// The precondition of a write, by which MPSD tells its write modes (RFC 9110 §13.1).
enum class Guard : std::uint8_t {
  unknown,   // the head was not read whole
  none,      // update or create
  any,       // If-Match: * updates what exists
  etag,      // If-Match with an ETag: a synchronized update
  absent,    // If-None-Match: * creates what does not exist
  unmatched  // If-None-Match with an ETag
};

struct RequestFacts {
  Guard guard = Guard::unknown;
  std::string if_match;  // of Guard::etag: the value; "" if it is longer than kMostEtag
  // Hashes, for comparison only. Never written anywhere.
  std::uint64_t signature = 0;  // of the Signature field; 0: none
  std::uint64_t target = 0;     // of method, path without case, and query
  std::uint64_t body = 0;       // 0: none
  bool body_known = false;

  // Back to as constructed. Keeps the memory that ordinary values need.
  void clear();
};

// Was the head of the request read whole? Else an absent field says nothing.
bool request_head_known(const Exchange& exchange);
// Was its content received entirely and decoded?
bool request_body_known(const Exchange& exchange);

void read_request_facts(const Exchange& exchange, const KnownFields& fields, RequestFacts& facts);

// Never 0.
std::uint64_t hash_of(std::string_view text);

}  // namespace mpsdscope

// Asks for the texts of a call that every stage reads or writes, ahead: see decode/prefetch.h. The
// call and its exchange are in the cache already, or were asked for.
#pragma once

#include "decode/prefetch.h"
#include "rules/call.h"

namespace mpsdscope {

[[gnu::always_inline]] inline void prefetch_texts(const Exchange& exchange) {
  prefetch_bytes(exchange.request.target, exchange.request.authority);
}

// Without those of its exchange.
[[gnu::always_inline]] inline void prefetch_texts(const Call& call) {
  const Target& target = call.target;
  prefetch_bytes(target.scid, target.template_name, target.session, call.etag, call.correlation_id,
                 call.user_id.text(), call.user_hash.text());
}

}  // namespace mpsdscope

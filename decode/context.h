// What the decoding layers of one connection share. Plain references; the owner outlives them all.
#pragma once

#include <cstdint>
#include <string>

#include "decode/address.h"
#include "decode/exchange.h"
#include "decode/keylog.h"
#include "decode/limits.h"
#include "decode/report.h"

namespace mpsdscope {

// One per decoder (that is, per shard): single-threaded.
struct DecodeContext {
  const KeyLog& keys;
  bool keys_may_grow;  // live: a key may come later than the packets that need it
  const Limits& limits;
  DecodeReport& report;
  ExchangeSink& exchanges;
  std::uint64_t decoded_excess = 0;  // spent of Limits::max_decoded_excess_total
};

// One per TCP connection, shared by its layers.
struct ConnectionInfo {
  std::uint64_t conn = 0;  // number of its first packet
  Endpoint client;
  Endpoint server;
  bool one_sided = false;         // so far only one direction was captured
  bool tls = false;               // set when the bytes come out of TLS
  std::string sni;                // RFC 6066 §3 host_name of the innermost TLS, if any
  std::string connect_authority;  // target of the innermost CONNECT, if any
  std::uint32_t connect_depth = 0;
  std::uint64_t next_index = 0;  // gives Exchange::index
};

}  // namespace mpsdscope

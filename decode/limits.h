// Caps on what untrusted input may make the program hold. All configurable; each time one bites it
// is counted (decode/report.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "decode/time.h"

namespace mpsdscope {

struct Limits {
  std::size_t max_flows = 65'536;  // TCP connections followed at once
  std::size_t max_buffered_per_flow = std::size_t{4}
                                      << 20;  // bytes waiting in one connection, all layers
  std::size_t max_buffered_total = std::size_t{64} << 20;  // bytes waiting in all connections
  std::size_t max_fragments_total = std::size_t{4} << 20;  // bytes of incomplete IP datagrams
  std::size_t max_head_bytes = std::size_t{256} << 10;  // HTTP message head (start line and fields)
  std::size_t max_body_bytes = std::size_t{4} << 20;    // kept of one body as transferred
  std::size_t max_decoded_body_bytes = std::size_t{8} << 20;  // one body after content decoding
  // A body that decodes to more than this many times its size is suspect: beyond it, all bodies of
  // a decoder share what is given here.
  std::size_t max_decoded_ratio = 256;
  std::size_t max_decoded_excess_total = std::size_t{64} << 20;
  // Heads and texts of calls on their way to the output, beyond what the least have; compressed
  // heads of a few bytes can stand for very long ones. All decoders share it, for a batch of
  // packets.
  std::size_t max_call_texts_total = std::size_t{32} << 20;
  std::size_t max_h2_streams = 1'024;                       // open HTTP/2 streams of one connection
  std::size_t max_h2_header_list = std::size_t{256} << 10;  // one HTTP/2 header list, decoded
  std::size_t max_websocket_message = std::size_t{1} << 20;  // as transferred, and decompressed
  std::size_t max_pipelined = 1'024;                    // HTTP/1 requests waiting for a response
  std::size_t max_connect_depth = 3;                    // CONNECT tunnels within CONNECT tunnels
  std::size_t max_tls_trial_records = 64;               // lost records tried over after a gap
  Duration reassembly_grace = std::chrono::seconds(1);  // how long a missing segment is waited for
};

}  // namespace mpsdscope

// What decoding did besides exchanges: everything lost, odd or cut is counted here, never silent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "decode/address.h"

namespace mpsdscope {

// name, what a person reads in the summary (lower case, plural). One row per counter; the name is
// also the key in the log's summary record.
#define MPSDSCOPE_COUNTERS(X)                                                              \
  X(packets, "packets")                                                                    \
  X(packet_bytes, "captured bytes")                                                        \
  X(packets_cut, "packets cut short by the capture's snap length")                         \
  X(frames_unsupported_link, "packets of an unsupported link type")                        \
  X(frames_not_ip, "packets that are not IP")                                              \
  X(frames_not_tcp, "IP packets that are not TCP")                                         \
  X(frames_quic, "UDP packets on port 443 (QUIC is not decoded)")                          \
  X(frames_malformed, "damaged packets")                                                   \
  X(fragments, "IP fragments")                                                             \
  X(fragments_dropped, "IP fragments dropped (incomplete, overlapping or over the limit)") \
  X(segments, "TCP segments")                                                              \
  X(tcp_connections, "TCP connections")                                                    \
  X(tcp_midstream, "TCP connections joined after their start")                             \
  X(tcp_one_sided, "TCP connections of which only one direction was captured")             \
  X(tcp_retransmitted_bytes, "TCP bytes seen again (retransmitted or duplicated)")         \
  X(tcp_out_of_order, "TCP segments out of order")                                         \
  X(tcp_out_of_window, "TCP segments far outside their connection, ignored")               \
  X(tcp_gaps, "gaps in TCP streams")                                                       \
  X(tcp_gap_bytes, "bytes missing in TCP streams")                                         \
  X(tcp_resets, "TCP connections reset")                                                   \
  X(flows_evicted, "TCP connections dropped at the limit of flows")                        \
  X(flows_evicted_memory, "TCP connections dropped at the limit of buffered bytes")        \
  X(streams_unknown, "connections that are neither TLS nor HTTP")                          \
  X(tls_connections, "TLS connections")                                                    \
  X(tls_decrypted, "TLS connections decrypted")                                            \
  X(tls_undecrypted, "TLS connections not decrypted")                                      \
  X(tls_bad_records, "TLS records that did not decrypt")                                   \
  X(tls_lost_records, "TLS records lost in gaps")                                          \
  X(http1_connections, "HTTP/1 connections")                                               \
  X(http2_connections, "HTTP/2 connections")                                               \
  X(http2_lost, "HTTP/2 connections given up (damaged)")                                   \
  X(http2_streams_dropped, "HTTP/2 streams dropped at the limit")                          \
  X(http_malformed, "HTTP messages with syntax errors")                                    \
  X(http_ambiguous, "HTTP messages whose end is ambiguous")                                \
  X(http_resynchronised, "times that HTTP resynchronised after a gap")                     \
  X(http_bytes_skipped, "HTTP bytes skipped while looking for the next message")           \
  X(http_heads_too_large, "HTTP heads over the limit")                                     \
  X(http_bodies_cut, "HTTP bodies over the limit of kept bytes")                           \
  X(http_bodies_undecoded, "HTTP bodies that could not be decompressed")                   \
  X(http_bodies_over_limit, "HTTP bodies not decompressed for their size or ratio")        \
  X(http_pipeline_overflow, "HTTP/1 requests dropped at the limit of pipelining")          \
  X(connect_tunnels, "CONNECT tunnels")                                                    \
  X(http2_tunnels_unread, "CONNECT tunnels within HTTP/2, not TLS, that were not read")    \
  X(websockets, "connections upgraded to websocket or another protocol")                   \
  X(websocket_messages, "websocket messages")                                              \
  X(websocket_dropped, "websocket messages dropped (too long, damaged, or bytes missing)") \
  X(websocket_lost, "directions of websockets given up (damaged, or bytes missing)")       \
  X(rta_unread, "messages of change notifications that could not be read")                 \
  X(calls_cut, "calls whose longest texts were dropped at the limit of memory")            \
  X(responses_placeless, "HTTP responses of an unknown host: their requests were lost")    \
  X(exchanges, "HTTP exchanges")

enum class Counter : std::uint8_t {
#define X(name, words) name,
  MPSDSCOPE_COUNTERS(X)
#undef X
      count_
};

constexpr std::size_t kCounterCount = static_cast<std::size_t>(Counter::count_);

using DecodeCounters = std::array<std::uint64_t, kCounterCount>;

std::string_view name_of(Counter counter);   // "tcp_gaps"
std::string_view describe(Counter counter);  // "gaps in TCP streams"

// Why a TLS connection could not be read.
enum class TlsFailure : std::uint8_t {
  no_key,               // the key log holds nothing for its client random
  unsupported_suite,    // cipher suite that is not implemented
  unsupported_version,  // older than TLS 1.2
  handshake_unseen,     // the capture began after the handshake
  one_sided,            // the capture holds only one direction of the handshake
  gap,                  // lost bytes, and no way to find the place again
  damaged,              // not TLS after all, or records that no key opens
  in_http2,             // it runs in a CONNECT tunnel within an HTTP/2 connection
  refused_certificate,  // the proxy's: its client does not trust it, or pins another
  count_
};
std::string_view name_of(
    TlsFailure failure);  // "no key", "unsupported suite", …: words for a person

// The detail of no_key where the log has others of the connection.
inline constexpr std::string_view kSomeSecrets = "only some of its secrets";

// Plain data, one per decoder; merged at the end. Not thread-safe.
struct DecodeReport {
  DecodeCounters counters{};
  // Exchanges by host (authority without port, lower case); bounded, the rest under "(other)".
  std::map<std::string, std::uint64_t, std::less<>> hosts;
  struct Undecrypted {
    std::string name;  // SNI, or the server's endpoint where there is none
    TlsFailure failure;
    std::string detail;  // e.g. the suite's number and name; may be ""
    auto operator<=>(const Undecrypted&) const = default;
  };
  // TLS connections that could not be read, by name and reason; bounded like hosts.
  std::map<Undecrypted, std::uint64_t> undecrypted;
  // Of the first packet that was counted as such: a number of
  // https://www.tcpdump.org/linktypes.html
  std::optional<std::uint32_t> unsupported_link;

  void add(Counter counter, std::uint64_t n = 1) {
    counters[static_cast<std::size_t>(counter)] += n;
  }
  std::uint64_t operator[](Counter counter) const {
    return counters[static_cast<std::size_t>(counter)];
  }
  // How many exchanges went to that host, for who counts one; stays where it is as long as the
  // report.
  std::uint64_t& count_of_host(std::string_view host);
  void add_undecrypted(std::string name, TlsFailure failure, std::string detail);
  void merge(const DecodeReport& other);
};

}  // namespace mpsdscope

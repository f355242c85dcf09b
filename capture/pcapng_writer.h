// Writes pcapng (draft-ietf-opsawg-pcapng) block by block: what decode/pcapng.h reads.
// Little-endian, one section, one interface of raw IP packets with times in nanoseconds.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "decode/bytes.h"
#include "decode/time.h"

namespace mpsdscope::pcapng {

// The Section Header Block and the Interface Description Block: what a file begins with.
// `application` names the program that writes it.
void append_head(std::vector<std::uint8_t>& out, std::string_view application);

// A Decryption Secrets Block with lines of SSLKEYLOGFILE, each with its line end. It stands before
// the packets that it decrypts: Wireshark reads a file once.
void append_secrets(std::vector<std::uint8_t>& out, std::string_view lines);

// An Enhanced Packet Block in two steps, so that the packet is put together in place: begin, append
// the packet to `out`, end with what begin returned.
std::size_t begin_packet(std::vector<std::uint8_t>& out, CaptureTime time);
void end_packet(std::vector<std::uint8_t>& out, std::size_t begin);

}  // namespace mpsdscope::pcapng

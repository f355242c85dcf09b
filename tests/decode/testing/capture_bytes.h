// Builds packets and capture files byte by byte for tests and fuzz seeds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decode/bytes.h"
#include "decode/time.h"

namespace mpsdscope::testing {

using Blob = std::vector<std::uint8_t>;

inline Blob operator+(Blob a, const Blob& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
inline Blob blob(std::string_view text) {
  return Blob(text.begin(), text.end());
}

// Integers of a chosen byte order; network order unless told.
inline Blob number(std::uint64_t value, std::size_t width, bool big = true) {
  Blob out(width);
  for (std::size_t i = 0; i < width; ++i) {
    out[big ? width - 1 - i : i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
  return out;
}

constexpr std::uint16_t kEtherIpv4 = 0x0800;
constexpr std::uint16_t kEtherIpv6 = 0x86dd;

struct Tcp {
  std::uint16_t source = 50000;
  std::uint16_t destination = 443;
  std::uint32_t sequence = 1000;
  std::uint32_t acknowledgment = 2000;
  std::uint8_t flags = 0x18;
  std::string payload = "hello";
  std::size_t options = 0;  // bytes, a multiple of 4
};

inline Blob tcp(const Tcp& t) {
  Blob out = number(t.source, 2) + number(t.destination, 2) + number(t.sequence, 4) +
             number(t.acknowledgment, 4);
  out.push_back(static_cast<std::uint8_t>((20 + t.options) / 4 << 4));
  out.push_back(t.flags);
  return out + number(0xffff, 2) + number(0, 4) + Blob(t.options, 1) + blob(t.payload);
}

struct Ipv4 {
  std::uint8_t protocol = 6;
  std::uint16_t identification = 1;
  bool more = false;
  std::uint32_t offset = 0;  // bytes
  std::size_t options = 0;   // bytes, a multiple of 4
  int total_length = -1;     // -1: the right one
  std::uint8_t last_source_byte = 1;
};

inline Blob ipv4(const Blob& payload, const Ipv4& ip = {}) {
  const std::size_t header = 20 + ip.options;
  const std::uint64_t total =
      ip.total_length >= 0 ? static_cast<std::uint64_t>(ip.total_length) : header + payload.size();
  Blob out{static_cast<std::uint8_t>(0x40 | header / 4), 0};
  out = out + number(total, 2) + number(ip.identification, 2) +
        number((ip.more ? 0x2000U : 0U) | ip.offset / 8, 2);
  out = out + Blob{64, ip.protocol} + number(0, 2) + Blob{192, 0, 2, ip.last_source_byte} +
        Blob{192, 0, 2, 200};
  return out + Blob(ip.options, 1) + payload;
}

inline Blob ipv6(const Blob& payload, std::uint8_t next_header = 6, int payload_length = -1) {
  const std::uint64_t length =
      payload_length >= 0 ? static_cast<std::uint64_t>(payload_length) : payload.size();
  const Blob prefix{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  return Blob{0x60, 0, 0, 0} + number(length, 2) + Blob{next_header, 64} + prefix + Blob{1} +
         prefix + Blob{2} + payload;
}

// An IPv6 Fragment header (RFC 8200 §4.5) and what follows it.
inline Blob fragment_header(std::uint8_t next, std::uint32_t offset, bool more, std::uint32_t id,
                            const Blob& payload) {
  return Blob{next, 0} + number(offset | (more ? 1U : 0U), 2) + number(id, 4) + payload;
}

inline Blob ethernet(const Blob& payload, std::uint16_t type = kEtherIpv4) {
  return Blob{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2} + number(type, 2) + payload;
}

inline Blob tcp_frame(const Tcp& t = {}) {
  return ethernet(ipv4(tcp(t)));
}

// A classic capture file.
class PcapFile {
 public:
  explicit PcapFile(bool big = false, std::uint32_t magic = 0xa1b2c3d4, std::uint32_t link = 1)
      : big_(big), modified_(magic == 0xa1b2cd34) {
    bytes = number(magic, 4, big) + number(2, 2, big) + number(4, 2, big) + number(0, 8, big) +
            number(262144, 4, big) + number(link, 4, big);
  }
  // `fraction` in the unit of the magic number.
  PcapFile& add(const Blob& packet, std::uint32_t seconds = 1, std::uint32_t fraction = 0,
                std::size_t original = 0) {
    bytes = std::move(bytes) + number(seconds, 4, big_) + number(fraction, 4, big_) +
            number(packet.size(), 4, big_) +
            number(original == 0 ? packet.size() : original, 4, big_);
    if (modified_) bytes.insert(bytes.end(), 8, 0);
    bytes.insert(bytes.end(), packet.begin(), packet.end());
    return *this;
  }
  Blob bytes;

 private:
  bool big_;
  bool modified_;
};

// A pcapng file; one byte order a section.
class PcapngFile {
 public:
  explicit PcapngFile(bool big = false) { section(big); }

  PcapngFile& section(bool big) {
    big_ = big;
    return block(0x0a0d0d0a, u32(0x1a2b3c4d) + u16(1) + u16(0) + Blob(8, 0xff));
  }
  PcapngFile& interface(std::uint16_t link, std::uint32_t snap_length = 0,
                        const Blob& options = {}) {
    return block(1, u16(link) + u16(0) + u32(snap_length) + options);
  }
  Blob option(std::uint16_t code, const Blob& value) const {
    return u16(code) + u16(static_cast<std::uint16_t>(value.size())) + padded(value);
  }
  PcapngFile& packet(const Blob& data, std::uint64_t ticks, std::uint32_t interface_id = 0,
                     std::size_t original = 0) {
    return block(6, u32(interface_id) + u32(ticks >> 32) + u32(ticks & 0xffff'ffff) +
                        u32(data.size()) + u32(original == 0 ? data.size() : original) +
                        padded(data));
  }
  PcapngFile& obsolete_packet(const Blob& data, std::uint64_t ticks,
                              std::uint16_t interface_id = 0) {
    return block(2, u16(interface_id) + u16(0xffff) + u32(ticks >> 32) + u32(ticks & 0xffff'ffff) +
                        u32(data.size()) + u32(data.size()) + padded(data));
  }
  PcapngFile& simple_packet(const Blob& data, std::size_t original = 0) {
    return block(3, u32(original == 0 ? data.size() : original) + padded(data));
  }
  PcapngFile& secrets(std::string_view text, std::uint32_t type = 0x544c534b) {
    return block(10, u32(type) + u32(text.size()) + padded(blob(text)));
  }
  PcapngFile& block(std::uint32_t type, const Blob& body) {
    const Blob length = u32(body.size() + 12);
    bytes = std::move(bytes) + u32(type) + length + body + length;
    return *this;
  }
  Blob u16(std::uint64_t value) const { return number(value, 2, big_); }
  Blob u32(std::uint64_t value) const { return number(value, 4, big_); }
  Blob u64(std::uint64_t value) const { return number(value, 8, big_); }

  Blob bytes;

 private:
  static Blob padded(Blob value) {
    value.resize((value.size() + 3) / 4 * 4);
    return value;
  }
  bool big_ = false;
};

// A line of a key log whose client random and secret are made of one byte each.
inline std::string secret_line(unsigned random, unsigned secret = 0xab) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto repeat = [&](unsigned value, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) {
      text += kDigits[value >> 4 & 15];
      text += kDigits[value & 15];
    }
    return text;
  };
  return "CLIENT_RANDOM " + repeat(random, 32) + " " + repeat(secret, 48) + "\n";
}

inline CaptureTime at(std::int64_t nanoseconds) {
  return CaptureTime{Duration{nanoseconds}};
}

}  // namespace mpsdscope::testing

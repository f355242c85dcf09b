// From logged secrets to record keys: the PRF of TLS 1.2 (RFC 5246 §5, §6.3) and
// HKDF-Expand-Label of TLS 1.3 (RFC 8446 §7.1–§7.3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "decode/bytes.h"
#include "decode/keylog.h"
#include "decode/stream.h"
#include "decode/tls_suites.h"

namespace mpsdscope {

// HMAC (RFC 2104) with one key. Small and cheap to copy; allocates nothing. Written on EVP_Digest,
// because OpenSSL 3.0's HMAC() and EVP_MAC fetch the digest anew for every key.
class Hmac {
 public:
  Hmac(TlsHash hash, Bytes key);
  // The MAC of `first` followed by `second` followed by `third`; `out` takes size_of(hash) bytes.
  void sign(Bytes first, Bytes second, Bytes third, std::uint8_t* out) const;
  TlsHash hash() const { return hash_; }

 private:
  static constexpr std::size_t kMaxBlock = 128;  // SHA-384; 64 for the others
  TlsHash hash_;
  std::array<std::uint8_t, kMaxBlock> key_{};
};

// What one direction's record protection is keyed with. How much of each array is used follows
// from the suite.
struct TrafficKeys {
  std::array<std::uint8_t, 32> key{};
  std::array<std::uint8_t, 12> iv{};                 // TLS 1.2 AES-GCM and CCM: the 4 bytes of salt
  std::array<std::uint8_t, kMaxHashSize> mac_key{};  // aes_cbc only
};

// P_hash of RFC 5246 §5 over label + seed_1 + seed_2, as many bytes as `out` has.
void tls12_prf(TlsHash hash, Bytes secret, std::string_view label, Bytes seed_1, Bytes seed_2,
               std::span<std::uint8_t> out);
// The keys with which `sender` protects what it sends.
TrafficKeys derive_tls12_keys(const CipherSuite& suite, const Secret& master, Bytes client_random,
                              Bytes server_random, Direction sender);

// With an empty context. `out` is at most as long as the hash.
void hkdf_expand_label(TlsHash hash, Bytes secret, std::string_view label,
                       std::span<std::uint8_t> out);
TrafficKeys derive_tls13_keys(const CipherSuite& suite, const Secret& traffic_secret);
// application_traffic_secret_N+1 (RFC 8446 §7.2).
Secret next_traffic_secret(const CipherSuite& suite, const Secret& traffic_secret);

}  // namespace mpsdscope

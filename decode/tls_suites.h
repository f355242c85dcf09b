// The cipher suites that can be decrypted: the IANA registry's rows, and what each means for the
// record layer. Key exchange and signature do not matter here: the secrets come from a key log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mpsdscope {

enum class TlsVersion : std::uint8_t { tls_1_2, tls_1_3 };

enum class TlsHash : std::uint8_t { sha1, sha256, sha384 };
constexpr std::size_t kMaxHashSize = 48;
constexpr std::size_t size_of(TlsHash hash) {
  return hash == TlsHash::sha1 ? 20 : hash == TlsHash::sha256 ? 32 : 48;
}

enum class TlsCipher : std::uint8_t { aes_gcm, aes_ccm, aes_ccm_8, chacha20_poly1305, aes_cbc };

struct CipherSuite {
  std::uint16_t number;
  std::string_view name;  // as registered, without the leading "TLS_"
  TlsCipher cipher;
  std::uint8_t key_size;  // bytes
  TlsHash mac;            // of the records; only with aes_cbc
  TlsHash prf;            // of the key schedule

  TlsVersion version() const {
    return number >> 8 == 0x13 ? TlsVersion::tls_1_3 : TlsVersion::tls_1_2;
  }
};

// nullptr if the suite is not one of the table.
const CipherSuite* find_suite(std::uint16_t number);

// For a person: "0xC02F TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"; only the number for an unknown one.
std::string describe_suite(std::uint16_t number);

}  // namespace mpsdscope

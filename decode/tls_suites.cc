#include "decode/tls_suites.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace mpsdscope {
namespace {

using enum TlsCipher;
using enum TlsHash;

// IANA "TLS Cipher Suites" registry; RFC 5246 A.5, 5288, 5289, 5487, 5489, 6655, 7251, 7905, 8442,
// 8446 B.4. In TLS 1.2 the SHA-1 suites use SHA-256 in their PRF (RFC 5246 §5). Sorted by number.
// clang-format off
constexpr std::array<CipherSuite, 120> kSuites{{
    {0x002F, "RSA_WITH_AES_128_CBC_SHA", aes_cbc, 16, sha1, sha256},
    {0x0030, "DH_DSS_WITH_AES_128_CBC_SHA", aes_cbc, 16, sha1, sha256},
    {0x0031, "DH_RSA_WITH_AES_128_CBC_SHA", aes_cbc, 16, sha1, sha256},
    {0x0032, "DHE_DSS_WITH_AES_128_CBC_SHA", aes_cbc, 16, sha1, sha256},
    {0x0033, "DHE_RSA_WITH_AES_128_CBC_SHA", aes_cbc, 16, sha1, sha256},
    {0x0034, "DH_anon_WITH_AES_128_CBC_SHA", aes_cbc, 16, sha1, sha256},
    {0x0035, "RSA_WITH_AES_256_CBC_SHA", aes_cbc, 32, sha1, sha256},
    {0x0036, "DH_DSS_WITH_AES_256_CBC_SHA", aes_cbc, 32, sha1, sha256},
    {0x0037, "DH_RSA_WITH_AES_256_CBC_SHA", aes_cbc, 32, sha1, sha256},
    {0x0038, "DHE_DSS_WITH_AES_256_CBC_SHA", aes_cbc, 32, sha1, sha256},
    {0x0039, "DHE_RSA_WITH_AES_256_CBC_SHA", aes_cbc, 32, sha1, sha256},
    {0x003A, "DH_anon_WITH_AES_256_CBC_SHA", aes_cbc, 32, sha1, sha256},
    {0x003C, "RSA_WITH_AES_128_CBC_SHA256", aes_cbc, 16, sha256, sha256},
    {0x003D, "RSA_WITH_AES_256_CBC_SHA256", aes_cbc, 32, sha256, sha256},
    {0x003E, "DH_DSS_WITH_AES_128_CBC_SHA256", aes_cbc, 16, sha256, sha256},
    {0x003F, "DH_RSA_WITH_AES_128_CBC_SHA256", aes_cbc, 16, sha256, sha256},
    {0x0040, "DHE_DSS_WITH_AES_128_CBC_SHA256", aes_cbc, 16, sha256, sha256},
    {0x0067, "DHE_RSA_WITH_AES_128_CBC_SHA256", aes_cbc, 16, sha256, sha256},
    {0x0068, "DH_DSS_WITH_AES_256_CBC_SHA256", aes_cbc, 32, sha256, sha256},
    {0x0069, "DH_RSA_WITH_AES_256_CBC_SHA256", aes_cbc, 32, sha256, sha256},
    {0x006A, "DHE_DSS_WITH_AES_256_CBC_SHA256", aes_cbc, 32, sha256, sha256},
    {0x006B, "DHE_RSA_WITH_AES_256_CBC_SHA256", aes_cbc, 32, sha256, sha256},
    {0x006C, "DH_anon_WITH_AES_128_CBC_SHA256", aes_cbc, 16, sha256, sha256},
    {0x006D, "DH_anon_WITH_AES_256_CBC_SHA256", aes_cbc, 32, sha256, sha256},
    {0x008C, "PSK_WITH_AES_128_CBC_SHA", aes_cbc, 16, sha1, sha256},
    {0x008D, "PSK_WITH_AES_256_CBC_SHA", aes_cbc, 32, sha1, sha256},
    {0x0090, "DHE_PSK_WITH_AES_128_CBC_SHA", aes_cbc, 16, sha1, sha256},
    {0x0091, "DHE_PSK_WITH_AES_256_CBC_SHA", aes_cbc, 32, sha1, sha256},
    {0x0094, "RSA_PSK_WITH_AES_128_CBC_SHA", aes_cbc, 16, sha1, sha256},
    {0x0095, "RSA_PSK_WITH_AES_256_CBC_SHA", aes_cbc, 32, sha1, sha256},
    {0x009C, "RSA_WITH_AES_128_GCM_SHA256", aes_gcm, 16, sha256, sha256},
    {0x009D, "RSA_WITH_AES_256_GCM_SHA384", aes_gcm, 32, sha256, sha384},
    {0x009E, "DHE_RSA_WITH_AES_128_GCM_SHA256", aes_gcm, 16, sha256, sha256},
    {0x009F, "DHE_RSA_WITH_AES_256_GCM_SHA384", aes_gcm, 32, sha256, sha384},
    {0x00A0, "DH_RSA_WITH_AES_128_GCM_SHA256", aes_gcm, 16, sha256, sha256},
    {0x00A1, "DH_RSA_WITH_AES_256_GCM_SHA384", aes_gcm, 32, sha256, sha384},
    {0x00A2, "DHE_DSS_WITH_AES_128_GCM_SHA256", aes_gcm, 16, sha256, sha256},
    {0x00A3, "DHE_DSS_WITH_AES_256_GCM_SHA384", aes_gcm, 32, sha256, sha384},
    {0x00A4, "DH_DSS_WITH_AES_128_GCM_SHA256", aes_gcm, 16, sha256, sha256},
    {0x00A5, "DH_DSS_WITH_AES_256_GCM_SHA384", aes_gcm, 32, sha256, sha384},
    {0x00A6, "DH_anon_WITH_AES_128_GCM_SHA256", aes_gcm, 16, sha256, sha256},
    {0x00A7, "DH_anon_WITH_AES_256_GCM_SHA384", aes_gcm, 32, sha256, sha384},
    {0x00A8, "PSK_WITH_AES_128_GCM_SHA256", aes_gcm, 16, sha256, sha256},
    {0x00A9, "PSK_WITH_AES_256_GCM_SHA384", aes_gcm, 32, sha256, sha384},
    {0x00AA, "DHE_PSK_WITH_AES_128_GCM_SHA256", aes_gcm, 16, sha256, sha256},
    {0x00AB, "DHE_PSK_WITH_AES_256_GCM_SHA384", aes_gcm, 32, sha256, sha384},
    {0x00AC, "RSA_PSK_WITH_AES_128_GCM_SHA256", aes_gcm, 16, sha256, sha256},
    {0x00AD, "RSA_PSK_WITH_AES_256_GCM_SHA384", aes_gcm, 32, sha256, sha384},
    {0x00AE, "PSK_WITH_AES_128_CBC_SHA256", aes_cbc, 16, sha256, sha256},
    {0x00AF, "PSK_WITH_AES_256_CBC_SHA384", aes_cbc, 32, sha384, sha384},
    {0x00B2, "DHE_PSK_WITH_AES_128_CBC_SHA256", aes_cbc, 16, sha256, sha256},
    {0x00B3, "DHE_PSK_WITH_AES_256_CBC_SHA384", aes_cbc, 32, sha384, sha384},
    {0x00B6, "RSA_PSK_WITH_AES_128_CBC_SHA256", aes_cbc, 16, sha256, sha256},
    {0x00B7, "RSA_PSK_WITH_AES_256_CBC_SHA384", aes_cbc, 32, sha384, sha384},
    {0x1301, "AES_128_GCM_SHA256", aes_gcm, 16, sha256, sha256},
    {0x1302, "AES_256_GCM_SHA384", aes_gcm, 32, sha256, sha384},
    {0x1303, "CHACHA20_POLY1305_SHA256", chacha20_poly1305, 32, sha256, sha256},
    {0x1304, "AES_128_CCM_SHA256", aes_ccm, 16, sha256, sha256},
    {0x1305, "AES_128_CCM_8_SHA256", aes_ccm_8, 16, sha256, sha256},
    {0xC004, "ECDH_ECDSA_WITH_AES_128_CBC_SHA", aes_cbc, 16, sha1, sha256},
    {0xC005, "ECDH_ECDSA_WITH_AES_256_CBC_SHA", aes_cbc, 32, sha1, sha256},
    {0xC009, "ECDHE_ECDSA_WITH_AES_128_CBC_SHA", aes_cbc, 16, sha1, sha256},
    {0xC00A, "ECDHE_ECDSA_WITH_AES_256_CBC_SHA", aes_cbc, 32, sha1, sha256},
    {0xC00E, "ECDH_RSA_WITH_AES_128_CBC_SHA", aes_cbc, 16, sha1, sha256},
    {0xC00F, "ECDH_RSA_WITH_AES_256_CBC_SHA", aes_cbc, 32, sha1, sha256},
    {0xC013, "ECDHE_RSA_WITH_AES_128_CBC_SHA", aes_cbc, 16, sha1, sha256},
    {0xC014, "ECDHE_RSA_WITH_AES_256_CBC_SHA", aes_cbc, 32, sha1, sha256},
    {0xC018, "ECDH_anon_WITH_AES_128_CBC_SHA", aes_cbc, 16, sha1, sha256},
    {0xC019, "ECDH_anon_WITH_AES_256_CBC_SHA", aes_cbc, 32, sha1, sha256},
    {0xC023, "ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", aes_cbc, 16, sha256, sha256},
    {0xC024, "ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", aes_cbc, 32, sha384, sha384},
    {0xC025, "ECDH_ECDSA_WITH_AES_128_CBC_SHA256", aes_cbc, 16, sha256, sha256},
    {0xC026, "ECDH_ECDSA_WITH_AES_256_CBC_SHA384", aes_cbc, 32, sha384, sha384},
    {0xC027, "ECDHE_RSA_WITH_AES_128_CBC_SHA256", aes_cbc, 16, sha256, sha256},
    {0xC028, "ECDHE_RSA_WITH_AES_256_CBC_SHA384", aes_cbc, 32, sha384, sha384},
    {0xC029, "ECDH_RSA_WITH_AES_128_CBC_SHA256", aes_cbc, 16, sha256, sha256},
    {0xC02A, "ECDH_RSA_WITH_AES_256_CBC_SHA384", aes_cbc, 32, sha384, sha384},
    {0xC02B, "ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", aes_gcm, 16, sha256, sha256},
    {0xC02C, "ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", aes_gcm, 32, sha256, sha384},
    {0xC02D, "ECDH_ECDSA_WITH_AES_128_GCM_SHA256", aes_gcm, 16, sha256, sha256},
    {0xC02E, "ECDH_ECDSA_WITH_AES_256_GCM_SHA384", aes_gcm, 32, sha256, sha384},
    {0xC02F, "ECDHE_RSA_WITH_AES_128_GCM_SHA256", aes_gcm, 16, sha256, sha256},
    {0xC030, "ECDHE_RSA_WITH_AES_256_GCM_SHA384", aes_gcm, 32, sha256, sha384},
    {0xC031, "ECDH_RSA_WITH_AES_128_GCM_SHA256", aes_gcm, 16, sha256, sha256},
    {0xC032, "ECDH_RSA_WITH_AES_256_GCM_SHA384", aes_gcm, 32, sha256, sha384},
    {0xC035, "ECDHE_PSK_WITH_AES_128_CBC_SHA", aes_cbc, 16, sha1, sha256},
    {0xC036, "ECDHE_PSK_WITH_AES_256_CBC_SHA", aes_cbc, 32, sha1, sha256},
    {0xC037, "ECDHE_PSK_WITH_AES_128_CBC_SHA256", aes_cbc, 16, sha256, sha256},
    {0xC038, "ECDHE_PSK_WITH_AES_256_CBC_SHA384", aes_cbc, 32, sha384, sha384},
    {0xC09C, "RSA_WITH_AES_128_CCM", aes_ccm, 16, sha256, sha256},
    {0xC09D, "RSA_WITH_AES_256_CCM", aes_ccm, 32, sha256, sha256},
    {0xC09E, "DHE_RSA_WITH_AES_128_CCM", aes_ccm, 16, sha256, sha256},
    {0xC09F, "DHE_RSA_WITH_AES_256_CCM", aes_ccm, 32, sha256, sha256},
    {0xC0A0, "RSA_WITH_AES_128_CCM_8", aes_ccm_8, 16, sha256, sha256},
    {0xC0A1, "RSA_WITH_AES_256_CCM_8", aes_ccm_8, 32, sha256, sha256},
    {0xC0A2, "DHE_RSA_WITH_AES_128_CCM_8", aes_ccm_8, 16, sha256, sha256},
    {0xC0A3, "DHE_RSA_WITH_AES_256_CCM_8", aes_ccm_8, 32, sha256, sha256},
    {0xC0A4, "PSK_WITH_AES_128_CCM", aes_ccm, 16, sha256, sha256},
    {0xC0A5, "PSK_WITH_AES_256_CCM", aes_ccm, 32, sha256, sha256},
    {0xC0A6, "DHE_PSK_WITH_AES_128_CCM", aes_ccm, 16, sha256, sha256},
    {0xC0A7, "DHE_PSK_WITH_AES_256_CCM", aes_ccm, 32, sha256, sha256},
    {0xC0A8, "PSK_WITH_AES_128_CCM_8", aes_ccm_8, 16, sha256, sha256},
    {0xC0A9, "PSK_WITH_AES_256_CCM_8", aes_ccm_8, 32, sha256, sha256},
    {0xC0AA, "PSK_DHE_WITH_AES_128_CCM_8", aes_ccm_8, 16, sha256, sha256},
    {0xC0AB, "PSK_DHE_WITH_AES_256_CCM_8", aes_ccm_8, 32, sha256, sha256},
    {0xC0AC, "ECDHE_ECDSA_WITH_AES_128_CCM", aes_ccm, 16, sha256, sha256},
    {0xC0AD, "ECDHE_ECDSA_WITH_AES_256_CCM", aes_ccm, 32, sha256, sha256},
    {0xC0AE, "ECDHE_ECDSA_WITH_AES_128_CCM_8", aes_ccm_8, 16, sha256, sha256},
    {0xC0AF, "ECDHE_ECDSA_WITH_AES_256_CCM_8", aes_ccm_8, 32, sha256, sha256},
    {0xCCA8, "ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", chacha20_poly1305, 32, sha256, sha256},
    {0xCCA9, "ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", chacha20_poly1305, 32, sha256, sha256},
    {0xCCAA, "DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", chacha20_poly1305, 32, sha256, sha256},
    {0xCCAB, "PSK_WITH_CHACHA20_POLY1305_SHA256", chacha20_poly1305, 32, sha256, sha256},
    {0xCCAC, "ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", chacha20_poly1305, 32, sha256, sha256},
    {0xCCAD, "DHE_PSK_WITH_CHACHA20_POLY1305_SHA256", chacha20_poly1305, 32, sha256, sha256},
    {0xCCAE, "RSA_PSK_WITH_CHACHA20_POLY1305_SHA256", chacha20_poly1305, 32, sha256, sha256},
    {0xD001, "ECDHE_PSK_WITH_AES_128_GCM_SHA256", aes_gcm, 16, sha256, sha256},
    {0xD002, "ECDHE_PSK_WITH_AES_256_GCM_SHA384", aes_gcm, 32, sha256, sha384},
    {0xD003, "ECDHE_PSK_WITH_AES_128_CCM_8_SHA256", aes_ccm_8, 16, sha256, sha256},
    {0xD005, "ECDHE_PSK_WITH_AES_128_CCM_SHA256", aes_ccm, 16, sha256, sha256},
}};
// clang-format on

constexpr bool before(const CipherSuite& a, const CipherSuite& b) {
  return a.number < b.number;
}
static_assert(std::is_sorted(kSuites.begin(), kSuites.end(), before));

}  // namespace

const CipherSuite* find_suite(std::uint16_t number) {
  const auto found =
      std::lower_bound(kSuites.begin(), kSuites.end(), number,
                       [](const CipherSuite& suite, std::uint16_t n) { return suite.number < n; });
  return found != kSuites.end() && found->number == number ? &*found : nullptr;
}

std::string describe_suite(std::uint16_t number) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "0x%04X", number);
  std::string description = text.data();
  if (const CipherSuite* suite = find_suite(number)) {
    description += " TLS_";
    description += suite->name;
  }
  return description;
}

}  // namespace mpsdscope

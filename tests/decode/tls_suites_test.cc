#include "decode/tls_suites.h"

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

TEST(TlsSuites, AreFoundByNumber) {
  const CipherSuite* suite = find_suite(0xC028);
  ASSERT_NE(suite, nullptr);
  EXPECT_EQ(suite->name, "ECDHE_RSA_WITH_AES_256_CBC_SHA384");
  EXPECT_EQ(suite->cipher, TlsCipher::aes_cbc);
  EXPECT_EQ(suite->key_size, 32);
  EXPECT_EQ(suite->mac, TlsHash::sha384);
  EXPECT_EQ(suite->prf, TlsHash::sha384);
  EXPECT_EQ(suite->version(), TlsVersion::tls_1_2);
  ASSERT_NE(find_suite(0x1303), nullptr);
  EXPECT_EQ(find_suite(0x1303)->version(), TlsVersion::tls_1_3);
  // SHA-1 is the MAC of the records only.
  EXPECT_EQ(find_suite(0xC013)->mac, TlsHash::sha1);
  EXPECT_EQ(find_suite(0xC013)->prf, TlsHash::sha256);
  for (const std::uint16_t unknown :
       std::initializer_list<std::uint16_t>{0x0000, 0x000A, 0x1300, 0x1306, 0xD02A, 0xFFFF}) {
    EXPECT_EQ(find_suite(unknown), nullptr) << unknown;
  }
}

TEST(TlsSuites, AreDescribedForAPerson) {
  EXPECT_EQ(describe_suite(0x1301), "0x1301 TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(describe_suite(0x000A), "0x000A");
}

}  // namespace
}  // namespace mpsdscope

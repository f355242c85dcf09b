#include "decode/tls_record_cipher.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/evp.h>

namespace mpsdscope {
namespace {

const std::uint16_t kOneOfEachKind[] = {0x1301, 0x1303, 0x1304, 0x1305, 0xC02F,
                                        0xC0AC, 0xC0AE, 0xCCA8, 0xC013, 0xC028};

TEST(RecordCipher, RefusesEveryPayloadThatNobodyMade) {
  for (const std::uint16_t number : kOneOfEachKind) {
    for (const bool encrypt_then_mac : {false, true}) {
      const RecordCipher cipher(*find_suite(number), TrafficKeys{}, encrypt_then_mac);
      for (std::size_t size = 0; size < 200; ++size) {
        const std::vector<std::uint8_t> payload(size, 0x33);
        const std::array<std::uint8_t, 5> header{23, 3, 3, 0, static_cast<std::uint8_t>(size)};
        std::vector<std::uint8_t> out(kMaxCiphertext);
        EXPECT_FALSE(cipher.open(0, {header, payload}, out))
            << describe_suite(number) << " " << size;
      }
    }
  }
}

// A TLS 1.2 GCM or CCM record without content, as senders may make them.
std::vector<std::uint8_t> seal_nothing(const char* evp_name, std::uint64_t sequence) {
  EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, evp_name, nullptr);
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  const TrafficKeys keys{};
  const std::array<std::uint8_t, 12> nonce{};
  std::array<std::uint8_t, 13> aad{0,  0, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(sequence),
                                   23, 3, 3, 0, 0};
  std::vector<std::uint8_t> payload(8 + 16);
  std::uint8_t none = 0;
  int n = 0;
  EVP_EncryptInit_ex2(context, cipher, nullptr, nullptr, nullptr);
  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, 12, nullptr);
  if (std::string_view(evp_name).find("CCM") != std::string_view::npos) {
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, nullptr);
  }
  EVP_EncryptInit_ex2(context, nullptr, keys.key.data(), nonce.data(), nullptr);
  if (std::string_view(evp_name).find("CCM") != std::string_view::npos) {
    EVP_EncryptUpdate(context, nullptr, &n, nullptr, 0);
  }
  EVP_EncryptUpdate(context, nullptr, &n, aad.data(), 13);
  EVP_EncryptUpdate(context, &none, &n, &none, 0);
  EVP_EncryptFinal_ex(context, &none, &n);
  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, payload.data() + 8);
  EVP_CIPHER_CTX_free(context);
  EVP_CIPHER_free(cipher);
  return payload;
}

TEST(RecordCipher, AuthenticatesARecordWithoutContent) {
  for (const auto& [number, name] :
       {std::pair<std::uint16_t, const char*>{0xC02F, "AES-128-GCM"}, {0xC0AC, "AES-128-CCM"}}) {
    SCOPED_TRACE(name);
    const RecordCipher cipher(*find_suite(number), TrafficKeys{}, false);
    const std::array<std::uint8_t, 5> header{23, 3, 3, 0, 24};
    std::vector<std::uint8_t> out(kMaxCiphertext);
    std::vector<std::uint8_t> payload = seal_nothing(name, 5);
    EXPECT_EQ(cipher.open(5, {header, payload}, out), std::optional<std::size_t>(0));
    EXPECT_FALSE(cipher.open(6, {header, payload}, out));
    payload.back() ^= 1;
    EXPECT_FALSE(cipher.open(5, {header, payload}, out));
  }
}

}  // namespace
}  // namespace mpsdscope

#include "decode/tls_key_schedule.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace mpsdscope {
namespace {

std::vector<std::uint8_t> from_hex(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(
        static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::vector<std::uint8_t> vector_of(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

TEST(Hmac, AgreesWithOpenSsl) {
  const std::pair<TlsHash, const EVP_MD*> hashes[] = {{TlsHash::sha1, EVP_sha1()},
                                                      {TlsHash::sha256, EVP_sha256()},
                                                      {TlsHash::sha384, EVP_sha384()}};
  const std::string text(200, 'x');
  for (const auto& [hash, md] : hashes) {
    for (const int key_size : {1, 20, 48, 63, 64, 65, 127, 128, 129, 200}) {
      const std::vector<std::uint8_t> key(static_cast<std::size_t>(key_size), 0x5A);
      std::vector<std::uint8_t> expected(size_of(hash)), got(size_of(hash));
      HMAC(md, key.data(), key_size, as_bytes(text).data(), text.size(), expected.data(), nullptr);
      const Bytes all = as_bytes(text);
      Hmac(hash, key).sign(all.first(13), all.subspan(13, 100), all.subspan(113), got.data());
      EXPECT_EQ(got, expected) << key_size;
    }
  }
}

// Published test vector for P_SHA256 (IETF TLS mailing list, 2009).
TEST(Tls12Prf, GivesThePublishedVector) {
  const auto secret = from_hex("9bbe436ba940f017b17652849a71db35");
  const auto seed = from_hex("a0ba9f936cda311827a6f796ffd5198c");
  const auto expected = from_hex(
      "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14ba"
      "f9"
      "af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110"
      "ff"
      "f70187347b66");
  for (std::size_t size = 0; size <= expected.size(); ++size) {
    std::vector<std::uint8_t> got(size);
    tls12_prf(TlsHash::sha256, secret, "test label", Bytes(seed).first(5), Bytes(seed).subspan(5),
              got);
    EXPECT_EQ(got, vector_of(Bytes(expected).first(size)));
  }
}

// RFC 8448 §3: the server's handshake traffic secret and what follows from it.
TEST(Tls13Keys, GiveTheExampleOfRfc8448) {
  Secret secret;
  const auto bytes = from_hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
  std::copy(bytes.begin(), bytes.end(), secret.bytes.begin());
  secret.length = 32;
  const TrafficKeys keys = derive_tls13_keys(*find_suite(0x1301), secret);
  EXPECT_EQ(vector_of(Bytes(keys.key).first(16)), from_hex("3fce516009c21727d0f2e4e86ee403bc"));
  EXPECT_EQ(vector_of(keys.iv), from_hex("5d313eb2671276ee13000b30"));
}

TEST(Tls12Keys, EachDirectionHasItsOwn) {
  Secret master;
  master.length = 48;
  const std::vector<std::uint8_t> client(32, 1), server(32, 2);
  const CipherSuite& suite = *find_suite(0xC028);  // CBC with SHA-384: the largest key block
  const auto up = derive_tls12_keys(suite, master, client, server, Direction::to_server);
  const auto down = derive_tls12_keys(suite, master, client, server, Direction::to_client);
  std::vector<std::uint8_t> block(2 * 48 + 2 * 32);
  tls12_prf(TlsHash::sha384, master.view(), "key expansion", server, client, block);
  EXPECT_EQ(vector_of(up.mac_key), vector_of(Bytes(block).first(48)));
  EXPECT_EQ(vector_of(down.mac_key), vector_of(Bytes(block).subspan(48, 48)));
  EXPECT_EQ(vector_of(up.key), vector_of(Bytes(block).subspan(96, 32)));
  EXPECT_EQ(vector_of(down.key), vector_of(Bytes(block).subspan(128, 32)));
}

}  // namespace
}  // namespace mpsdscope

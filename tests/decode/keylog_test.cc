#include "decode/keylog.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

std::string hex(char digit, std::size_t bytes) {
  return std::string(2 * bytes, digit);
}

ClientRandom random_of(std::uint8_t byte) {
  ClientRandom random;
  random.fill(byte);
  return random;
}

const std::string kMasterLine = "CLIENT_RANDOM " + hex('1', 32) + " " + hex('a', 48);

TEST(KeyLog, FindsTheMasterSecretOfAClientRandom) {
  KeyLog keys;
  EXPECT_EQ(keys.add_text(kMasterLine + "\n"), 1u);
  const auto secret = keys.find(SecretLabel::client_random, random_of(0x11));
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret->length, 48);
  EXPECT_EQ(std::vector<std::uint8_t>(secret->view().begin(), secret->view().end()),
            std::vector<std::uint8_t>(48, 0xaa));
  EXPECT_TRUE(keys.knows(random_of(0x11)));
  EXPECT_FALSE(keys.knows(random_of(0x12)));
  EXPECT_FALSE(keys.find(SecretLabel::client_random, random_of(0x12)));
  EXPECT_FALSE(keys.find(SecretLabel::client_traffic_secret_0, random_of(0x11)));
  EXPECT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys.malformed(), 0u);
}

TEST(KeyLog, KnowsEveryLabel) {
  const std::pair<std::string, SecretLabel> labels[] = {
      {"CLIENT_EARLY_TRAFFIC_SECRET", SecretLabel::client_early_traffic_secret},
      {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", SecretLabel::client_handshake_traffic_secret},
      {"SERVER_HANDSHAKE_TRAFFIC_SECRET", SecretLabel::server_handshake_traffic_secret},
      {"CLIENT_TRAFFIC_SECRET_0", SecretLabel::client_traffic_secret_0},
      {"SERVER_TRAFFIC_SECRET_0", SecretLabel::server_traffic_secret_0},
  };
  for (const auto& [name, label] : labels) {
    for (const std::size_t length : {32u, 48u}) {
      KeyLog keys;
      EXPECT_EQ(keys.add_text(name + " " + hex('2', 32) + " " + hex('b', length)), 1u) << name;
      const auto secret = keys.find(label, random_of(0x22));
      ASSERT_TRUE(secret) << name;
      EXPECT_EQ(secret->length, length);
      EXPECT_EQ(secret->bytes[length - 1], 0xbb);
    }
  }
}

TEST(KeyLog, ReadsTextAsItIsWritten) {
  const std::string lines[] = {
      kMasterLine,                                                   // no end of line
      kMasterLine + "\r\n",                                          // Windows
      "\xEF\xBB\xBF" + kMasterLine + "\n",                           // byte order mark
      "# a comment\n\n  \r\n" + kMasterLine + " \t\n#\n",            // comments and blanks
      "CLIENT_RANDOM\t" + hex('1', 32) + "  " + hex('A', 48) + "\n"  // tabs, upper case
  };
  for (const std::string& text : lines) {
    KeyLog keys;
    EXPECT_EQ(keys.add_text(text), 1u) << text;
    EXPECT_TRUE(keys.find(SecretLabel::client_random, random_of(0x11))) << text;
    EXPECT_EQ(keys.malformed(), 0u) << text;
  }
}

TEST(KeyLog, CountsDamagedLinesAndGoesOn) {
  const std::string damaged[] = {
      "nonsense",
      "UNHEARD_OF " + hex('1', 32) + " " + hex('a', 48),
      "CLIENT_RANDOM",
      "CLIENT_RANDOM " + hex('1', 32),
      "CLIENT_RANDOM " + hex('1', 31) + " " + hex('a', 48),
      "CLIENT_RANDOM " + hex('1', 33) + " " + hex('a', 48),
      "CLIENT_RANDOM " + hex('1', 32) + " " + hex('a', 47),
      "CLIENT_RANDOM " + hex('1', 32) + " " + hex('a', 47) + "a",
      "CLIENT_RANDOM " + hex('1', 32) + " " + hex('a', 4'000),
      "CLIENT_RANDOM " + hex('g', 32) + " " + hex('a', 48),
      "CLIENT_RANDOM " + hex('1', 32) + " " + hex('x', 48),
      "CLIENT_TRAFFIC_SECRET_0 " + hex('1', 32) + " " + hex('a', 64),
      kMasterLine + " more",
      std::string("CLIENT_RANDOM\0", 14),
  };
  for (const std::string& line : damaged) {
    KeyLog keys;
    EXPECT_EQ(keys.add_text(line + "\n"), 0u) << line;
    EXPECT_EQ(keys.malformed(), 1u) << line;
    EXPECT_FALSE(keys.knows(random_of(0x11))) << line;
    EXPECT_EQ(keys.generation(), 0u);
    EXPECT_EQ(keys.add_text(line + "\n" + kMasterLine), 1u) << line;
    EXPECT_TRUE(keys.knows(random_of(0x11))) << line;
  }
}

TEST(KeyLog, LabelsThatDecryptNothingAreNoDamage) {
  KeyLog keys;
  for (const char* label : {"EXPORTER_SECRET", "EARLY_EXPORTER_SECRET", "RSA"}) {
    EXPECT_EQ(keys.add_text(std::string(label) + " " + hex('1', 32) + " " + hex('a', 32)), 0u);
  }
  EXPECT_EQ(keys.malformed(), 0u);
  EXPECT_EQ(keys.size(), 0u);
}

TEST(KeyLog, RepeatedLinesAreNoNewsAndTheLastSecretWins) {
  KeyLog keys;
  keys.add_text(kMasterLine);
  EXPECT_EQ(keys.generation(), 1u);
  EXPECT_EQ(keys.add_text(kMasterLine), 0u);
  EXPECT_EQ(keys.generation(), 1u);
  EXPECT_EQ(keys.add_text("CLIENT_RANDOM " + hex('1', 32) + " " + hex('b', 48)), 1u);
  EXPECT_EQ(keys.generation(), 2u);
  EXPECT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys.find(SecretLabel::client_random, random_of(0x11))->bytes[0], 0xbb);
}

}  // namespace
}  // namespace mpsdscope

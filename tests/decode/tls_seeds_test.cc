// Writes the seed corpus of tests/fuzz/tls_fuzz.cc from real connections when asked to:
//   MPSDSCOPE_TLS_SEEDS=tests/fuzz/corpus/tls build/…/tests/decode_test --gtest_filter='TlsSeeds.*'
// Without the variable it proves that they can still be made.
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "tests/decode/testing/tls_recorder.h"

namespace mpsdscope::testing {
namespace {

struct Seed {
  std::string name;
  std::uint8_t flags;
  TlsSetup setup;
  bool resume;
  std::size_t lost_piece;  // as a gap; 0 for none
};

void append_event(std::string& seed, unsigned head, std::size_t length) {
  seed += static_cast<char>(head);
  seed += static_cast<char>(length >> 8);
  seed += static_cast<char>(length & 0xFF);
}

std::string make_seed(const Seed& wanted) {
  TlsPeers peers(wanted.setup);
  if (wanted.resume) {
    TlsTalk first(peers);
    first.handshake();
    first.send(Direction::to_server, "x");
    first.shut_down(Direction::to_server);
    peers.keylog.clear();
  }
  TlsTalk talk(peers, wanted.resume);
  const bool tls13 = wanted.setup.version == TLS1_3_VERSION;
  if (wanted.resume && tls13) talk.send_early("early");
  talk.handshake();
  talk.send(Direction::to_server, "GET / HTTP/1.1\r\n\r\n");
  if (tls13) talk.update_key(Direction::to_client, true);
  talk.send(Direction::to_client, "HTTP/1.1 204 No content\r\n\r\n");
  talk.send(Direction::to_client, "again");
  talk.shut_down(Direction::to_server);
  talk.shut_down(Direction::to_client);
  const Recording recording = talk.recording();

  std::string seed(1, static_cast<char>(wanted.flags));
  seed += recording.keylog;
  seed += '\0';
  for (std::size_t i = 0; i < recording.pieces.size(); ++i) {
    const Piece& piece = recording.pieces[i];
    const unsigned direction = static_cast<unsigned>(piece.direction);
    if (i > 0 && i == wanted.lost_piece) {
      append_event(seed, direction | 4, piece.bytes.size());
      continue;
    }
    append_event(seed, direction, piece.bytes.size());
    seed.append(piece.bytes.begin(), piece.bytes.end());
  }
  return seed;
}

TEST(TlsSeeds, CanBeMade) {
  std::vector<Seed> seeds;
  const auto add = [&seeds](const char* name, int version, const char* cipher, auto change) {
    Seed seed{name, 0, {}, false, 0};
    seed.setup.version = version;
    seed.setup.ec_certificate = true;
    (version == TLS1_3_VERSION ? seed.setup.suites : seed.setup.ciphers) = cipher;
    change(seed);
    seeds.push_back(seed);
  };
  const auto none = [](Seed&) {};
  const char* gcm13 = "TLS_AES_128_GCM_SHA256";
  add("13-gcm", TLS1_3_VERSION, gcm13, none);
  add("13-gcm-256", TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", none);
  add("13-chacha", TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", none);
  add("13-early", TLS1_3_VERSION, gcm13, [](Seed& s) { s.resume = true; });
  add("13-late-keys", TLS1_3_VERSION, gcm13, [](Seed& s) { s.flags = 1; });
  add("13-retry", TLS1_3_VERSION, gcm13, [](Seed& s) {
    s.setup.client_groups = "X25519:P-256";
    s.setup.server_groups = "P-256";
  });
  add("13-lost-flight", TLS1_3_VERSION, gcm13, [](Seed& s) { s.lost_piece = 2; });
  add("13-lost-data", TLS1_3_VERSION, gcm13, [](Seed& s) { s.lost_piece = 7; });
  const char* gcm12 = "ECDHE-ECDSA-AES128-GCM-SHA256";
  add("12-gcm", TLS1_2_VERSION, gcm12, none);
  add("12-ccm-8", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0", none);
  add("12-chacha", TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", none);
  add("12-cbc", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0",
      [](Seed& s) { s.setup.options = SSL_OP_NO_ENCRYPT_THEN_MAC; });
  add("12-cbc-etm", TLS1_2_VERSION, "ECDHE-ECDSA-AES256-SHA384:@SECLEVEL=0", none);
  add("12-resumed", TLS1_2_VERSION, gcm12, [](Seed& s) { s.resume = true; });
  add("12-late-keys", TLS1_2_VERSION, gcm12, [](Seed& s) { s.flags = 1; });
  add("12-lost-flight", TLS1_2_VERSION, gcm12, [](Seed& s) { s.lost_piece = 2; });
  add("12-one-sided", TLS1_2_VERSION, gcm12, [](Seed& s) { s.flags = 2; });

  const char* folder = std::getenv("MPSDSCOPE_TLS_SEEDS");
  for (const Seed& seed : seeds) {
    const std::string bytes = make_seed(seed);
    EXPECT_GT(bytes.size(), 500u) << seed.name;
    EXPECT_LT(bytes.size(), 8'000u) << seed.name;
    if (folder == nullptr) continue;
    std::ofstream(std::string(folder) + "/" + seed.name, std::ios::binary) << bytes;
  }
}

}  // namespace
}  // namespace mpsdscope::testing

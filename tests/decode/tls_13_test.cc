// What TLS 1.3 has on top: HelloRetryRequest, PSK resumption, 0-RTT, KeyUpdate, logs without the
// secrets of the handshake.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "decode/context.h"
#include "decode/tls.h"
#include "tests/decode/testing/tls_player.h"
#include "tests/decode/testing/tls_recorder.h"

namespace mpsdscope::testing {
namespace {

TlsSetup tls13() {
  TlsSetup setup;
  setup.version = TLS1_3_VERSION;
  return setup;
}

void expect_decrypted(const Recording& recording) {
  for (const int way : {0, 1, 2, 3, 4}) {
    SCOPED_TRACE("way " + std::to_string(way));
    TlsPlayer player;
    player.keys.add_text(recording.keylog);
    if (way < 2) {
      player.play(recording.pieces, static_cast<std::size_t>(way));
    } else {
      player.play_random(recording.pieces, static_cast<unsigned>(way));
    }
    player.end_both();
    for (const Direction d : {Direction::to_server, Direction::to_client}) {
      EXPECT_EQ(player.heard(d).text, recording.plaintext[index_of(d)]);
      EXPECT_TRUE(player.heard(d).gaps.empty());
      EXPECT_EQ(player.heard(d).ends, std::vector{StreamEnd::closed});
    }
    EXPECT_EQ(player.report[Counter::tls_decrypted], 1u);
    EXPECT_EQ(player.report[Counter::tls_undecrypted], 0u);
    EXPECT_EQ(player.report[Counter::tls_bad_records], 0u);
    EXPECT_EQ(player.report[Counter::tls_lost_records], 0u);
    EXPECT_TRUE(player.report.undecrypted.empty());
    EXPECT_EQ(player.info.sni, "mpsd.example");
  }
}

TEST(Tls13, DecryptsEverySuite) {
  for (const char* suite :
       {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"}) {
    for (const bool ec : {false, true}) {
      SCOPED_TRACE(suite);
      TlsSetup setup = tls13();
      setup.suites = suite;
      setup.ec_certificate = ec;
      TlsPeers peers(setup);
      TlsTalk talk(peers);
      expect_decrypted(record_talk(talk));
    }
  }
}

TEST(Tls13, DecryptsVariantsOfTheHandshake) {
  for (const bool compatible : {false, true}) {
    for (const bool retry : {false, true}) {
      for (const bool certificate : {false, true}) {
        for (const bool split : {false, true}) {
          TlsSetup setup = tls13();
          if (retry) {
            setup.client_groups = "X25519:P-256";
            setup.server_groups = "P-256";
          }
          setup.client_certificate = certificate;
          setup.split_small = split;
          TlsPeers peers(setup);
          if (!compatible) {
            SSL_CTX_clear_options(peers.client.get(), SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
            SSL_CTX_clear_options(peers.server.get(), SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
          }
          TlsTalk talk(peers);
          expect_decrypted(record_talk(talk));
        }
      }
    }
  }
}

TEST(Tls13, StripsPadding) {
  TlsPeers peers(tls13());
  for (SSL_CTX* context : {peers.client.get(), peers.server.get()}) {
    ASSERT_EQ(SSL_CTX_set_block_padding(context, 512), 1);
  }
  TlsTalk talk(peers);
  expect_decrypted(record_talk(talk));
}

TEST(Tls13, DecryptsResumedSessions) {
  TlsPeers peers(tls13());
  TlsTalk first(peers);
  record_talk(first);
  ASSERT_TRUE(peers.session);
  peers.keylog.clear();
  TlsTalk second(peers, true);
  const Recording recording = record_talk(second);
  ASSERT_TRUE(second.resumed());
  expect_decrypted(recording);
}

TEST(Tls13, FollowsKeyUpdates) {
  for (const char* suite : {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"}) {
    TlsSetup setup = tls13();
    setup.suites = suite;
    TlsPeers peers(setup);
    TlsTalk talk(peers);
    ASSERT_TRUE(talk.handshake());
    for (unsigned i = 0; i < 3; ++i) {
      talk.send(Direction::to_server, sample_text(100, i));
      talk.update_key(Direction::to_server);
      talk.send(Direction::to_server, sample_text(200, i));
      talk.send(Direction::to_client, sample_text(300, i));
      talk.update_key(Direction::to_client, true);
      talk.send(Direction::to_client, sample_text(400, i));
      talk.update_key(Direction::to_client);
    }
    talk.send(Direction::to_server, sample_text(500, 9));
    talk.send(Direction::to_client, sample_text(600, 9));
    talk.shut_down(Direction::to_server);
    talk.shut_down(Direction::to_client);
    expect_decrypted(talk.recording());
  }
}

// A second connection that sends 0-RTT data first.
struct EarlyTalk {
  explicit EarlyTalk(TlsPeers& peers) : talk(peers, true) {
    written = talk.send_early(sample_text(700, 21)) && talk.send_early(sample_text(2'000, 22));
  }
  bool written = false;
  TlsTalk talk;
};

TEST(Tls13, DecryptsEarlyData) {
  TlsPeers peers(tls13());
  TlsTalk first(peers);
  record_talk(first);
  peers.keylog.clear();
  EarlyTalk second(peers);
  ASSERT_TRUE(second.written);
  const Recording recording = record_talk(second.talk);
  ASSERT_TRUE(second.talk.early_data_accepted());
  ASSERT_EQ(recording.plaintext[0].substr(0, 700), sample_text(700, 21));
  expect_decrypted(recording);
}

// Who spoke, in order; without repetitions.
class Speakers final : public StreamSink {
 public:
  explicit Speakers(std::vector<Direction>& order) : order_(order) {}
  void on_data(Direction d, CaptureTime, Bytes) override {
    if (order_.empty() || order_.back() != d) order_.push_back(d);
  }
  void on_gap(Direction, CaptureTime, std::uint64_t) override {}
  void on_end(Direction, CaptureTime, StreamEnd) override {}
  std::size_t buffered_bytes() const override { return 0; }

 private:
  std::vector<Direction>& order_;
};

// The server's hello and its answer to the early data may come in one piece. The data waited for
// the hello, but it came first.
TEST(Tls13, EarlyDataComesBeforeItsAnswer) {
  TlsPeers peers(tls13());
  TlsTalk first(peers);
  record_talk(first);
  peers.keylog.clear();
  EarlyTalk second(peers);
  ASSERT_TRUE(second.written);
  ASSERT_TRUE(second.talk.handshake());
  ASSERT_TRUE(second.talk.early_data_accepted());
  second.talk.send(Direction::to_client, "answer");
  const Recording recording = second.talk.recording();
  std::array<std::vector<std::uint8_t>, 2> sent;
  for (const Piece& piece : recording.pieces) {
    auto& bytes = sent[index_of(piece.direction)];
    bytes.insert(bytes.end(), piece.bytes.begin(), piece.bytes.end());
  }
  for (const std::size_t part : {1u, 100u, 100'000u}) {
    KeyLog keys;
    keys.add_text(recording.keylog);
    const Limits limits;
    DecodeReport report;
    NoExchanges exchanges;
    DecodeContext context{keys, false, limits, report, exchanges};
    ConnectionInfo info;
    std::vector<Direction> order;
    const auto stream = make_tls_connection(context, info, std::make_unique<Speakers>(order));
    for (const Direction d : {Direction::to_server, Direction::to_client}) {
      for (Bytes rest(sent[index_of(d)]); !rest.empty();) {
        const Bytes now = rest.first(std::min(part, rest.size()));
        stream->on_data(d, {}, now);
        rest = rest.subspan(now.size());
      }
    }
    EXPECT_EQ(order, (std::vector{Direction::to_server, Direction::to_client})) << part;
  }
}

TEST(Tls13, PassesOverRefusedEarlyData) {
  for (const bool retry : {false, true}) {
    SCOPED_TRACE(retry ? "with HelloRetryRequest" : "without");
    TlsSetup setup = tls13();
    TlsPeers peers(setup);
    TlsTalk first(peers);
    record_talk(first);
    peers.keylog.clear();
    if (retry) {
      ASSERT_EQ(SSL_CTX_set1_groups_list(peers.server.get(), "P-256"), 1);
    } else {
      SSL_CTX_set_max_early_data(peers.server.get(), 0);
      SSL_CTX_set_recv_max_early_data(peers.server.get(), 16'384);
    }
    EarlyTalk second(peers);
    ASSERT_TRUE(second.written);
    const Recording recording = record_talk(second.talk);
    ASSERT_FALSE(second.talk.early_data_accepted());
    ASSERT_EQ(recording.plaintext[0].substr(0, 300), sample_text(300, 1));
    expect_decrypted(recording);
  }
}

std::string without(const std::string& keylog, std::string_view label) {
  std::string kept;
  std::size_t at = 0;
  while (at < keylog.size()) {
    const std::size_t end = keylog.find('\n', at) + 1;
    const std::string line = keylog.substr(at, end - at);
    if (line.rfind(label, 0) != 0) kept += line;
    at = end;
  }
  return kept;
}

TEST(Tls13, DoesWithoutTheSecretsOfTheHandshake) {
  for (const bool split : {false, true}) {
    TlsSetup setup = tls13();
    setup.split_small = split;
    setup.client_certificate = true;
    TlsPeers peers(setup);
    TlsTalk talk(peers);
    Recording recording = record_talk(talk);
    for (const char* label : {"CLIENT_HANDSHAKE", "SERVER_HANDSHAKE"}) {
      recording.keylog = without(recording.keylog, label);
      expect_decrypted(recording);
    }
  }
}

TEST(Tls13, AnUnknownFateOfEarlyDataIsAGap) {
  for (const char* missing : {"SERVER_HANDSHAKE", "CLIENT_EARLY"}) {
    SCOPED_TRACE(missing);
    TlsPeers peers(tls13());
    TlsTalk first(peers);
    record_talk(first);
    peers.keylog.clear();
    EarlyTalk second(peers);
    const Recording recording = record_talk(second.talk);
    ASSERT_TRUE(second.talk.early_data_accepted());
    TlsPlayer player;
    player.keys.add_text(without(recording.keylog, missing));
    player.play(recording.pieces);
    player.end_both();
    EXPECT_EQ(player.heard(Direction::to_client).text, recording.plaintext[1]);
    EXPECT_EQ(player.heard(Direction::to_server).text, recording.plaintext[0].substr(2'700));
    EXPECT_EQ(player.heard(Direction::to_server).gaps, std::vector<std::size_t>{0});
    EXPECT_EQ(player.report[Counter::tls_decrypted], 1u);
  }
}

TEST(Tls13, HalfOfTheSecretsIsNoKey) {
  TlsPeers peers(tls13());
  TlsTalk talk(peers);
  const Recording recording = record_talk(talk);
  TlsPlayer player;
  player.keys.add_text(without(recording.keylog, "SERVER_TRAFFIC_SECRET_0"));
  player.play(recording.pieces);
  player.end_both();
  ASSERT_EQ(player.report.undecrypted.size(), 1u);
  const DecodeReport::Undecrypted expected{"mpsd.example", TlsFailure::no_key,
                                           "only some of its secrets"};
  EXPECT_EQ(player.report.undecrypted.begin()->first, expected);
}

}  // namespace
}  // namespace mpsdscope::testing

// The decoder against recordings of a real client and server; what TLS 1.3 has on top is in
// tls_13_test.cc, losses and late keys are in tls_loss_test.cc.
#include "decode/tls.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "decode/tls_suites.h"
#include "tests/decode/testing/tls_player.h"
#include "tests/decode/testing/tls_recorder.h"

namespace mpsdscope::testing {
namespace {

void expect_decrypted(const TlsPlayer& player, const Recording& recording) {
  for (const Direction d : {Direction::to_server, Direction::to_client}) {
    EXPECT_EQ(player.heard(d).text, recording.plaintext[index_of(d)]);
    EXPECT_TRUE(player.heard(d).gaps.empty());
    EXPECT_EQ(player.heard(d).ends, std::vector{StreamEnd::closed});
  }
  EXPECT_EQ(player.report[Counter::tls_connections], 1u);
  EXPECT_EQ(player.report[Counter::tls_decrypted], 1u);
  EXPECT_EQ(player.report[Counter::tls_undecrypted], 0u);
  EXPECT_EQ(player.report[Counter::tls_bad_records], 0u);
  EXPECT_EQ(player.report[Counter::tls_lost_records], 0u);
  EXPECT_TRUE(player.report.undecrypted.empty());
  EXPECT_EQ(player.info.sni, "mpsd.example");
  EXPECT_TRUE(player.info.tls);
}

// Whole, byte by byte, and in random parts.
void expect_decrypted_however_split(const Recording& recording) {
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
    expect_decrypted(player, recording);
  }
}

// Every suite of TLS 1.2 that OpenSSL has, however it authenticates, but DSS and SRP.
std::vector<const SSL_CIPHER*> all_suites() {
  static const TlsPeers peers{TlsSetup{}};
  std::vector<const SSL_CIPHER*> suites;
  const STACK_OF(SSL_CIPHER)* stack = SSL_CTX_get_ciphers(peers.server.get());
  for (int i = 0; i < sk_SSL_CIPHER_num(stack); ++i) {
    const SSL_CIPHER* cipher = sk_SSL_CIPHER_value(stack, i);
    const std::string_view name = SSL_CIPHER_get_name(cipher);
    const bool tls13 = std::string_view(SSL_CIPHER_get_version(cipher)) == "TLSv1.3";
    if (tls13 || name.find("DSS") != name.npos || name.find("SRP") != name.npos) continue;
    suites.push_back(cipher);
  }
  return suites;
}

TlsSetup setup_of(const SSL_CIPHER* cipher) {
  TlsSetup setup;
  setup.ciphers = std::string(SSL_CIPHER_get_name(cipher)) + ":@SECLEVEL=0";
  setup.ec_certificate = SSL_CIPHER_get_auth_nid(cipher) == NID_auth_ecdsa;
  return setup;
}

TEST(Tls12, DecryptsEverySuite) {
  int supported = 0;
  for (const SSL_CIPHER* cipher : all_suites()) {
    SCOPED_TRACE(SSL_CIPHER_standard_name(cipher));
    TlsPeers peers(setup_of(cipher));
    TlsTalk talk(peers);
    const Recording recording = record_talk(talk);
    const CipherSuite* suite = find_suite(SSL_CIPHER_get_protocol_id(cipher));
    if (suite != nullptr) {
      ++supported;
      EXPECT_EQ("TLS_" + std::string(suite->name), SSL_CIPHER_standard_name(cipher));
      expect_decrypted_however_split(recording);
      continue;
    }
    TlsPlayer player;
    player.keys.add_text(recording.keylog);
    player.play(recording.pieces);
    player.end_both();
    EXPECT_EQ(player.report[Counter::tls_undecrypted], 1u);
    EXPECT_EQ(player.report[Counter::tls_decrypted], 0u);
    ASSERT_EQ(player.report.undecrypted.size(), 1u);
    EXPECT_EQ(player.report.undecrypted.begin()->first.failure, TlsFailure::unsupported_suite);
    EXPECT_EQ(player.report.undecrypted.begin()->first.name, "mpsd.example");
    EXPECT_TRUE(player.heard(Direction::to_client).text.empty());
  }
  EXPECT_GE(supported, 80);
}

TEST(Tls12, TheFeaturesOfCbcSuites) {
  for (const char* cipher : {"ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES128-SHA256",
                             "ECDHE-RSA-AES256-SHA384", "AES256-SHA256"}) {
    for (const std::uint64_t options :
         {std::uint64_t{0}, SSL_OP_NO_ENCRYPT_THEN_MAC, SSL_OP_NO_EXTENDED_MASTER_SECRET,
          SSL_OP_NO_ENCRYPT_THEN_MAC | SSL_OP_NO_EXTENDED_MASTER_SECRET}) {
      SCOPED_TRACE(std::string(cipher) + " " + std::to_string(options));
      TlsSetup setup;
      setup.ciphers = std::string(cipher) + ":@SECLEVEL=0";
      setup.options = options;
      TlsPeers peers(setup);
      TlsTalk talk(peers);
      expect_decrypted_however_split(record_talk(talk));
    }
  }
}

struct Variant {
  const char* what;
  TlsSetup setup;
};

std::vector<Variant> variants() {
  std::vector<Variant> all;
  const auto add = [&all](const char* what, auto change) {
    TlsSetup setup;
    setup.ciphers = "ECDHE:@SECLEVEL=0";
    change(setup);
    all.push_back({what, setup});
  };
  add("plain", [](TlsSetup&) {});
  add("no extended master secret",
      [](TlsSetup& s) { s.options = SSL_OP_NO_EXTENDED_MASTER_SECRET; });
  add("client certificate", [](TlsSetup& s) { s.client_certificate = true; });
  add("small records", [](TlsSetup& s) { s.split_small = s.client_certificate = true; });
  add("EC certificate", [](TlsSetup& s) { s.ec_certificate = true; });
  return all;
}

TEST(Tls12, DecryptsVariantsOfTheHandshake) {
  for (const Variant& variant : variants()) {
    SCOPED_TRACE(variant.what);
    TlsPeers peers(variant.setup);
    TlsTalk talk(peers);
    expect_decrypted_however_split(record_talk(talk));
  }
}

TEST(Tls12, DecryptsResumedSessions) {
  for (const std::uint64_t options : {std::uint64_t{0}, SSL_OP_NO_TICKET}) {
    for (const char* cipher :
         {"ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0", "ECDHE-RSA-AES256-SHA384:@SECLEVEL=0"}) {
      SCOPED_TRACE(std::string(cipher) + (options == 0 ? " ticket" : " session id"));
      TlsSetup setup;
      setup.ciphers = cipher;
      setup.options = options;
      TlsPeers peers(setup);
      TlsTalk first(peers);
      record_talk(first);
      ASSERT_TRUE(peers.session);
      peers.keylog.clear();  // the second connection's line alone must do
      TlsTalk second(peers, true);
      const Recording recording = record_talk(second);
      ASSERT_TRUE(second.resumed());
      expect_decrypted_however_split(recording);
    }
  }
}

TEST(Tls12, FollowsARenegotiation) {
  for (const char* cipher :
       {"ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0"}) {
    SCOPED_TRACE(cipher);
    TlsSetup setup;
    setup.ciphers = cipher;
    setup.options = SSL_OP_ALLOW_CLIENT_RENEGOTIATION;
    TlsPeers peers(setup);
    TlsTalk talk(peers);
    ASSERT_TRUE(talk.handshake());
    talk.send(Direction::to_server, sample_text(100, 1));
    talk.send(Direction::to_client, sample_text(100, 2));
    ASSERT_TRUE(talk.renegotiate());
    expect_decrypted_however_split([&] {
      talk.send(Direction::to_client, sample_text(2'000, 4));
      talk.send(Direction::to_server, sample_text(300, 3));
      talk.shut_down(Direction::to_server);
      talk.shut_down(Direction::to_client);
      return talk.recording();
    }());
  }
}

Recording simple_recording(int version = TLS1_2_VERSION) {
  TlsSetup setup;
  setup.ciphers = "ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0";
  setup.version = version;
  TlsPeers peers(setup);
  TlsTalk talk(peers);
  return record_talk(talk);
}

void expect_failure(const TlsPlayer& player, TlsFailure failure, const std::string& name,
                    const std::string& detail = "") {
  EXPECT_EQ(player.report[Counter::tls_connections], 1u);
  EXPECT_EQ(player.report[Counter::tls_decrypted], 0u);
  EXPECT_EQ(player.report[Counter::tls_undecrypted], 1u);
  const std::map<DecodeReport::Undecrypted, std::uint64_t> expected{{{name, failure, detail}, 1}};
  ASSERT_EQ(player.report.undecrypted.size(), 1u);
  const auto& [what, count] = *player.report.undecrypted.begin();
  EXPECT_EQ(name_of(what.failure), name_of(failure));
  EXPECT_EQ(what.name, name);
  EXPECT_EQ(what.detail, detail);
  EXPECT_EQ(count, 1u);
  for (const Direction d : {Direction::to_server, Direction::to_client}) {
    EXPECT_TRUE(player.heard(d).text.empty());
    EXPECT_EQ(player.heard(d).ends.size(), 1u);
  }
}

// The log's secrets with those labels, another digit in each.
std::string spoiled(const std::string& keylog, const std::vector<std::string>& labels) {
  std::istringstream lines(keylog);
  std::string all;
  for (std::string line; std::getline(lines, line);) {
    const std::string label = line.substr(0, line.find(' '));
    const bool spoil = std::find(labels.begin(), labels.end(), label) != labels.end();
    if (spoil) line.back() = line.back() == '0' ? '1' : '0';
    all += line + '\n';
  }
  return all;
}

TEST(TlsFailures, SecretsThatAreNotTheConnections) {
  const std::vector<std::string> handshake{"CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                                           "SERVER_HANDSHAKE_TRAFFIC_SECRET"};
  const std::vector<std::string> application{"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"};
  std::vector<std::string> both = handshake;
  both.insert(both.end(), application.begin(), application.end());
  const std::vector<std::pair<int, std::vector<std::string>>> cases{
      {TLS1_2_VERSION, {"CLIENT_RANDOM"}}, {TLS1_3_VERSION, application}, {TLS1_3_VERSION, both}};
  for (const auto& [version, labels] : cases) {
    SCOPED_TRACE(labels.front());
    const Recording recording = simple_recording(version);
    TlsPlayer player;
    player.keys.add_text(spoiled(recording.keylog, labels));
    player.play(recording.pieces);
    player.end_both();
    expect_failure(player, TlsFailure::damaged, "mpsd.example", "records that no key opens");
  }
}

TEST(TlsFailures, OneDirectionsSecretThatIsNotTheConnections) {
  const Recording recording = simple_recording(TLS1_3_VERSION);
  TlsPlayer player;
  player.keys.add_text(spoiled(recording.keylog, {"CLIENT_TRAFFIC_SECRET_0"}));
  player.play(recording.pieces);
  player.end_both();
  EXPECT_EQ(player.report[Counter::tls_decrypted], 1u);
  ASSERT_EQ(player.report.undecrypted.size(), 1u);
  const auto& what = player.report.undecrypted.begin()->first;
  EXPECT_EQ(what.name, "mpsd.example");
  EXPECT_EQ(what.failure, TlsFailure::damaged);
  EXPECT_EQ(what.detail, "in part: records that no key opens");
  EXPECT_TRUE(player.heard(Direction::to_server).text.empty());
  EXPECT_FALSE(player.heard(Direction::to_client).text.empty());
}

// One direction's secret is wrong, the other's never comes: one connection, one reason.
TEST(TlsFailures, AreToldOnce) {
  const Recording recording = simple_recording(TLS1_3_VERSION);
  for (const std::size_t limit : {std::size_t{500}, Limits{}.max_buffered_per_flow}) {
    TlsPlayer player(true);
    player.limits.max_buffered_per_flow = limit;
    std::istringstream lines(spoiled(recording.keylog, {"SERVER_TRAFFIC_SECRET_0"}));
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("CLIENT_TRAFFIC")) player.keys.add_text(line);
    }
    player.play(recording.pieces);
    player.end_both(StreamEnd::unknown);
    EXPECT_EQ(player.report[Counter::tls_decrypted], 0u) << limit;
    EXPECT_EQ(player.report[Counter::tls_undecrypted], 1u) << limit;
    EXPECT_EQ(player.report.undecrypted.size(), 1u) << limit;
    EXPECT_GT(player.report[Counter::tls_bad_records], 0u) << limit;
  }
}

// A lost hello may have told the other direction's keys.
TEST(TlsFailures, ALossIsNoWrongKey) {
  TlsSetup setup;
  setup.ciphers = "ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0";
  setup.options = SSL_OP_ALLOW_CLIENT_RENEGOTIATION;
  TlsPeers peers(setup);
  TlsTalk talk(peers);
  ASSERT_TRUE(talk.handshake());
  talk.send(Direction::to_server, sample_text(100, 1));
  ASSERT_TRUE(talk.renegotiate());
  talk.send(Direction::to_client, sample_text(2'000, 4));
  talk.send(Direction::to_server, sample_text(300, 3));
  const Recording recording = talk.recording();
  for (std::size_t lost = 0; lost < recording.pieces.size(); ++lost) {
    TlsPlayer player;
    player.keys.add_text(recording.keylog);
    for (std::size_t i = 0; i < recording.pieces.size(); ++i) {
      const Piece& piece = recording.pieces[i];
      if (i == lost) {
        player.gap(piece.direction, piece.bytes.size());
      } else {
        player.data(piece.direction, piece.bytes);
      }
    }
    player.end_both();
    for (const auto& [what, count] : player.report.undecrypted) {
      EXPECT_NE(what.failure, TlsFailure::damaged) << lost << ' ' << what.detail;
    }
  }
}

TEST(TlsFailures, NoKey) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const Recording recording = simple_recording(version);
    TlsPlayer player;
    player.play(recording.pieces);
    EXPECT_EQ(player.report[Counter::tls_undecrypted], 1u);  // known before the end
    EXPECT_EQ(player.buffered(), 0u);
    player.end_both();
    expect_failure(player, TlsFailure::no_key, "mpsd.example");
  }
}

TEST(TlsFailures, NoKeyIsNamedByTheServerWithoutSni) {
  TlsSetup setup;
  setup.server_name = "";
  TlsPeers peers(setup);
  TlsTalk talk(peers);
  TlsPlayer player;
  player.play(record_talk(talk).pieces);
  player.end_both();
  expect_failure(player, TlsFailure::no_key, "192.0.2.1:443");
}

TEST(TlsFailures, OldVersions) {
  for (const auto& [version, name] :
       {std::pair{TLS1_VERSION, "TLS 1.0"}, std::pair{TLS1_1_VERSION, "TLS 1.1"}}) {
    TlsSetup setup;
    setup.version = version;
    TlsPeers peers(setup);
    TlsTalk talk(peers);
    const Recording recording = record_talk(talk);
    TlsPlayer player;
    player.keys.add_text(recording.keylog);
    player.play(recording.pieces, 7);
    player.end_both();
    expect_failure(player, TlsFailure::unsupported_version, "mpsd.example", name);
  }
}

TEST(TlsFailures, AHelloOfSsl2) {
  const std::uint8_t hello[] = {0x80, 0x2e, 0x01, 0x03, 0x01, 0x00, 0x15, 0x00, 0x00, 0x00, 0x10};
  for (const std::size_t part : {0u, 1u}) {
    TlsPlayer player;
    player.play({{Direction::to_server, {std::begin(hello), std::end(hello)}}}, part);
    player.end_both();
    expect_failure(player, TlsFailure::unsupported_version, "192.0.2.1:443", "SSL 2.0 ClientHello");
  }
}

TEST(TlsFailures, NotTls) {
  TlsPlayer player;
  player.data(Direction::to_server, as_bytes("GET / HTTP/1.1\r\n\r\n"));
  player.end_both();
  expect_failure(player, TlsFailure::damaged, "192.0.2.1:443", "not TLS");
}

TEST(TlsFailures, JoinedAfterTheHandshake) {
  const Recording recording = simple_recording();
  for (const bool told : {false, true}) {
    for (const std::size_t from : {4u, 5u, 6u}) {
      TlsPlayer player;
      player.keys.add_text(recording.keylog);
      if (told) {
        player.gap(Direction::to_server, 0);
        player.gap(Direction::to_client, 0);
      }
      player.play(
          {recording.pieces.begin() + static_cast<std::ptrdiff_t>(from), recording.pieces.end()});
      player.end_both();
      expect_failure(player, TlsFailure::handshake_unseen, "192.0.2.1:443");
    }
  }
}

TEST(TlsFailures, OnlyOneDirectionCaptured) {
  const Recording recording = simple_recording();
  for (const Direction seen : {Direction::to_server, Direction::to_client}) {
    std::vector<Piece> pieces;
    for (const Piece& piece : recording.pieces) {
      if (piece.direction == seen) pieces.push_back(piece);
    }
    for (const bool one_sided : {true, false}) {
      TlsPlayer player;
      player.keys.add_text(recording.keylog);
      player.info.one_sided = one_sided;
      player.play(pieces);
      player.end_both(StreamEnd::unknown);
      expect_failure(player, one_sided ? TlsFailure::one_sided : TlsFailure::handshake_unseen,
                     seen == Direction::to_server ? "mpsd.example" : "192.0.2.1:443");
    }
  }
}

TEST(TlsFailures, AHandshakeThatWasRefused) {
  TlsSetup setup;
  setup.ciphers = "ECDHE-RSA-AES128-GCM-SHA256";
  TlsPeers peers(setup);
  ASSERT_EQ(SSL_CTX_set_cipher_list(peers.server.get(), "ECDHE-RSA-AES256-GCM-SHA384"), 1);
  TlsTalk talk(peers);
  ASSERT_FALSE(talk.handshake());
  TlsPlayer player;
  player.play(talk.recording().pieces);
  player.end_both();
  expect_failure(player, TlsFailure::no_key, "mpsd.example", "handshake refused with alert 40");
  EXPECT_EQ(player.heard(Direction::to_client).ends[0], StreamEnd::reset);
}

TEST(TlsFailures, EndsAreCountedEvenIfNobodyTells) {
  TlsPlayer player;
  player.play({simple_recording().pieces[0]});
  player.destroy();
  expect_failure(player, TlsFailure::handshake_unseen, "mpsd.example");
}

TEST(TlsEnds, WithoutCloseNotifyTheStreamsEndIsPassedOn) {
  Recording recording = simple_recording();
  recording.pieces.resize(recording.pieces.size() - 2);  // both close_notify
  for (const StreamEnd how : {StreamEnd::closed, StreamEnd::reset, StreamEnd::unknown}) {
    TlsPlayer player;
    player.keys.add_text(recording.keylog);
    player.play(recording.pieces);
    player.end_both(how);
    EXPECT_EQ(player.heard(Direction::to_client).text, recording.plaintext[1]);
    EXPECT_EQ(player.heard(Direction::to_client).ends, std::vector{how});
    EXPECT_EQ(player.heard(Direction::to_server).ends, std::vector{how});
  }
}

TEST(TlsEnds, AnEndAmidARecordIsNoCleanEnd) {
  Recording recording = simple_recording();
  recording.pieces.resize(recording.pieces.size() - 2);
  recording.pieces.back().bytes.pop_back();
  TlsPlayer player;
  player.keys.add_text(recording.keylog);
  player.play(recording.pieces);
  player.end_both(StreamEnd::closed);
  EXPECT_EQ(player.heard(Direction::to_client).text,
            recording.plaintext[1].substr(0, recording.plaintext[1].size() - 17));
  EXPECT_EQ(player.heard(Direction::to_client).ends, std::vector{StreamEnd::reset});
  EXPECT_EQ(player.heard(Direction::to_server).ends, std::vector{StreamEnd::closed});
}

}  // namespace
}  // namespace mpsdscope::testing

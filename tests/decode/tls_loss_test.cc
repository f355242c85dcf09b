// Keys that come late, bytes that are lost, bits that flip.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "decode/tls.h"
#include "tests/decode/testing/tls_player.h"
#include "tests/decode/testing/tls_recorder.h"

namespace mpsdscope::testing {
namespace {

constexpr Direction kToServer = Direction::to_server;
constexpr Direction kToClient = Direction::to_client;

struct Kind {
  const char* what;
  int version;
  const char* cipher;
};
const Kind kKinds[] = {
    {"1.3 GCM", TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256"},
    {"1.3 ChaCha", TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256"},
    {"1.2 GCM", TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256"},
    {"1.2 ChaCha", TLS1_2_VERSION, "ECDHE-RSA-CHACHA20-POLY1305"},
    {"1.2 CBC", TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA256:@SECLEVEL=0"},
};

TlsSetup setup_of(const Kind& kind) {
  TlsSetup setup;
  setup.version = kind.version;
  (kind.version == TLS1_3_VERSION ? setup.suites : setup.ciphers) = kind.cipher;
  return setup;
}

// After the handshake: `messages` messages of `size` bytes to the client, one record each.
struct Download {
  Recording recording;
  std::size_t first = 0;  // the piece with the first message
  std::size_t size = 0;
  std::size_t count = 0;

  Download(const TlsSetup& setup, std::size_t messages, std::size_t message_size)
      : size(message_size), count(messages) {
    TlsPeers peers(setup);
    TlsTalk talk(peers);
    EXPECT_TRUE(talk.handshake());
    talk.send(kToServer, "please");
    first = talk.recording().pieces.size();
    for (std::size_t i = 0; i < messages; ++i) {
      talk.send(kToClient, sample_text(message_size, static_cast<unsigned>(i)));
    }
    recording = talk.recording();
  }
  std::string text(std::size_t from, std::size_t to) const {
    return recording.plaintext[1].substr(from * size, (to - from) * size);
  }
};

void play_handshake(TlsPlayer& player, const Download& download) {
  player.keys.add_text(download.recording.keylog);
  player.play({download.recording.pieces.begin(),
               download.recording.pieces.begin() + static_cast<std::ptrdiff_t>(download.first)});
}

// The bytes of all messages in one.
std::vector<std::uint8_t> wire_of(const Download& download) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = download.first; i < download.recording.pieces.size(); ++i) {
    const auto& piece = download.recording.pieces[i].bytes;
    bytes.insert(bytes.end(), piece.begin(), piece.end());
  }
  return bytes;
}

TEST(TlsLateKeys, WaitForTheLog) {
  for (const Kind& kind : kKinds) {
    SCOPED_TRACE(kind.what);
    TlsPeers peers(setup_of(kind));
    TlsTalk talk(peers);
    const Recording recording = record_talk(talk);
    // The log comes after that many pieces; the last times: before the ends, and after them.
    for (std::size_t late = 1; late <= recording.pieces.size() + 1; ++late) {
      for (const std::size_t part : {0u, 1u, 1'000u}) {
        TlsPlayer player(true);
        const auto middle = recording.pieces.begin() +
                            static_cast<std::ptrdiff_t>(std::min(late, recording.pieces.size()));
        player.play({recording.pieces.begin(), middle}, part);
        if (late > recording.pieces.size()) player.end_both();
        player.keys.add_text(recording.keylog);
        if (late % 2 == 0 || late >= recording.pieces.size()) player.tick();
        player.play({middle, recording.pieces.end()}, part);
        if (late <= recording.pieces.size()) player.end_both();
        for (const Direction d : {kToServer, kToClient}) {
          EXPECT_EQ(player.heard(d).text, recording.plaintext[index_of(d)]);
          EXPECT_EQ(player.heard(d).ends, std::vector{StreamEnd::closed});
        }
        EXPECT_EQ(player.report[Counter::tls_decrypted], 1u);
        EXPECT_EQ(player.buffered(), 0u);
      }
    }
  }
}

TEST(TlsLateKeys, LineByLine) {
  TlsPeers peers(setup_of(kKinds[0]));
  TlsTalk talk(peers);
  const Recording recording = record_talk(talk);
  TlsPlayer player(true);
  player.play(recording.pieces, 100);
  std::size_t at = 0;
  while (at < recording.keylog.size()) {
    const std::size_t end = recording.keylog.find('\n', at) + 1;
    player.keys.add_text(recording.keylog.substr(at, end - at));
    player.tick();
    at = end;
  }
  player.end_both();
  EXPECT_EQ(player.heard(kToServer).text, recording.plaintext[0]);
  EXPECT_EQ(player.heard(kToClient).text, recording.plaintext[1]);
  EXPECT_EQ(player.report[Counter::tls_bad_records], 0u);
}

TEST(TlsLateKeys, NeverComeAndMemoryIsBounded) {
  const Download download(setup_of(kKinds[0]), 100, 10'000);
  for (const bool over : {false, true}) {
    TlsPlayer player(true);
    player.limits.max_buffered_per_flow = over ? 100'000 : 4'000'000;
    player.keys.add_text("");
    player.play(download.recording.pieces);
    EXPECT_EQ(player.report[Counter::tls_undecrypted], over ? 1u : 0u);
    if (over) {
      EXPECT_EQ(player.buffered(), 0u);
    } else {
      EXPECT_GT(player.buffered(), 1'000'000u);
    }
    player.end_both(StreamEnd::unknown);
    EXPECT_EQ(player.report[Counter::tls_undecrypted], 1u);
    ASSERT_EQ(player.report.undecrypted.size(), 1u);
    EXPECT_EQ(player.report.undecrypted.begin()->first.failure, TlsFailure::no_key);
    EXPECT_EQ(player.buffered(), 0u);
  }
}

TEST(TlsGaps, ALostMessageCostsOnlyItself) {
  for (const Kind& kind : kKinds) {
    const Download download(setup_of(kind), 10, 1'000);
    for (std::size_t lost = 0; lost < 9; ++lost) {
      for (const std::size_t how_many : {1u, 2u}) {
        for (const bool length_known : {true, false}) {
          if (lost + how_many >= 10) continue;
          SCOPED_TRACE(std::string(kind.what) + " lost " + std::to_string(lost));
          TlsPlayer player;
          play_handshake(player, download);
          std::uint64_t missing = 0;
          for (std::size_t i = 0; i < 10; ++i) {
            const Piece& piece = download.recording.pieces[download.first + i];
            if (i >= lost && i < lost + how_many) {
              missing += piece.bytes.size();
              if (i + 1 == lost + how_many) player.gap(kToClient, length_known ? missing : 0);
            } else {
              player.play({piece});
            }
          }
          player.end_both();
          EXPECT_EQ(player.heard(kToClient).text,
                    download.text(0, lost) + download.text(lost + how_many, 10));
          EXPECT_EQ(player.heard(kToClient).gaps, std::vector<std::size_t>{lost * 1'000});
          EXPECT_EQ(player.report[Counter::tls_lost_records], how_many);
          EXPECT_EQ(player.report[Counter::tls_bad_records], 0u);
          EXPECT_EQ(player.report[Counter::tls_decrypted], 1u);
          EXPECT_TRUE(player.report.undecrypted.empty());
        }
      }
    }
  }
}

// Any run of bytes of the stream may be lost: whatever is delivered is right, whatever follows the
// first whole record behind the loss is there.
TEST(TlsGaps, LostBytesAnywhere) {
  for (const Kind& kind : kKinds) {
    const Download download(setup_of(kind), 12, 1'000);
    const std::vector<std::uint8_t> wire = wire_of(download);
    const std::size_t record = wire.size() / 12;
    std::mt19937 random(7);
    for (int round = 0; round < 150; ++round) {
      const std::size_t from = random() % (wire.size() - record);
      const std::size_t length = std::min<std::size_t>(
          1 + random() % (round % 2 == 0 ? 1'500 : 6'000), wire.size() - from);
      const bool length_known = random() % 2 == 0;
      SCOPED_TRACE(std::string(kind.what) + " from " + std::to_string(from) + " length " +
                   std::to_string(length));
      TlsPlayer player;
      play_handshake(player, download);
      const std::size_t part = random() % 2 == 0 ? 1'460 : 64'000;
      const auto at = [&wire](std::size_t i) {
        return wire.begin() + static_cast<std::ptrdiff_t>(i);
      };
      player.play({{kToClient, {wire.begin(), at(from)}}}, part);
      player.gap(kToClient, length_known ? length : 0);
      player.play({{kToClient, {at(from + length), wire.end()}}}, part);
      player.end_both();
      const std::size_t before = from / record;
      const std::size_t behind = (from + length + record - 1) / record;
      EXPECT_EQ(player.heard(kToClient).text, download.text(0, before) + download.text(behind, 12));
      EXPECT_EQ(player.heard(kToClient).gaps, std::vector<std::size_t>{before * 1'000});
      if (behind < 12) {
        EXPECT_EQ(player.report[Counter::tls_lost_records], behind - before);
      }
      EXPECT_EQ(player.report[Counter::tls_decrypted], 1u);
    }
  }
}

TEST(TlsGaps, ManyLostRecordsAreFoundByTheirUsualSize) {
  for (const Kind& kind : kKinds) {
    SCOPED_TRACE(kind.what);
    const Download download(setup_of(kind), 400, 1'000);
    const std::vector<std::uint8_t> wire = wire_of(download);
    const std::size_t record = wire.size() / 400;
    TlsPlayer player;
    play_handshake(player, download);
    const auto at = [&wire](std::size_t i) {
      return wire.begin() + static_cast<std::ptrdiff_t>(i);
    };
    player.play({{kToClient, {wire.begin(), at(100 * record)}}}, 1'460);
    player.gap(kToClient, 250 * record);
    player.play({{kToClient, {at(350 * record), wire.end()}}}, 1'460);
    player.end_both();
    EXPECT_EQ(player.heard(kToClient).text, download.text(0, 100) + download.text(350, 400));
    EXPECT_EQ(player.report[Counter::tls_lost_records], 250u);
  }
}

TEST(TlsGaps, TooManyLostRecordsEndTheDirectionOnly) {
  const Kind& kind = kKinds[1];
  const Download download(setup_of(kind), 200, 1'000);
  TlsPlayer player;
  play_handshake(player, download);
  for (std::size_t i = 0; i < 200; ++i) {
    if (i == 10) player.gap(kToClient, 0);
    if (i < 10 || i >= 150) player.play({download.recording.pieces[download.first + i]});
  }
  EXPECT_EQ(player.heard(kToClient).ends, std::vector{StreamEnd::unknown});
  EXPECT_TRUE(player.heard(kToServer).ends.empty());
  player.end_both();
  EXPECT_EQ(player.heard(kToClient).text, download.text(0, 10));
  EXPECT_EQ(player.heard(kToClient).ends, std::vector{StreamEnd::unknown});
  EXPECT_EQ(player.heard(kToServer).ends, std::vector{StreamEnd::closed});
  EXPECT_EQ(player.report[Counter::tls_decrypted], 1u);
  EXPECT_EQ(player.report[Counter::tls_undecrypted], 0u);
  EXPECT_GE(player.report[Counter::tls_lost_records], 1u);
  ASSERT_EQ(player.report.undecrypted.size(), 1u);
  EXPECT_EQ(player.report.undecrypted.begin()->first.failure, TlsFailure::gap);
}

// Lost pieces of the handshake behind the hellos, one at a time.
TEST(TlsGaps, APartOfTheHandshake) {
  for (const Kind& kind : kKinds) {
    for (const Direction d : {kToServer, kToClient}) {
      TlsSetup setup = setup_of(kind);
      setup.client_certificate = true;
      const Download download(setup, 5, 1'000);
      // Everything of that direction's handshake behind its hello.
      std::vector<std::uint8_t> flight;
      for (std::size_t i = 0; i < download.first - 1; ++i) {
        const Piece& piece = download.recording.pieces[i];
        if (piece.direction == d)
          flight.insert(flight.end(), piece.bytes.begin(), piece.bytes.end());
      }
      const std::size_t hello = 5 + static_cast<std::size_t>(flight[3] << 8 | flight[4]);
      ASSERT_GT(flight.size(), hello + 100);
      std::mt19937 random(11);
      for (int round = 0; round < 40; ++round) {
        const std::size_t from = hello + random() % (flight.size() - hello);
        const std::size_t length = 1 + random() % (flight.size() - from);
        const bool length_known = random() % 2 == 0;
        SCOPED_TRACE(std::string(kind.what) + (d == kToServer ? " client" : " server") + " from " +
                     std::to_string(from) + " length " + std::to_string(length) + " of " +
                     std::to_string(flight.size()));
        TlsPlayer player;
        player.keys.add_text(download.recording.keylog);
        std::size_t offset = 0;
        for (std::size_t i = 0; i < download.recording.pieces.size(); ++i) {
          Piece piece = download.recording.pieces[i];
          if (piece.direction != d || i >= download.first - 1) {
            player.play({piece});
            continue;
          }
          for (const std::uint8_t byte : piece.bytes) {
            if (offset == from) player.gap(d, length_known ? length : 0);
            if (offset < from || offset >= from + length) player.data(d, {&byte, 1});
            ++offset;
          }
        }
        player.end_both();
        EXPECT_EQ(player.heard(kToServer).text, "please");
        EXPECT_EQ(player.heard(kToClient).text, download.recording.plaintext[1]);
        EXPECT_EQ(player.report[Counter::tls_decrypted], 1u);
      }
    }
  }
}

// All that a side sent behind a place within its handshake is lost, but its end is not: there may
// have been data, so it must not look like a side that had nothing to say.
TEST(TlsGaps, EverythingUpToTheEnd) {
  for (const Kind& kind : kKinds) {
    for (const Direction d : {kToServer, kToClient}) {
      const Download download(setup_of(kind), 3, 1'000);
      std::vector<std::uint8_t> sent;
      for (const Piece& piece : download.recording.pieces) {
        if (piece.direction == d) sent.insert(sent.end(), piece.bytes.begin(), piece.bytes.end());
      }
      const std::size_t hello = 5 + static_cast<std::size_t>(sent[3] << 8 | sent[4]);
      for (const std::size_t behind_hello : {0u, 3u, 40u}) {
        for (const bool length_known : {true, false}) {
          SCOPED_TRACE(std::string(kind.what) + (d == kToServer ? " client" : " server") +
                       " from " + std::to_string(behind_hello));
          TlsPlayer player;
          player.keys.add_text(download.recording.keylog);
          std::size_t left = hello + behind_hello;
          const std::size_t lost = sent.size() - left;
          for (Piece piece : download.recording.pieces) {
            if (piece.direction == d) {
              piece.bytes.resize(std::min(left, piece.bytes.size()));
              left -= piece.bytes.size();
            }
            player.play({piece});
          }
          player.gap(d, length_known ? lost : 0);
          player.end_both();
          EXPECT_TRUE(player.heard(d).text.empty());
          EXPECT_EQ(player.heard(d).gaps, std::vector<std::size_t>{0});
          EXPECT_EQ(player.heard(d).ends.size(), 1u);
          EXPECT_TRUE(player.heard(opposite(d)).gaps.empty());
          EXPECT_EQ(player.heard(opposite(d)).text,
                    download.recording.plaintext[index_of(opposite(d))]);
        }
      }
    }
  }
}

TEST(TlsGaps, TheHellosThemselvesCannotBeDoneWithout) {
  const Download download(setup_of(kKinds[0]), 3, 100);
  for (const Direction d : {kToServer, kToClient}) {
    TlsPlayer player;
    player.keys.add_text(download.recording.keylog);
    for (const Piece& piece : download.recording.pieces) {
      if (piece.direction == d && player.heard(d).ends.empty() &&
          &piece - download.recording.pieces.data() < 2) {
        player.gap(d, piece.bytes.size());
      } else {
        player.play({piece});
      }
    }
    player.end_both();
    ASSERT_EQ(player.report.undecrypted.size(), 1u);
    EXPECT_EQ(player.report.undecrypted.begin()->first.failure, TlsFailure::gap);
    EXPECT_TRUE(player.heard(kToClient).text.empty());
  }
}

TEST(TlsGaps, ALostKeyUpdate) {
  for (const bool more_lost : {false, true}) {
    TlsPeers peers(setup_of(kKinds[0]));
    TlsTalk talk(peers);
    ASSERT_TRUE(talk.handshake());
    talk.send(kToClient, "before");
    const std::size_t update = talk.recording().pieces.size();
    talk.update_key(kToClient);
    talk.send(kToClient, "between");
    talk.send(kToClient, "after");
    const Recording recording = talk.recording();
    TlsPlayer player;
    player.keys.add_text(recording.keylog);
    for (std::size_t i = 0; i < recording.pieces.size(); ++i) {
      if (i == update) player.gap(kToClient, 0);
      if (i == update || (more_lost && i == update + 1)) continue;
      player.play({recording.pieces[i]});
    }
    player.end_both();
    EXPECT_EQ(player.heard(kToClient).text, more_lost ? "beforeafter" : "beforebetweenafter");
    EXPECT_EQ(player.heard(kToClient).gaps, std::vector<std::size_t>{6});
  }
}

TEST(TlsDamage, AFlippedBitCostsOneRecordAndIsNeverDelivered) {
  for (const Kind& kind : kKinds) {
    const Download download(setup_of(kind), 6, 500);
    const std::vector<std::uint8_t> wire = wire_of(download);
    const std::size_t record = wire.size() / 6;
    std::mt19937 random(3);
    for (int round = 0; round < 120; ++round) {
      // Often in the header, where it damages the framing as well.
      const std::size_t which = 1 + random() % 3;
      const std::size_t within = round % 3 == 0 ? random() % 5 : random() % record;
      std::vector<std::uint8_t> damaged = wire;
      damaged[which * record + within] ^= static_cast<std::uint8_t>(1u << random() % 8);
      SCOPED_TRACE(std::string(kind.what) + " record " + std::to_string(which) + " byte " +
                   std::to_string(within));
      TlsPlayer player;
      play_handshake(player, download);
      player.play({{kToClient, damaged}}, 333);
      player.end_both();
      const std::string& text = player.heard(kToClient).text;
      EXPECT_EQ(text.substr(0, which * 500), download.text(0, which));
      // A length that reaches beyond the stream's end looks like a sender that stopped amid a
      // record.
      const bool cut = player.heard(kToClient).ends == std::vector{StreamEnd::reset};
      EXPECT_TRUE(cut ? within < 5 : player.report[Counter::tls_bad_records] >= 1);
      EXPECT_TRUE(cut || !player.heard(kToClient).gaps.empty());
      const std::string rest = text.substr(which * 500);
      if (within >= 5) {
        EXPECT_EQ(rest, download.text(which + 1, 6));
      } else {
        // A wrong length may swallow records, but what comes is a tail.
        const std::string whole = download.text(which + 1, 6);
        EXPECT_TRUE(whole.size() >= rest.size() &&
                    whole.compare(whole.size() - rest.size(), rest.size(), rest) == 0);
      }
    }
  }
}

TEST(TlsDamage, TheWrongSecretIsDamageNotGarbage) {
  for (const Kind& kind : kKinds) {
    SCOPED_TRACE(kind.what);
    Download download(setup_of(kind), 40, 100);
    std::string& log = download.recording.keylog;
    for (std::size_t i = 0; i + 1 < log.size(); ++i) {
      if (log[i + 1] == '\n') log[i] = log[i] == '0' ? '1' : '0';
    }
    TlsPlayer player;
    play_handshake(player, download);
    for (std::size_t i = download.first; i < download.recording.pieces.size(); ++i) {
      player.play({download.recording.pieces[i]});
    }
    player.end_both();
    EXPECT_TRUE(player.heard(kToClient).text.empty());
    EXPECT_EQ(player.report[Counter::tls_undecrypted], 1u);
    ASSERT_EQ(player.report.undecrypted.size(), 1u);
    EXPECT_EQ(player.report.undecrypted.begin()->first.failure, TlsFailure::damaged);
  }
}

}  // namespace
}  // namespace mpsdscope::testing

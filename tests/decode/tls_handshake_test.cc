#include "decode/tls_handshake.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "decode/tls_record.h"
#include "tests/decode/testing/tls_recorder.h"

namespace mpsdscope {
namespace {

using testing::Recording;
using testing::TlsPeers;
using testing::TlsSetup;
using testing::TlsTalk;

constexpr std::string_view kAlpnOffered("\x02h2\x08http/1.1", 12);

// The first flights of a real handshake: each one record with one hello in front.
struct Hellos {
  explicit Hellos(int version) {
    TlsSetup setup;
    setup.version = version;
    TlsPeers peers(setup);
    TlsTalk talk(peers);
    SSL_set_alpn_protos(talk.client(), as_bytes(kAlpnOffered).data(), 12);
    talk.handshake();
    const Recording recording = talk.recording();
    client = body_of(recording.pieces[0].bytes);
    server = body_of(recording.pieces[1].bytes);
  }
  static std::vector<std::uint8_t> body_of(Bytes flight) {
    ByteReader message(flight.subspan(kRecordHeaderSize + 1));
    const Bytes body = message.take(message.u24());
    return {body.begin(), body.end()};
  }
  std::vector<std::uint8_t> client, server;
};

TEST(TlsHandshake, ReadsARealClientHello) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto hello = parse_client_hello(Hellos(version).client);
    ASSERT_TRUE(hello);
    EXPECT_EQ(hello->server_name, "mpsd.example");
    EXPECT_EQ(hello->alpn, (std::vector<std::string>{"h2", "http/1.1"}));
    EXPECT_EQ(hello->max_version, version);
    EXPECT_FALSE(hello->early_data);
  }
}

TEST(TlsHandshake, ReadsARealServerHello) {
  const auto hello = parse_server_hello(Hellos(TLS1_3_VERSION).server);
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->version, kTls13);
  EXPECT_EQ(hello->suite, 0x1302);
  EXPECT_FALSE(hello->hello_retry_request);
  const auto old = parse_server_hello(Hellos(TLS1_2_VERSION).server);
  ASSERT_TRUE(old);
  EXPECT_EQ(old->version, kTls12);
  EXPECT_TRUE(old->extended_master_secret);
}

TEST(TlsHandshake, ACutHelloIsDamagedOrHasNoExtensions) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const Hellos hellos(version);
    int read = 0;
    for (std::size_t size = 0; size < hellos.client.size(); ++size) {
      // An exact-size copy, so that a sanitizer sees a read past the end.
      const std::vector<std::uint8_t> cut(
          hellos.client.begin(), hellos.client.begin() + static_cast<std::ptrdiff_t>(size));
      const auto hello = parse_client_hello(cut);
      if (!hello) continue;
      ++read;
      EXPECT_EQ(hello->server_name, "");
    }
    EXPECT_EQ(read, 1);  // the cut right before the extensions
    for (std::size_t size = 0; size < hellos.server.size(); ++size) {
      const std::vector<std::uint8_t> cut(
          hellos.server.begin(), hellos.server.begin() + static_cast<std::ptrdiff_t>(size));
      if (parse_server_hello(cut)) ++read;
    }
    EXPECT_EQ(read, 2);
  }
}

// type, length of the body, filled with the type.
std::vector<std::uint8_t> message(std::uint8_t type, std::size_t size) {
  std::vector<std::uint8_t> bytes{type, static_cast<std::uint8_t>(size >> 16),
                                  static_cast<std::uint8_t>(size >> 8),
                                  static_cast<std::uint8_t>(size)};
  bytes.resize(bytes.size() + size, type);
  return bytes;
}

TEST(HandshakeReader, CutsMessagesHoweverTheyAreSplit) {
  std::vector<std::uint8_t> stream;
  for (const auto& [type, size] : {std::pair<std::uint8_t, std::size_t>{1, 300},
                                   {11, 70'000},
                                   {8, 0},
                                   {24, 1},
                                   {20, 32},
                                   {5, 0},
                                   {2, 90}}) {
    const auto bytes = message(type, size);
    stream.insert(stream.end(), bytes.begin(), bytes.end());
  }
  for (const std::size_t part : {1u, 3u, 100u, 16'384u, 100'000u}) {
    HandshakeReader reader;
    std::vector<std::pair<int, std::size_t>> got;
    Bytes rest(stream);
    while (!rest.empty()) {
      Bytes now = rest.first(std::min(part, rest.size()));
      rest = rest.subspan(now.size());
      while (const auto found = reader.next(now)) {
        got.emplace_back(static_cast<int>(found->type), found->body.size());
        for (const std::uint8_t byte : found->body) {
          ASSERT_EQ(byte, static_cast<std::uint8_t>(found->type));
        }
        EXPECT_LE(reader.buffered_bytes(), 300u);  // certificates are not stored
      }
      EXPECT_TRUE(now.empty());
    }
    const std::vector<std::pair<int, std::size_t>> expected{{1, 300}, {11, 0}, {8, 0}, {24, 1},
                                                            {20, 0},  {5, 0},  {2, 90}};
    EXPECT_EQ(got, expected) << part;
    EXPECT_TRUE(reader.between_messages());
  }
}

TEST(HandshakeReader, RefusesAbsurdLengthsOfWhatItWouldStore) {
  HandshakeReader reader;
  const std::vector<std::uint8_t> absurd{1, 0xFF, 0xFF, 0xFF};
  Bytes bytes(absurd);
  EXPECT_FALSE(reader.next(bytes));
  EXPECT_TRUE(reader.damaged());
  EXPECT_EQ(reader.buffered_bytes(), 0u);
}

}  // namespace
}  // namespace mpsdscope

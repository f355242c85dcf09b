#include "capture/proxy/tls_endpoint.h"

#include <array>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "tests/capture/testing/proxy_stage.h"

namespace mpsdscope {
namespace {

using namespace testing;
using State = TlsEndpoint::State;

class TlsEndpoints : public ::testing::Test {
 protected:
  // Carries what was said from one to the other, in pieces.
  static void carry(TlsPeer& from, TlsPeer& to, std::size_t chunk) {
    const std::string said(as_text(from.out.view()));
    from.out.clear();
    for (std::size_t at = 0; at < said.size(); at += chunk) {
      to.take(as_bytes(std::string_view(said).substr(at, chunk)));
    }
  }
  void shake_hands(std::size_t chunk) {
    client_.take({});
    for (int i = 0; i < 4; ++i) {
      carry(client_, server_, chunk);
      carry(server_, client_, chunk);
    }
  }

  ProxyStage stage_;
  TlsPeer client_{stage_.game_tls("service", kMpsd, {"h2"})};
  TlsPeer server_{stage_.service_tls(kMpsd, "h2")};
};

TEST_F(TlsEndpoints, TalkInPiecesOfAnySize) {
  for (const std::size_t chunk : {1, 2, 5, 100, 20'000}) {
    TlsPeer client(stage_.game_tls("service", kMpsd, {"h2"}));
    TlsPeer server(stage_.service_tls(kMpsd, "h2"));
    client.take({});
    for (int i = 0; i < 4; ++i) {
      carry(client, server, chunk);
      carry(server, client, chunk);
    }
    ASSERT_EQ(client.tls.state(), State::open);
    ASSERT_EQ(server.tls.state(), State::open);
    EXPECT_EQ(client.tls.alpn(), "h2");
    const std::string long_text(100'000, 'x');
    client.say("ping");
    server.say(long_text);
    carry(client, server, chunk);
    carry(server, client, chunk);
    EXPECT_EQ(server.heard, "ping");
    EXPECT_EQ(client.heard, long_text);
    EXPECT_FALSE(client.tls.kept_ciphertext());
  }
}

TEST_F(TlsEndpoints, KeepWhatFindsNoRoom) {
  shake_hands(20'000);
  server_.say(std::string(50'000, 'x') + "end");
  const std::string said(as_text(server_.out.view()));
  std::array<std::uint8_t, 7000> room{};
  std::string heard;
  Bytes rest = as_bytes(said);
  do {
    const std::size_t count = client_.tls.receive(rest, room);
    EXPECT_LE(count, room.size());
    heard += as_text(Bytes(room).first(count));
    rest = {};
  } while (heard.size() < 50'003);
  EXPECT_EQ(heard, std::string(50'000, 'x') + "end");
  EXPECT_EQ(client_.tls.receive({}, room), 0u);
}

TEST_F(TlsEndpoints, KeepWhatComesBehindTheHandshake) {
  client_.take({});
  carry(client_, server_, 20'000);
  carry(server_, client_, 20'000);
  client_.say("early");
  std::array<std::uint8_t, 100> room{};
  EXPECT_EQ(server_.tls.receive(client_.out.view(), {}), 0u);  // Finished and "early"
  EXPECT_EQ(server_.tls.state(), State::open);
  EXPECT_TRUE(server_.tls.kept_ciphertext());
  const std::size_t count = server_.tls.receive({}, room);
  EXPECT_EQ(as_text(Bytes(room).first(count)), "early");
}

// In the middle of a record too.
TEST_F(TlsEndpoints, KeepBuffersOrGiveThemBackAtAnyTime) {
  shake_hands(20'000);
  std::string heard;
  for (const bool keep : {true, true, false, true, false, false}) {
    server_.say(std::string(20'000, keep ? 'k' : 'g'));
    const std::string said(as_text(server_.out.view()));
    server_.out.clear();
    client_.take(as_bytes(said).first(said.size() / 3));
    client_.tls.keep_buffers(keep);
    server_.tls.keep_buffers(keep);
    client_.take(as_bytes(said).subspan(said.size() / 3));
    heard += std::string(20'000, keep ? 'k' : 'g');
    EXPECT_EQ(client_.heard, heard);
  }
  EXPECT_EQ(client_.tls.state(), State::open);
}

TEST_F(TlsEndpoints, ClosePolitely) {
  shake_hands(20'000);
  client_.say("bye");
  client_.tls.send_close();
  carry(client_, server_, 20'000);
  EXPECT_EQ(server_.heard, "bye");
  EXPECT_TRUE(server_.tls.peer_closed());
  EXPECT_EQ(server_.tls.state(), State::open);
  server_.say("still here");
  carry(server_, client_, 20'000);
  EXPECT_EQ(client_.heard, "still here");
}

// As when a service asks for a client certificate once it knows the request.
TEST_F(TlsEndpoints, KeepWhatIsSaidInARenegotiation) {
  for (SSL* ssl : {client_.tls.ssl(), server_.tls.ssl()}) {
    SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
    SSL_clear_options(ssl, SSL_OP_NO_RENEGOTIATION);
  }
  shake_hands(20'000);
  ASSERT_EQ(SSL_renegotiate(server_.tls.ssl()), 1);
  ASSERT_EQ(SSL_do_handshake(server_.tls.ssl()), 1);  // HelloRequest
  carry(server_, client_, 20'000);
  client_.say("one ");
  client_.say("two");
  client_.tls.send_close();
  EXPECT_EQ(client_.tls.state(), State::open);
  EXPECT_EQ(client_.tls.unsent(), 7u);
  for (int i = 0; i < 4; ++i) {
    carry(client_, server_, 20'000);
    carry(server_, client_, 20'000);
  }
  EXPECT_EQ(client_.tls.unsent(), 0u);
  EXPECT_EQ(server_.heard, "one two");
  EXPECT_TRUE(server_.tls.peer_closed());
}

TEST_F(TlsEndpoints, FailOnWhatIsNotTls) {
  shake_hands(20'000);
  server_.take(as_bytes("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_EQ(server_.tls.state(), State::failed);
  server_.take(as_bytes("more"));
  server_.say("nothing is sent any more");
  client_.take(server_.out.view());  // the alert
  EXPECT_EQ(client_.tls.state(), State::failed);
  EXPECT_EQ(client_.heard, "");
}

}  // namespace
}  // namespace mpsdscope

// Which sessions with upstream are resumed, and above all which are not: a resumed handshake
// verifies nothing.
#include <atomic>
#include <thread>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "capture/proxy/upstream_tls.h"
#include "tests/capture/temporary_folder.h"
#include "tests/capture/testing/tls_lab.h"

namespace mpsdscope {
namespace {

using namespace testing;

constexpr std::string_view kHost = "sessiondirectory.xboxlive.com";

class Resumption : public ::testing::TestWithParam<int> {
 protected:
  Resumption() {
    auto made = UpstreamTls::create(
        {.ca_files = {ca_file_}, .insecure_hosts = {"lab.xboxlive.com"}, .system_store = false});
    EXPECT_TRUE(made.ok());
    tls_ = std::make_unique<UpstreamTls>(std::move(*made));
  }
  SslPtr client(const UpstreamPeer& peer = {kHost, 443, kHost, {}}, CaptureTime now = kNow) {
    auto ssl = tls_->connect(peer, now);
    EXPECT_TRUE(ssl.ok());
    return std::move(*ssl);
  }
  // Connects; was a session resumed?
  bool resumes(const UpstreamPeer& peer = {kHost, 443, kHost, {}}, CaptureTime now = kNow) {
    const auto ssl = client(peer, now);
    const auto end = make_server_end(context_.get());
    EXPECT_TRUE(shake_hands(ssl.get(), end.get()).done())
        << UpstreamTls::take_failure(ssl.get()).words;
    EXPECT_EQ(SSL_version(ssl.get()), GetParam());
    const auto identity = UpstreamTls::identity(ssl.get());
    EXPECT_TRUE(identity.ok());
    EXPECT_EQ(identity->host, peer.host);
    EXPECT_EQ(X509_cmp(identity->certificate, live_.certificate.get()), 0);
    return SSL_session_reused(ssl.get()) == 1;
  }
  SslContextPtr server(const Identity& identity) {
    return make_server_context(identity, {.max_version = GetParam()});
  }

  TemporaryFolder folder_;
  Identity ca_ = make_ca();
  std::string ca_file_ = folder_.write("ca.pem", pem_of({ca_.certificate.get()}));
  Identity live_ = make_server(ca_, {"*.xboxlive.com"}, {kNow - kDay, kNow + 10 * kDay});
  SslContextPtr context_ = server(live_);
  std::unique_ptr<UpstreamTls> tls_;
};

TEST_P(Resumption, GoesOnAndOn) {
  EXPECT_FALSE(resumes());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(resumes()) << i;
}

TEST_P(Resumption, IsForTheSameVerifiedHostOnly) {
  constexpr std::string_view kOther = "rta.xboxlive.com";
  EXPECT_FALSE(resumes());
  EXPECT_FALSE(resumes({kOther, 443, kOther, {}}));
  EXPECT_FALSE(resumes({kOther, 443, kHost, {}})) << "the name sent is not the name verified";
  EXPECT_FALSE(resumes({kHost, 443, kOther, {}}));
  EXPECT_FALSE(resumes({kHost, 443, "", {}}));
  EXPECT_FALSE(resumes({kHost, 8443, kHost, {}}));
  EXPECT_FALSE(resumes({kHost, 443, kHost, as_bytes("\x02h2")}));
  EXPECT_FALSE(resumes({"lab.xboxlive.com", 443, kHost, {}})) << "that one is not verified";
  EXPECT_TRUE(resumes({"lab.xboxlive.com", 443, kHost, {}}));
  EXPECT_TRUE(resumes());
}

TEST_P(Resumption, EndsAnHourAfterVerifying) {
  using std::chrono::minutes;
  EXPECT_FALSE(resumes());
  for (int at = 10; at < 60; at += 10) {
    EXPECT_TRUE(resumes({kHost, 443, kHost, {}}, kNow + minutes(at))) << at;
  }
  EXPECT_FALSE(resumes({kHost, 443, kHost, {}}, kNow + minutes(60)));
  EXPECT_TRUE(resumes({kHost, 443, kHost, {}}, kNow + minutes(61)));
}

TEST_P(Resumption, EndsWithTheCertificate) {
  const CaptureTime end = kNow + 10 * kDay;
  EXPECT_FALSE(resumes({kHost, 443, kHost, {}}, end - std::chrono::minutes(5)));
  EXPECT_TRUE(resumes({kHost, 443, kHost, {}}, end - std::chrono::minutes(1)));
  const auto ssl = client({kHost, 443, kHost, {}}, end + std::chrono::minutes(1));
  const auto other_end = make_server_end(context_.get());
  EXPECT_FALSE(shake_hands(ssl.get(), other_end.get()).done());
  EXPECT_TRUE(UpstreamTls::take_failure(ssl.get()).untrusted);
}

TEST_P(Resumption, WithAnotherServerFallsBackToVerifying) {
  EXPECT_FALSE(resumes());
  const Identity impostor = make_server(make_ca("impostor"), {std::string(kHost)});
  const auto theirs = server(impostor);
  const auto ssl = client();
  ASSERT_NE(SSL_get_session(ssl.get()), nullptr) << "a session was offered";
  const auto end = make_server_end(theirs.get());
  EXPECT_FALSE(shake_hands(ssl.get(), end.get()).done());
  EXPECT_TRUE(UpstreamTls::take_failure(ssl.get()).untrusted);
  EXPECT_FALSE(UpstreamTls::identity(ssl.get()).ok());
}

TEST_P(Resumption, OfASessionThatTheServerForgotIsAFullHandshake) {
  EXPECT_FALSE(resumes());
  context_ = server(live_);
  EXPECT_FALSE(resumes());
  EXPECT_TRUE(resumes());
}

TEST_P(Resumption, LeavesNothingBehindAfterARefusal) {
  const auto theirs = server(make_server(make_ca("impostor"), {std::string(kHost)}));
  for (int i = 0; i < 2; ++i) {
    const auto ssl = client();
    EXPECT_EQ(SSL_get_session(ssl.get()), nullptr);
    const auto end = make_server_end(theirs.get());
    EXPECT_FALSE(shake_hands(ssl.get(), end.get()).done());
    ERR_clear_error();
  }
}

TEST_P(Resumption, ServesHandshakesThatGoOnAtOnce) {
  for (int i = 0; i < 3; ++i) {
    std::vector<SslPtr> clients;
    std::vector<SslPtr> ends;
    for (int n = 0; n < 20; ++n) {
      clients.push_back(client());
      ends.push_back(make_server_end(context_.get()));
    }
    for (std::size_t n = 0; n < clients.size(); ++n) {
      ASSERT_TRUE(shake_hands(clients[n].get(), ends[n].get()).done());
      EXPECT_EQ(SSL_session_reused(clients[n].get()), i > 0 ? 1 : 0);
    }
  }
}

TEST_P(Resumption, IsSafeFromManyThreads) {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string host = t % 2 == 0 ? std::string(kHost) : "rta.xboxlive.com";
      // Ports of their own: a session that another thread has taken cannot be resumed meanwhile.
      const auto port = static_cast<std::uint16_t>(443 + t);
      for (int i = 0; i < 25; ++i) {
        auto ssl = tls_->connect({host, port, host, {}}, kNow);
        const auto end = make_server_end(context_.get());
        if (!ssl || !shake_hands(ssl->get(), end.get()).done()) ++wrong;
        const auto identity = UpstreamTls::identity(ssl->get());
        if (!identity || identity->host != host || (i > 0 && SSL_session_reused(ssl->get()) == 0)) {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

INSTANTIATE_TEST_SUITE_P(Versions, Resumption, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) {
                           return version.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

}  // namespace
}  // namespace mpsdscope

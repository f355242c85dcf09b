#include "capture/proxy/client_tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tests/capture/temporary_folder.h"
#include "tests/capture/testing/tls_lab.h"

namespace mpsdscope {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kBoth = "\x02h2\x08http/1.1";
constexpr const char* kHost = "sessiondirectory.xboxlive.com";

class Secrets : public SecretSink {
 public:
  void on_secret(std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

class Clients : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = CertificateAuthority::make(folder_.path("ca"), kNow);
    ASSERT_TRUE(made.ok());
    use(std::move(*made));
  }
  void use(CertificateAuthority authority) {
    leaves_.reset();
    authority_ = std::make_unique<CertificateAuthority>(std::move(authority));
    auto leaves = LeafCache::create(*authority_);
    ASSERT_TRUE(leaves.ok());
    leaves_ = std::move(*leaves);
    auto tls = ClientTls::create(*authority_);
    ASSERT_TRUE(tls.ok());
    tls_ = std::make_unique<ClientTls>(std::move(*tls));
  }
  SslPtr server(std::string_view protocol = "", SecretSink* secrets = nullptr) {
    auto leaf = leaves_->get({kHost, nullptr, false}, kNow);
    EXPECT_TRUE(leaf.ok());
    auto ssl = tls_->accept(*leaf, protocol, secrets);
    EXPECT_TRUE(ssl.ok());
    return std::move(*ssl);
  }

  TemporaryFolder folder_;
  std::unique_ptr<CertificateAuthority> authority_;
  std::unique_ptr<LeafCache> leaves_;
  std::unique_ptr<ClientTls> tls_;
};

TEST_F(Clients, ThatTrustTheCaConnectWithBothVersions) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto context = make_client_context(authority_->certificate());
    SSL_CTX_set_max_proto_version(context.get(), version);
    const auto client = make_client_end(context.get(), kHost);
    const auto end = server();
    ASSERT_TRUE(shake_hands(client.get(), end.get()).done()) << version;
    EXPECT_EQ(SSL_version(client.get()), version);
    EXPECT_EQ(send(client.get(), end.get(), "GET"), "GET");
    EXPECT_EQ(send(end.get(), client.get(), "200"), "200");
  }
}

TEST_F(Clients, OfOlderVersionsAreRefused) {
  const auto context = make_client_context(authority_->certificate());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  SSL_CTX_set_security_level(context.get(), 0);
  const auto client = make_client_end(context.get(), kHost);
  const auto end = server();
  EXPECT_FALSE(shake_hands(client.get(), end.get()).done());
}

TEST_F(Clients, GetTheProtocolThatUpstreamSelected) {
  const auto context = make_client_context(authority_->certificate());
  for (const std::string_view protocol : {"h2", "http/1.1", ""}) {
    const auto client = make_client_end(context.get(), kHost, kBoth);
    const auto end = server(protocol);
    ASSERT_TRUE(shake_hands(client.get(), end.get()).done());
    const unsigned char* selected = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(client.get(), &selected, &size);
    EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(selected), size), protocol);
  }
}

TEST_F(Clients, DoNotGetAProtocolThatTheyDidNotOffer) {
  const auto context = make_client_context(authority_->certificate());
  const auto client = make_client_end(context.get(), kHost, "\x08http/1.1");
  const auto end = server("h2");
  EXPECT_EQ(shake_hands(client.get(), end.get()).client, SSL_ERROR_SSL);
  EXPECT_THAT(take_openssl_error(), HasSubstr("no application protocol"));
}

TEST_F(Clients, ResumeByTickets) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto context = make_client_context(authority_->certificate());
    SSL_CTX_set_max_proto_version(context.get(), version);
    const auto first = make_client_end(context.get(), kHost);
    const auto end = server();
    ASSERT_TRUE(shake_hands(first.get(), end.get()).done());
    EXPECT_EQ(SSL_session_reused(first.get()), 0);
    const SessionPtr session(SSL_get1_session(first.get()));
    ASSERT_EQ(SSL_SESSION_has_ticket(session.get()), 1);
    const auto second = make_client_end(context.get(), kHost, kBoth);
    SSL_set_session(second.get(), session.get());
    const auto other_end = server("h2");
    ASSERT_TRUE(shake_hands(second.get(), other_end.get()).done());
    EXPECT_EQ(SSL_session_reused(second.get()), 1) << version;
  }
}

TEST_F(Clients, SecretsAreToldForTheirConnectionOnly) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto context = make_client_context(authority_->certificate());
    SSL_CTX_set_max_proto_version(context.get(), version);
    Secrets one;
    Secrets other;
    const auto client = make_client_end(context.get(), kHost);
    const auto end = server("", &one);
    const auto idle = server("", &other);
    ASSERT_TRUE(shake_hands(client.get(), end.get()).done());
    EXPECT_TRUE(other.lines.empty());
    const char* first =
        version == TLS1_2_VERSION ? "CLIENT_RANDOM " : "SERVER_HANDSHAKE_TRAFFIC_SECRET ";
    EXPECT_THAT(one.lines, ::testing::Contains(StartsWith(first)));
  }
}

TEST_F(Clients, MayNotRenegotiate) {
  const auto context = make_client_context(authority_->certificate());
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  const auto client = make_client_end(context.get(), kHost);
  const auto end = server();
  ASSERT_TRUE(shake_hands(client.get(), end.get()).done());
  SSL_renegotiate(client.get());
  SSL_do_handshake(client.get());
  char byte = 0;
  SSL_read(end.get(), &byte, 1);
  SSL_do_handshake(client.get());
  EXPECT_THAT(take_openssl_error(), HasSubstr("no renegotiation"));
}

TEST_F(Clients, ThatRefuseTheCertificateAreTold) {
  struct Case {
    X509* trusted;
    const char* host;
    int alert;
  };
  const Identity stranger = make_ca("another CA");
  for (const Case& wrong : {Case{stranger.certificate.get(), kHost, 48},
                            Case{authority_->certificate(), "other.example", 42}}) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      const auto context = make_client_context(wrong.trusted);
      SSL_CTX_set_max_proto_version(context.get(), version);
      const auto client = make_client_end(context.get(), wrong.host);
      const auto end = server();
      EXPECT_EQ(shake_hands(client.get(), end.get()).server, SSL_ERROR_SSL);
      const ClientTlsFailure failure = take_client_failure();
      EXPECT_EQ(failure.alert, wrong.alert);
      EXPECT_TRUE(failure.certificate_refused);
      EXPECT_THAT(failure.words, HasSubstr("(alert " + std::to_string(wrong.alert) + ")"));
    }
  }
}

TEST_F(Clients, OtherFailuresAreNoRefusals) {
  const auto end = server();
  BIO* in = BIO_new(BIO_s_mem());
  BIO_puts(in, "GET / HTTP/1.1\r\n\r\n");
  SSL_set_bio(end.get(), in, BIO_new(BIO_s_mem()));
  EXPECT_EQ(SSL_do_handshake(end.get()), -1);
  const ClientTlsFailure failure = take_client_failure();
  EXPECT_EQ(failure.alert, -1);
  EXPECT_FALSE(failure.certificate_refused);
  EXPECT_EQ(failure.words, "http request");
  EXPECT_EQ(take_client_failure().words, "") << "the queue is emptied";
}

TEST_F(Clients, GetTheChainOfACaBelowAnother) {
  const Identity root = make_ca("root");
  // The CAs that mpsdscope makes have no CA below them, so this root is made without that limit.
  const Identity below = make_intermediate(root, "studio");
  const std::string pem =
      pem_of({below.certificate.get(), root.certificate.get()}, below.key.get());
  auto imported =
      CertificateAuthority::import(folder_.path("imported"), folder_.write("in.pem", pem), kNow);
  ASSERT_TRUE(imported.ok()) << imported.error().message;
  use(std::move(*imported));
  const auto context = make_client_context(below.certificate.get());
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context.get()), X509_V_FLAG_PARTIAL_CHAIN);
  const auto client = make_client_end(context.get(), kHost);
  const auto end = server();
  ASSERT_TRUE(shake_hands(client.get(), end.get()).done());
  EXPECT_EQ(sk_X509_num(SSL_get_peer_cert_chain(client.get())), 3);
}

}  // namespace
}  // namespace mpsdscope

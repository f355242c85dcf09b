#include "capture/proxy/upstream_tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "tests/capture/temporary_folder.h"
#include "tests/capture/testing/tls_lab.h"

namespace mpsdscope {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kHost = "sessiondirectory.xboxlive.com";

class Upstream : public ::testing::Test {
 protected:
  void SetUp() override { use({}); }
  void use(UpstreamTlsOptions options) {
    options.system_store = false;
    if (options.ca_files.empty()) options.ca_files = {ca_file_};
    auto made = UpstreamTls::create(options);
    ASSERT_TRUE(made.ok()) << made.error().message;
    tls_ = std::make_unique<UpstreamTls>(std::move(*made));
  }
  std::string create_error(UpstreamTlsOptions options) {
    options.system_store = false;
    const auto made = UpstreamTls::create(options);
    return made.ok() ? "" : made.error().message;
  }
  SslPtr client(const std::string& host = kHost, CaptureTime now = kNow, std::string_view alpn = "",
                std::uint16_t port = 443) {
    const bool name = host.find_first_of(":") == std::string::npos && host != "192.0.2.7";
    auto ssl = tls_->connect({host, port, name ? std::string_view(host) : "", as_bytes(alpn)}, now);
    EXPECT_TRUE(ssl.ok()) << ssl.error().message;
    return ssl ? std::move(*ssl) : nullptr;
  }
  // The failure of a handshake that must not succeed.
  UpstreamFailure refused(SSL_CTX* server, const std::string& host = kHost,
                          CaptureTime now = kNow) {
    const auto ssl = client(host, now);
    const auto end = make_server_end(server);
    EXPECT_EQ(shake_hands(ssl.get(), end.get()).client, SSL_ERROR_SSL);
    auto failure = UpstreamTls::take_failure(ssl.get());
    EXPECT_FALSE(UpstreamTls::identity(ssl.get()).ok());
    EXPECT_EQ(ERR_peek_error(), 0u) << "the queue is emptied";
    return failure;
  }
  UpstreamFailure refused(const Identity& server, const std::string& host = kHost,
                          CaptureTime now = kNow) {
    return refused(make_server_context(server).get(), host, now);
  }

  TemporaryFolder folder_;
  Identity ca_ = make_ca("CN of the CA");
  std::string ca_file_ = folder_.write("ca.pem", pem_of({ca_.certificate.get()}));
  Identity live_ = make_server(ca_, {"*.xboxlive.com", "192.0.2.7", "2001:db8::7"});
  std::unique_ptr<UpstreamTls> tls_;
};

TEST_F(Upstream, IsReachedWhenItsCertificateIsRight) {
  const auto context = make_server_context(live_);
  for (const std::string host : {kHost, "RTA.xboxlive.com.", "192.0.2.7", "2001:DB8::7"}) {
    const auto ssl = client(host);
    const auto end = make_server_end(context.get());
    ASSERT_TRUE(shake_hands(ssl.get(), end.get()).done()) << host;
    const auto identity = UpstreamTls::identity(ssl.get());
    ASSERT_TRUE(identity.ok());
    EXPECT_TRUE(identity->verified);
    EXPECT_EQ(X509_cmp(identity->certificate, live_.certificate.get()), 0);
    EXPECT_EQ(send(ssl.get(), end.get(), "GET"), "GET");
  }
}

TEST_F(Upstream, HearsNameAndProtocolsAsTheClientSaidThem) {
  const auto context = make_server_context(live_, {.protocol = "http/1.1"});
  const auto ssl = client(kHost, kNow, "\x02h2\x08http/1.1");
  const auto end = make_server_end(context.get());
  ASSERT_TRUE(shake_hands(ssl.get(), end.get()).done());
  EXPECT_STREQ(SSL_get_servername(end.get(), TLSEXT_NAMETYPE_host_name), kHost);
  const unsigned char* selected = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl.get(), &selected, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(selected), size), "http/1.1");

  auto silent = tls_->connect({kHost, 443, "", {}}, kNow);
  ASSERT_TRUE(silent.ok());
  const auto other_end = make_server_end(context.get());
  ASSERT_TRUE(shake_hands(silent->get(), other_end.get()).done());
  EXPECT_EQ(SSL_get_servername(other_end.get(), TLSEXT_NAMETYPE_host_name), nullptr);
}

TEST_F(Upstream, OfAnotherNameIsRefused) {
  const Identity other = make_server(
      ca_, {"a.example", "b.example", "c.example", "d.example", "e.example", "f.example"});
  const UpstreamFailure failure = refused(other);
  EXPECT_TRUE(failure.untrusted);
  EXPECT_THAT(failure.words,
              AllOf(HasSubstr("sessiondirectory.xboxlive.com:443"),
                    HasSubstr("it is for a.example, b.example, c.example, d.example, e.example and "
                              "1 more"),
                    HasSubstr("--insecure-upstream sessiondirectory.xboxlive.com"),
                    Not(HasSubstr("--upstream-ca"))));
  // Wildcards stand for one label; addresses are no names; a common name is none either.
  EXPECT_TRUE(refused(live_, "a.b.xboxlive.com").untrusted);
  EXPECT_TRUE(refused(live_, "xboxlive.com").untrusted);
  EXPECT_THAT(refused(make_server(ca_, {kHost}), "192.0.2.7").words,
              HasSubstr("it is for sessiondirectory.xboxlive.com."));
  Identity old_style = make_server(ca_, {kHost});
  X509* certificate = old_style.certificate.get();
  X509_EXTENSION_free(
      X509_delete_ext(certificate, X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1)));
  X509_sign(certificate, ca_.key.get(), EVP_sha256());
  EXPECT_THAT(subject_of(certificate), HasSubstr(kHost));
  EXPECT_THAT(refused(old_style).words, HasSubstr("it has no names at all"));
}

TEST_F(Upstream, OfAnotherAddressIsRefused) {
  auto ssl = tls_->connect({"192.0.2.8", 443, "", {}}, kNow);
  ASSERT_TRUE(ssl.ok());
  const auto context = make_server_context(live_);
  const auto end = make_server_end(context.get());
  EXPECT_FALSE(shake_hands(ssl->get(), end.get()).done());
  EXPECT_THAT(UpstreamTls::take_failure(ssl->get()).words,
              HasSubstr("it is for *.xboxlive.com, 192.0.2.7, 2001:db8::7"));
}

TEST_F(Upstream, OfAnotherTimeIsRefused) {
  const Identity expired = make_server(ca_, {kHost}, {kNow - 9 * kDay, kNow - 2 * kDay});
  EXPECT_THAT(refused(expired).words, HasSubstr("it expired on 2026-11-21"));
  const Identity future = make_server(ca_, {kHost}, {kNow + 2 * kDay, kNow + 9 * kDay});
  EXPECT_THAT(refused(future).words,
              AllOf(HasSubstr("it is not valid before 2026-11-25"), HasSubstr("clock")));
  EXPECT_THAT(refused(live_, kHost, kNow + 100 * kDay).words, HasSubstr("expired on 2027-02-21"));
}

TEST_F(Upstream, OfAnotherCaIsRefused) {
  const Identity stranger = make_ca("stranger");
  const Identity server = make_server(stranger, {kHost});
  EXPECT_THAT(refused(server).words,
              AllOf(HasSubstr("its issuer is not known here, CN=stranger,O=mpsdscope"),
                    HasSubstr("--upstream-ca FILE")));
  const auto with_root = make_server_context(server, {.chain = {stranger.certificate.get()}});
  EXPECT_THAT(refused(with_root.get()).words,
              HasSubstr("it comes from a CA that is not trusted here, CN=stranger,O=mpsdscope"));
  EXPECT_THAT(refused(make_self_signed_server({kHost})).words, HasSubstr("it is self-signed"));
  // Neither does a CA of the same name help, nor may a server sign for others.
  const Identity impostor = make_ca("CN of the CA");
  EXPECT_TRUE(refused(make_server(impostor, {kHost})).untrusted);
  EVP_PKEY_up_ref(live_.key.get());
  const Identity server_as_ca{KeyPtr(live_.key.get()), share(live_.certificate.get())};
  const Identity below = make_server(server_as_ca, {kHost});
  const auto issued = make_server_context(below, {.chain = {live_.certificate.get()}});
  EXPECT_TRUE(refused(issued.get()).untrusted);
}

TEST_F(Upstream, WithoutVerifyingIsReachedForTheHostGivenOnly) {
  use({.insecure_hosts = {"Lab.Example."}});
  const Identity self = make_self_signed_server({"another.example"});
  const auto context = make_server_context(self);
  const auto ssl = client("lab.example");
  const auto end = make_server_end(context.get());
  ASSERT_TRUE(shake_hands(ssl.get(), end.get()).done());
  const auto identity = UpstreamTls::identity(ssl.get());
  ASSERT_TRUE(identity.ok());
  EXPECT_FALSE(identity->verified);
  EXPECT_EQ(identity->host, "lab.example");
  EXPECT_TRUE(refused(self, "other.example").untrusted);
  EXPECT_TRUE(refused(self, "sub.lab.example").untrusted);
}

TEST_F(Upstream, WhatIsNamedByUpstreamCaIsTrustedAsItIs) {
  const Identity self = make_self_signed_server({kHost});
  const Identity root = make_ca("root");
  const Identity below = make_intermediate(root, "studio");
  const Identity server = make_server(below, {kHost});
  use({.ca_files = {folder_.write("self.pem", pem_of({self.certificate.get()})),
                    folder_.write("below.der", to_der(below.certificate.get()))}});
  for (const Identity* one : {&self, &server}) {
    const auto context = make_server_context(*one);
    const auto ssl = client();
    const auto end = make_server_end(context.get());
    EXPECT_TRUE(shake_hands(ssl.get(), end.get()).done())
        << UpstreamTls::take_failure(ssl.get()).words;
  }
  EXPECT_TRUE(refused(live_).untrusted) << "only those named";
}

TEST_F(Upstream, ShowsAClientCertificateToItsHostOnly) {
  const Identity player = make_server(ca_, {"player.example"});
  use({.client_certificates = {{kHost, folder_.write("player.pem", pem_of({player.certificate.get(),
                                                                           ca_.certificate.get()},
                                                                          player.key.get()))}}});
  const auto context = make_server_context(live_, {.wants_certificate = true});
  const auto ssl = client();
  const auto end = make_server_end(context.get());
  ASSERT_TRUE(shake_hands(ssl.get(), end.get()).done());
  ASSERT_NE(SSL_get0_peer_certificate(end.get()), nullptr);
  EXPECT_EQ(X509_cmp(SSL_get0_peer_certificate(end.get()), player.certificate.get()), 0);
  const auto other = client("rta.xboxlive.com");
  const auto other_end = make_server_end(context.get());
  ASSERT_TRUE(shake_hands(other.get(), other_end.get()).done());
  EXPECT_EQ(SSL_get0_peer_certificate(other_end.get()), nullptr);
}

TEST_F(Upstream, ThatWantsAClientCertificateSaysSo) {
  const auto context = make_server_context(live_, {.wants_certificate = true});
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_max_proto_version(context.get(), version);
    const auto ssl = client();
    const auto end = make_server_end(context.get());
    EXPECT_EQ(shake_hands(ssl.get(), end.get()).client, SSL_ERROR_SSL);
    const UpstreamFailure failure = UpstreamTls::take_failure(ssl.get());
    EXPECT_FALSE(failure.untrusted);
    EXPECT_THAT(failure.words, AllOf(HasSubstr("(alert "),
                                     HasSubstr("--client-cert " + std::string(kHost) + "=FILE")));
  }
}

TEST_F(Upstream, OtherFailuresAreNotAboutTrust) {
  const auto talk = [&](std::string_view answer) {
    const auto ssl = client();
    BIO* in = BIO_new(BIO_s_mem());
    BIO_write(in, answer.data(), static_cast<int>(answer.size()));
    BIO_set_mem_eof_return(in, 0);
    SSL_set_bio(ssl.get(), in, BIO_new(BIO_s_mem()));
    EXPECT_LE(SSL_do_handshake(ssl.get()), 0);
    return UpstreamTls::take_failure(ssl.get());
  };
  EXPECT_THAT(talk("HTTP/1.1 400 Bad Request\r\n\r\n").words, HasSubstr("does not speak TLS"));
  EXPECT_THAT(talk({"\x15\x03\x03\x00\x02\x02\x28", 7}).words,
              HasSubstr("it answered with handshake failure (alert 40)"));
  const UpstreamFailure closed = talk("");
  EXPECT_FALSE(closed.untrusted);
  EXPECT_THAT(closed.words, HasSubstr("closed the connection"));
}

TEST_F(Upstream, OptionsThatCannotBeUsedSayWhy) {
  const std::string key_only = folder_.write("key.pem", pem_of({}, live_.key.get()));
  const std::string mixed =
      folder_.write("mixed.pem", pem_of({live_.certificate.get()}, ca_.key.get()));
  EXPECT_THAT(create_error({.ca_files = {"/nowhere.pem"}}),
              HasSubstr("--upstream-ca /nowhere.pem"));
  EXPECT_THAT(create_error({.ca_files = {key_only}}), HasSubstr("no certificate"));
  EXPECT_THAT(create_error({.ca_files = {folder_.write("x", "hello")}}),
              HasSubstr("neither PEM nor DER"));
  for (const char* host : {"*.xboxlive.com", "a:443", "", "https://a"}) {
    EXPECT_THAT(create_error({.insecure_hosts = {host}}), HasSubstr("--insecure-upstream")) << host;
  }
  EXPECT_THAT(create_error({.client_certificates = {{"a.example", ca_file_}}}),
              HasSubstr("its key"));
  EXPECT_THAT(create_error({.client_certificates = {{"a.example", mixed}}}),
              HasSubstr("do not match"));
  EXPECT_THAT(create_error({.client_certificates = {{"*", mixed}}}),
              HasSubstr("not the name of a host"));
}

TEST_F(Upstream, MalformedWishesAreRefused) {
  EXPECT_FALSE(tls_->connect({"a b", 443, "", {}}, kNow).ok());
  EXPECT_FALSE(tls_->connect({"", 443, "", {}}, kNow).ok());
  EXPECT_FALSE(tls_->connect({kHost, 443, "a b", {}}, kNow).ok());
  EXPECT_FALSE(tls_->connect({kHost, 443, "192.0.2.7", {}}, kNow).ok());
  for (const std::string_view alpn : {std::string_view("\x03h2", 3), std::string_view("\0", 1),
                                      std::string_view("\x02h2\x00", 4)}) {
    EXPECT_FALSE(tls_->connect({kHost, 443, kHost, as_bytes(alpn)}, kNow).ok());
  }
}

}  // namespace
}  // namespace mpsdscope

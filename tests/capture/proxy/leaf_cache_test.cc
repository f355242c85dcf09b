#include "capture/proxy/leaf_cache.h"

#include <atomic>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "capture/proxy/certificate_names.h"
#include "tests/capture/temporary_folder.h"
#include "tests/capture/testing/tls_lab.h"

namespace mpsdscope {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Leaves : public ::testing::Test {
 protected:
  void SetUp() override {
    auto ca = CertificateAuthority::make(folder_.path("ca"), kNow);
    ASSERT_TRUE(ca.ok()) << ca.error().message;
    authority_ = std::make_unique<CertificateAuthority>(std::move(*ca));
    use_capacity(100);
  }
  void use_capacity(std::size_t capacity) {
    auto cache = LeafCache::create(*authority_, capacity);
    ASSERT_TRUE(cache.ok());
    cache_ = std::move(*cache);
  }
  // A leaf for an upstream that was verified for `host`, or not verified.
  X509Ptr leaf(const std::string& host, const Identity& upstream, bool verified = true,
               CaptureTime now = kNow) {
    auto got = cache_->get({host, upstream.certificate.get(), verified}, now);
    EXPECT_TRUE(got.ok()) << got.error().message;
    return got ? std::move(got->certificate) : nullptr;
  }
  std::vector<std::string> names(const std::string& host, const Identity& upstream,
                                 bool verified = true) {
    return names_of(leaf(host, upstream, verified).get(), 1000);
  }

  TemporaryFolder folder_;
  std::unique_ptr<CertificateAuthority> authority_;
  std::unique_ptr<LeafCache> cache_;
  Identity public_ca_ = make_ca("public");
  Identity live_ = make_server(public_ca_, {"*.xboxlive.com", "xboxlive.com", "192.0.2.7"});
};

TEST_F(Leaves, HaveTheNamesOfTheUpstreamCertificate) {
  EXPECT_THAT(names("sessiondirectory.xboxlive.com", live_),
              ElementsAre("*.xboxlive.com", "xboxlive.com", "192.0.2.7"));
}

TEST_F(Leaves, OfAnUnverifiedUpstreamHaveTheHostAlone) {
  EXPECT_THAT(names("sessiondirectory.xboxlive.com", live_, false),
              ElementsAre("sessiondirectory.xboxlive.com"));
  EXPECT_THAT(names("192.0.2.7", live_, false), ElementsAre("192.0.2.7"));
  // Whichever came first: neither serves for the other.
  EXPECT_EQ(names("sessiondirectory.xboxlive.com", live_).size(), 3u);
  EXPECT_EQ(names("sessiondirectory.xboxlive.com", live_, false).size(), 1u);
}

TEST_F(Leaves, MayHaveOneNameOfTheProxy) {
  const auto with = [&](const std::string& own, bool verified = true) {
    auto got = cache_->get({"rta.xboxlive.com", live_.certificate.get(), verified, own}, kNow);
    EXPECT_TRUE(got.ok());
    return names_of(got->certificate.get(), 1000);
  };
  EXPECT_THAT(with("localhost"),
              ElementsAre("*.xboxlive.com", "xboxlive.com", "192.0.2.7", "localhost"));
  EXPECT_THAT(with("::1"), ElementsAre("*.xboxlive.com", "xboxlive.com", "192.0.2.7", "::1"));
  EXPECT_EQ(with("192.0.2.7").size(), 3u);
  EXPECT_THAT(with("127.0.0.1", false), ElementsAre("rta.xboxlive.com", "127.0.0.1"));
  // Neither serves for the others.
  EXPECT_EQ(with("").size(), 3u);
  EXPECT_EQ(names("rta.xboxlive.com", live_).size(), 3u);
  EXPECT_THAT(with("", false), ElementsAre("rta.xboxlive.com"));
}

TEST_F(Leaves, AreSharedByTheHostsThatTheUpstreamCertificateCovers) {
  const X509Ptr one = leaf("sessiondirectory.xboxlive.com", live_);
  EXPECT_EQ(leaf("SMARTMATCH.xboxlive.com.", live_).get(), one.get());
  EXPECT_EQ(leaf("192.0.2.7", live_).get(), one.get());
  EXPECT_EQ(cache_->size(), 1u);
}

// What the cache must never do: take a wildcard that one upstream proved for a host whose upstream
// proved something else.
TEST_F(Leaves, DoNotServeHostsWhoseUpstreamShowedAnotherCertificate) {
  const X509Ptr wide = leaf("sessiondirectory.xboxlive.com", live_);
  const Identity narrow = make_server(public_ca_, {"rta.xboxlive.com"});
  EXPECT_THAT(names("rta.xboxlive.com", narrow), ElementsAre("rta.xboxlive.com"));
  const Identity same_names =
      make_server(public_ca_, {"*.xboxlive.com", "xboxlive.com", "192.0.2.7"});
  EXPECT_NE(leaf("rta.xboxlive.com", same_names).get(), wide.get());
  EXPECT_THAT(names("rta.xboxlive.com", live_, false), ElementsAre("rta.xboxlive.com"));
}

TEST_F(Leaves, HaveTheVerifiedHostEvenIfItsNameCouldNotBeTakenOver) {
  std::vector<std::string> many;
  for (int i = 0; i < 150; ++i) many.push_back("h" + std::to_string(i) + ".example");
  const Identity crowded = make_server(public_ca_, many);
  const auto for_last = names("h149.example", crowded);
  EXPECT_EQ(for_last.size(), 101u);
  EXPECT_EQ(for_last.front(), "h149.example");
  EXPECT_EQ(names("h3.example", crowded).size(), 100u);
  EXPECT_EQ(names("h140.example", crowded).front(), "h140.example");
  EXPECT_EQ(cache_->size(), 3u);
  EXPECT_EQ(names("h149.example", crowded), for_last);
  EXPECT_EQ(cache_->size(), 3u);
}

TEST_F(Leaves, AreWellFormed) {
  const X509Ptr made = leaf("sessiondirectory.xboxlive.com", live_);
  X509* certificate = made.get();
  EXPECT_EQ(X509_verify(certificate, X509_get0_pubkey(authority_->certificate())), 1);
  EXPECT_EQ(X509_check_issued(authority_->certificate(), certificate), X509_V_OK);
  EXPECT_EQ(X509_get_version(certificate), X509_VERSION_3);
  EXPECT_EQ(X509_check_ca(certificate), 0);
  EXPECT_EQ(X509_get_key_usage(certificate), static_cast<unsigned>(KU_DIGITAL_SIGNATURE));
  EXPECT_EQ(X509_get_extended_key_usage(certificate), static_cast<unsigned>(XKU_SSL_SERVER));
  EXPECT_NE(X509_get0_subject_key_id(certificate), nullptr);
  EXPECT_EQ(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(certificate),
                                  X509_get0_subject_key_id(authority_->certificate())),
            0);
  EXPECT_EQ(EVP_PKEY_get_bits(X509_get0_pubkey(certificate)), 256);
  EXPECT_NE(sha256_of(leaf("a.xboxlive.com", live_, false).get()), sha256_of(certificate));
}

TEST_F(Leaves, LiveAtMost197Days) {
  const Validity validity = validity_of(leaf("a.xboxlive.com", live_).get());
  EXPECT_LT(validity.not_before, kNow);
  EXPECT_GT(validity.not_after, kNow + 190 * kDay);
  // Both ends count (RFC 5280 §4.1.2.5).
  EXPECT_LE(validity.not_after - validity.not_before + std::chrono::seconds(1), 197 * kDay);
}

TEST_F(Leaves, AreMadeAnewInTime) {
  const X509Ptr first = leaf("a.xboxlive.com", live_);
  EXPECT_EQ(leaf("a.xboxlive.com", live_, true, kNow + 90 * kDay).get(), first.get());
  const CaptureTime later = kNow + 150 * kDay;
  const X509Ptr second = leaf("a.xboxlive.com", live_, true, later);
  EXPECT_GT(validity_of(second.get()).not_after, later + 190 * kDay);
  EXPECT_EQ(cache_->size(), 1u);
  // The clock was wrong and has been put right.
  EXPECT_LT(validity_of(leaf("a.xboxlive.com", live_).get()).not_before, kNow);
}

TEST_F(Leaves, DoNotOutliveTheCa) {
  const CaptureTime end = authority_->not_after();
  EXPECT_EQ(validity_of(leaf("a.xboxlive.com", live_, true, end - 10 * kDay).get()).not_after, end);
  const auto late = cache_->get({"b.xboxlive.com", live_.certificate.get(), true}, end + kDay);
  ASSERT_FALSE(late.ok());
  EXPECT_THAT(late.error().message, HasSubstr("expired"));
}

TEST_F(Leaves, ShareOneKeyAndHaveSerialsOfTheirOwn) {
  std::set<std::string> serials;
  for (int i = 0; i < 50; ++i) {
    auto got = cache_->get({"h" + std::to_string(i) + ".example", nullptr, false}, kNow);
    ASSERT_TRUE(got.ok());
    EXPECT_EQ(EVP_PKEY_eq(X509_get0_pubkey(got->certificate.get()), got->key), 1);
    const ASN1_INTEGER* serial = X509_get0_serialNumber(got->certificate.get());
    EXPECT_LE(ASN1_STRING_length(serial), 20);
    serials.emplace(reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
                    static_cast<std::size_t>(ASN1_STRING_length(serial)));
  }
  EXPECT_EQ(serials.size(), 50u);
}

TEST_F(Leaves, AreBoundedAndTheOneUsedLongestAgoGoesFirst) {
  use_capacity(3);
  const X509Ptr a = leaf("a.example", live_, false);
  for (const char* host : {"b.example", "c.example", "a.example", "d.example"}) {
    leaf(host, live_, false);
  }
  EXPECT_EQ(cache_->size(), 3u);
  EXPECT_EQ(leaf("a.example", live_, false).get(), a.get());
  use_capacity(0);
  leaf("a.example", live_, false);
  EXPECT_EQ(cache_->size(), 1u);
}

TEST_F(Leaves, AreNotMadeForWhatIsNoHost) {
  for (const std::string& host :
       {std::string(), std::string("*.xboxlive.com"), std::string("a b"), std::string("a\0b", 3),
        std::string("a.example,DNS:b.example"), std::string(400, 'a')}) {
    EXPECT_FALSE(cache_->get({host, live_.certificate.get(), true}, kNow).ok()) << host;
    EXPECT_FALSE(cache_->get({host, live_.certificate.get(), false}, kNow).ok()) << host;
  }
}

TEST_F(Leaves, TakeOverNothingMalformed) {
  const Identity strange = make_server(
      public_ca_, {"*", "*.com", "a*.example", "bad name", "good.example", std::string(70, 'x')});
  EXPECT_THAT(names("good.example", strange), ElementsAre("good.example"));
}

TEST_F(Leaves, AreMadeByManyThreadsAtOnce) {
  use_capacity(8);
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string host = "h" + std::to_string((i * 7 + t) % 12) + ".example";
        auto got = cache_->get({host, nullptr, false}, kNow);
        if (!got || names_of(got->certificate.get(), 9) != std::vector<std::string>{host}) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(cache_->size(), 8u);
}

}  // namespace
}  // namespace mpsdscope

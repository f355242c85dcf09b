#include "capture/proxy/certificate_authority.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/capture/temporary_folder.h"
#include "tests/capture/testing/tls_lab.h"

namespace mpsdscope {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

mode_t mode_of(const std::string& path) {
  struct stat found {};
  EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
  return found.st_mode & 07777;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The umask of the process, for a while.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  ~Umask() { ::umask(before_); }

 private:
  mode_t before_;
};

class Authority : public ::testing::Test {
 protected:
  std::string directory() const { return folder_.path("data/mpsdscope"); }
  std::string file(std::string_view name) const { return directory() + "/" + std::string(name); }
  std::string write(const std::string& name, const std::string& text) const {
    return folder_.write(name, text);
  }
  // The message of an import that must fail.
  std::string refused(const std::string& text) const {
    const auto ca = CertificateAuthority::import(directory(), write("in.pem", text), kNow);
    EXPECT_FALSE(ca.ok());
    EXPECT_FALSE(std::filesystem::exists(file(CaFiles::kKeyAndCertificate)));
    return ca.ok() ? "" : ca.error().message;
  }

  TemporaryFolder folder_;
};

TEST_F(Authority, IsMadeOnFirstUseAndFoundAgain) {
  const Umask open_to_all(0);
  const auto made = CertificateAuthority::open_or_make(directory(), kNow);
  ASSERT_TRUE(made.ok()) << made.error().message;
  const auto found = CertificateAuthority::open_or_make(directory(), kNow + 100 * kDay);
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->fingerprint(), made->fingerprint());
  EXPECT_EQ(mode_of(directory()), 0700u);
  EXPECT_EQ(mode_of(folder_.path("data")), 0700u);
  EXPECT_EQ(mode_of(file(CaFiles::kKeyAndCertificate)), 0600u);
  for (const auto name :
       {CaFiles::kPem, CaFiles::kDer, CaFiles::kPkcs12, CaFiles::kDevelopmentKit}) {
    EXPECT_EQ(mode_of(file(name)), 0644u) << name;
    EXPECT_THAT(content_of(file(name)), Not(HasSubstr("PRIVATE KEY"))) << name;
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory())) {
    EXPECT_TRUE(entry.is_regular_file());
    ++files;
  }
  EXPECT_EQ(files, 5u) << "a temporary file was left";
}

TEST_F(Authority, HasTheExtensionsOfACa) {
  const auto ca = CertificateAuthority::make(directory(), kNow);
  ASSERT_TRUE(ca.ok());
  X509* certificate = ca->certificate();
  EXPECT_EQ(X509_get_version(certificate), X509_VERSION_3);
  EXPECT_EQ(X509_check_ca(certificate), 1);
  EXPECT_EQ(X509_get_pathlen(certificate), 0);
  EXPECT_EQ(X509_get_key_usage(certificate), static_cast<unsigned>(KU_KEY_CERT_SIGN | KU_CRL_SIGN));
  EXPECT_EQ(X509_get_extended_key_usage(certificate), static_cast<unsigned>(XKU_SSL_SERVER));
  ASSERT_NE(X509_get0_subject_key_id(certificate), nullptr);
  ASSERT_NE(X509_get0_authority_key_id(certificate), nullptr);
  EXPECT_EQ(ASN1_OCTET_STRING_cmp(X509_get0_subject_key_id(certificate),
                                  X509_get0_authority_key_id(certificate)),
            0);
  for (const int nid : {NID_basic_constraints, NID_key_usage}) {
    const int at = X509_get_ext_by_NID(certificate, nid, -1);
    EXPECT_EQ(X509_EXTENSION_get_critical(X509_get_ext(certificate, at)), 1) << nid;
  }
  EXPECT_EQ(X509_verify(certificate, X509_get0_pubkey(certificate)), 1);
  EXPECT_EQ(EVP_PKEY_get_bits(ca->key()), 256);
  EXPECT_EQ(ca->not_before(), kNow - kDay);
  EXPECT_EQ(ca->not_after(), kNow - kDay + 3650 * kDay);
  EXPECT_THAT(ca->subject(), HasSubstr("CN=mpsdscope "));
  EXPECT_THAT(ca->subject(), HasSubstr(" 2026-11-23 "));
  EXPECT_EQ(ca->fingerprint().size(), 32u * 3 - 1);
  EXPECT_TRUE(ca->chain().empty());
}

TEST_F(Authority, TwoOfThemAreToldApart) {
  const auto one = CertificateAuthority::make(directory(), kNow);
  const auto other = CertificateAuthority::make(folder_.path("other"), kNow);
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_NE(one->subject(), other->subject());
  EXPECT_NE(one->fingerprint(), other->fingerprint());
}

TEST_F(Authority, ExportsTheCertificateAndNeverTheKey) {
  const auto ca = CertificateAuthority::make(directory(), kNow);
  ASSERT_TRUE(ca.ok());
  const std::string& der = ca->exported(CertificateFormat::der);
  const auto* data = reinterpret_cast<const unsigned char*>(der.data());
  const X509Ptr from_der(d2i_X509(nullptr, &data, static_cast<long>(der.size())));
  ASSERT_TRUE(from_der);
  EXPECT_EQ(X509_cmp(from_der.get(), ca->certificate()), 0);
  EXPECT_EQ(content_of(file(CaFiles::kDevelopmentKit)), der);
  EXPECT_EQ(content_of(file(CaFiles::kDer)), der);
  EXPECT_EQ(content_of(file(CaFiles::kPem)), ca->exported(CertificateFormat::pem));
  EXPECT_EQ(pem_of({ca->certificate()}), ca->exported(CertificateFormat::pem));

  const std::string& bag = ca->exported(CertificateFormat::pkcs12);
  data = reinterpret_cast<const unsigned char*>(bag.data());
  PKCS12* file = d2i_PKCS12(nullptr, &data, static_cast<long>(bag.size()));
  ASSERT_NE(file, nullptr);
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* others = nullptr;
  ASSERT_EQ(PKCS12_parse(file, "", &key, &certificate, &others), 1);
  EXPECT_EQ(key, nullptr);
  EXPECT_EQ(certificate, nullptr) << "no certificate of a key";
  ASSERT_EQ(sk_X509_num(others), 1);
  EXPECT_EQ(X509_cmp(sk_X509_value(others, 0), ca->certificate()), 0);
  sk_X509_pop_free(others, X509_free);
  PKCS12_free(file);
}

TEST_F(Authority, ManyThatStartAtOnceGetTheSame) {
  constexpr std::size_t kStarters = 8;
  std::vector<std::optional<Result<CertificateAuthority>>> got(kStarters);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kStarters; ++i) {
    threads.emplace_back(
        [&, i] { got[i] = CertificateAuthority::open_or_make(directory(), kNow); });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> fingerprints;
  for (const auto& ca : got) {
    ASSERT_TRUE(ca->ok()) << ca->error().message;
    fingerprints.insert((*ca)->fingerprint());
  }
  EXPECT_EQ(fingerprints.size(), 1u);
}

TEST_F(Authority, IsRefusedWhenOthersCanReadTheKey) {
  ASSERT_TRUE(CertificateAuthority::make(directory(), kNow).ok());
  const std::string key = file(CaFiles::kKeyAndCertificate);
  for (const mode_t mode : {0640u, 0604u, 0620u, 0644u, 0610u}) {
    ASSERT_EQ(::chmod(key.c_str(), mode), 0);
    const auto ca = CertificateAuthority::open_or_make(directory(), kNow);
    ASSERT_FALSE(ca.ok()) << mode;
    EXPECT_THAT(ca.error().message, HasSubstr("chmod 600 " + key));
  }
  ASSERT_EQ(::chmod(key.c_str(), 0400), 0);
  EXPECT_TRUE(CertificateAuthority::open_or_make(directory(), kNow).ok());
}

TEST_F(Authority, IsRefusedWhenOthersCanExchangeIt) {
  ASSERT_TRUE(CertificateAuthority::make(directory(), kNow).ok());
  ASSERT_EQ(::chmod(directory().c_str(), 0770), 0);
  const auto ca = CertificateAuthority::open_or_make(directory(), kNow);
  ASSERT_FALSE(ca.ok());
  EXPECT_THAT(ca.error().message, HasSubstr("chmod 700 " + directory()));
  ASSERT_EQ(::chmod(directory().c_str(), 0755), 0);
  EXPECT_TRUE(CertificateAuthority::open_or_make(directory(), kNow).ok());
}

TEST_F(Authority, IsNotReplacedWithoutBeingTold) {
  const auto first = CertificateAuthority::make(directory(), kNow);
  ASSERT_TRUE(first.ok());
  const auto second = CertificateAuthority::make(directory(), kNow);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message, HasSubstr("--replace"));
  const auto third = CertificateAuthority::make(directory(), kNow, true);
  ASSERT_TRUE(third.ok());
  EXPECT_NE(first->fingerprint(), third->fingerprint());
  EXPECT_EQ(content_of(file(CaFiles::kDevelopmentKit)), third->exported(CertificateFormat::der));
  EXPECT_EQ(mode_of(file(CaFiles::kKeyAndCertificate)), 0600u);
}

TEST_F(Authority, HandsOutItsFilesAgainWhenTheyAreGoneOrAnotherOnes) {
  const auto ca = CertificateAuthority::make(directory(), kNow);
  ASSERT_TRUE(ca.ok());
  std::filesystem::remove(file(CaFiles::kDer));
  std::ofstream(file(CaFiles::kPem)) << "another";
  std::ofstream(file(CaFiles::kDevelopmentKit)) << "another";
  ASSERT_TRUE(CertificateAuthority::open(directory(), kNow).ok());
  EXPECT_EQ(content_of(file(CaFiles::kDer)), ca->exported(CertificateFormat::der));
  EXPECT_EQ(content_of(file(CaFiles::kPem)), ca->exported(CertificateFormat::pem));
  EXPECT_EQ(content_of(file(CaFiles::kDevelopmentKit)), ca->exported(CertificateFormat::der));
}

TEST_F(Authority, IsValidForItsTimeOnly) {
  const auto ca = CertificateAuthority::make(directory(), kNow);
  ASSERT_TRUE(ca.ok());
  EXPECT_TRUE(CertificateAuthority::open(directory(), ca->not_after()).ok());
  const auto late = CertificateAuthority::open(directory(), ca->not_after() + kDay);
  ASSERT_FALSE(late.ok());
  EXPECT_THAT(late.error().message, HasSubstr("expired on 2036-11-19"));
  const auto early = CertificateAuthority::open(directory(), kNow - 2 * kDay);
  ASSERT_FALSE(early.ok());
  EXPECT_THAT(early.error().message, HasSubstr("clock"));
}

TEST_F(Authority, OpenMakesNone) {
  const auto ca = CertificateAuthority::open(directory(), kNow);
  ASSERT_FALSE(ca.ok());
  EXPECT_THAT(ca.error().message, HasSubstr("mpsdscope ca make"));
  EXPECT_FALSE(std::filesystem::exists(directory()));
}

TEST_F(Authority, ImportsKeyAndCertificateInAnyOrder) {
  const Identity given = make_ca("mitmproxy");
  const Identity other = make_ca("not this one");
  const std::string key = pem_of({}, given.key.get());
  const std::string own = pem_of({given.certificate.get()});
  for (const std::string& text :
       {key + own, own + key, "a comment\n" + pem_of({other.certificate.get()}) + own + key}) {
    const auto ca = CertificateAuthority::import(directory(), write("in.pem", text), kNow, true);
    ASSERT_TRUE(ca.ok()) << ca.error().message;
    EXPECT_EQ(X509_cmp(ca->certificate(), given.certificate.get()), 0);
    EXPECT_EQ(EVP_PKEY_eq(ca->key(), given.key.get()), 1);
    EXPECT_TRUE(ca->chain().empty());
    EXPECT_EQ(mode_of(file(CaFiles::kKeyAndCertificate)), 0600u);
    const auto again = CertificateAuthority::open(directory(), kNow);
    ASSERT_TRUE(again.ok()) << again.error().message;
    EXPECT_EQ(again->fingerprint(), ca->fingerprint());
  }
}

TEST_F(Authority, ImportsACaBelowAnotherWithItsChain) {
  const Identity root = make_ca("root");
  const Identity below = make_intermediate(root, "studio");
  const auto ca = CertificateAuthority::import(
      directory(),
      write("in.pem", pem_of({below.certificate.get(), root.certificate.get()}, below.key.get())),
      kNow);
  ASSERT_TRUE(ca.ok()) << ca.error().message;
  ASSERT_EQ(ca->chain().size(), 2u);
  EXPECT_EQ(X509_cmp(ca->chain()[0].get(), below.certificate.get()), 0);
}

TEST_F(Authority, RefusesWhatIsNoUsableCa) {
  const Identity ca = make_ca();
  const Identity other = make_ca();
  const Identity server = make_server(ca, {"a.example"});
  const Identity expired = make_ca("old", {kNow - 9 * kDay, kNow - 2 * kDay});
  const Identity future = make_ca("new", {kNow + 2 * kDay, kNow + 9 * kDay});
  EXPECT_THAT(refused(pem_of({server.certificate.get()}, server.key.get())), HasSubstr("CA:TRUE"));
  EXPECT_THAT(refused(pem_of({ca.certificate.get()}, other.key.get())),
              HasSubstr("do not belong together"));
  EXPECT_THAT(refused(pem_of({ca.certificate.get()})), HasSubstr("no private key"));
  EXPECT_THAT(refused(pem_of({}, ca.key.get())), HasSubstr("no certificate"));
  EXPECT_THAT(refused(pem_of({expired.certificate.get()}, expired.key.get())),
              HasSubstr("expired on 2026-11-21"));
  EXPECT_THAT(refused(pem_of({future.certificate.get()}, future.key.get())),
              HasSubstr("not valid before 2026-11-25"));
  EXPECT_THAT(refused(""), HasSubstr("neither PEM nor DER"));
  EXPECT_THAT(refused("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
              HasSubstr("in.pem"));
  EXPECT_THAT(refused(std::string(std::size_t{2} << 20, 'x')), HasSubstr("larger than 1 MiB"));
}

TEST_F(Authority, RefusesWeakKeysAndKeysWithPasswords) {
  const KeyPtr weak(EVP_RSA_gen(1024));
  const X509Ptr certificate = make_ca_certificate(weak.get(), "weak", kValid);
  EXPECT_THAT(refused(pem_of({certificate.get()}, weak.get())), HasSubstr("2048"));
  const KeyPtr strong(EVP_RSA_gen(2048));
  const X509Ptr better = make_ca_certificate(strong.get(), "strong", kValid);
  const Identity ca = make_ca();
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, ca.key.get(), EVP_aes_256_cbc(), "secret", 6, nullptr,
                                nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  const std::string locked(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  EXPECT_THAT(refused(locked + pem_of({ca.certificate.get()})), HasSubstr("password"));
  EXPECT_TRUE(CertificateAuthority::import(
                  directory(), write("in.pem", pem_of({better.get()}, strong.get())), kNow)
                  .ok());
}

TEST_F(Authority, SaysWhereItCannotBeMade) {
  const std::string in_the_way = write("file", "x");
  const auto ca = CertificateAuthority::open_or_make(in_the_way + "/mpsdscope", kNow);
  ASSERT_FALSE(ca.ok());
  EXPECT_THAT(ca.error().message, HasSubstr(in_the_way));
}

TEST(DefaultCaDirectory, FollowsXdg) {
  const std::string home = ::getenv("HOME") != nullptr ? ::getenv("HOME") : "";
  ::setenv("HOME", "/home/tester", 1);
  ::setenv("XDG_DATA_HOME", "/data", 1);
  EXPECT_EQ(default_ca_directory().value(), "/data/mpsdscope");
  ::setenv("XDG_DATA_HOME", "relative", 1);
  EXPECT_EQ(default_ca_directory().value(), "/home/tester/.local/share/mpsdscope");
  ::unsetenv("XDG_DATA_HOME");
  EXPECT_EQ(default_ca_directory().value(), "/home/tester/.local/share/mpsdscope");
  ::unsetenv("HOME");
  EXPECT_THAT(default_ca_directory().error().message, HasSubstr("--ca-dir"));
  if (!home.empty()) ::setenv("HOME", home.c_str(), 1);
}

}  // namespace
}  // namespace mpsdscope

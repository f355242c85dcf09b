#include "capture/proxy/certificates.h"

#include <array>
#include <ctime>
#include <memory>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace mpsdscope {
namespace {

constexpr std::size_t kMaxCertificates = 500;  // of a file; system bundles have about 150

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;

std::string content_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

BioPtr reader(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  // RFC 2253 with control bytes and non-ASCII escaped, most specific first.
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  return content_of(bio.get());
}

CaptureTime time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return CaptureTime::min();
  const std::time_t seconds = ::timegm(&parts);
  // Years that nanoseconds in 64 bits cannot hold: "99991231235959Z" stands for no end at all.
  constexpr std::time_t kMost = CaptureTime::max().time_since_epoch() / std::chrono::seconds(1);
  if (seconds > kMost) return CaptureTime::max();
  if (seconds < -kMost) return CaptureTime::min();
  return CaptureTime(std::chrono::seconds(seconds));
}

int note_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

}  // namespace

Validity validity_of(const X509* certificate) {
  return {time_of(X509_get0_notBefore(certificate)), time_of(X509_get0_notAfter(certificate))};
}

std::string subject_of(const X509* certificate) {
  return text_of(X509_get_subject_name(certificate));
}

std::string issuer_of(const X509* certificate) {
  return text_of(X509_get_issuer_name(certificate));
}

std::string sha256_of(const X509* certificate) {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

bool is_self_signed(X509* certificate) {
  return X509_self_signed(certificate, 0) == 1;
}

std::string to_pem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return content_of(bio.get());
}

std::string to_der(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  i2d_X509_bio(bio.get(), certificate);
  return content_of(bio.get());
}

std::string to_pkcs12(X509* certificate) {
  // A certificate is no secret: -1 leaves it unencrypted, which every importer understands.
  const std::unique_ptr<PKCS12, decltype(&PKCS12_free)> file(
      PKCS12_create("", "mpsdscope", nullptr, certificate, nullptr, -1, -1, 0, 0, 0), &PKCS12_free);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!file || i2d_PKCS12_bio(bio.get(), file.get()) != 1) return "";
  return content_of(bio.get());
}

std::string to_pem(const PemContent& content) {
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  if (content.key && PEM_write_bio_PrivateKey(bio.get(), content.key.get(), nullptr, nullptr, 0,
                                              nullptr, nullptr) != 1) {
    return "";
  }
  for (const X509Ptr& certificate : content.certificates) {
    if (PEM_write_bio_X509(bio.get(), certificate.get()) != 1) return "";
  }
  return content_of(bio.get());
}

Result<PemContent> read_certificates(std::string_view text, const std::string& name) {
  PemContent content;
  bool password = false;
  content.key.reset(PEM_read_bio_PrivateKey(reader(text).get(), nullptr, note_password, &password));
  if (password) {
    ERR_clear_error();
    return Error{name + ": the key has a password: give one without " +
                 "(`openssl pkey -in FILE -out NEW` writes it)"};
  }
  const BioPtr bio = reader(text);
  while (content.certificates.size() < kMaxCertificates) {
    X509Ptr certificate(PEM_read_bio_X509_AUX(bio.get(), nullptr, note_password, &password));
    if (!certificate) break;
    content.certificates.push_back(std::move(certificate));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (content.certificates.empty() && !content.key) {
    if (X509Ptr der(d2i_X509_bio(reader(text).get(), nullptr)); der) {
      content.certificates.push_back(std::move(der));
    }
  } else if (!at_end && content.certificates.size() < kMaxCertificates) {
    return Error{name + ": certificate " + std::to_string(content.certificates.size() + 1) +
                 " cannot be read: " + take_openssl_error()};
  }
  ERR_clear_error();
  if (content.certificates.empty() && !content.key) {
    return Error{name + ": there is no certificate in it (neither PEM nor DER)"};
  }
  return content;
}

}  // namespace mpsdscope

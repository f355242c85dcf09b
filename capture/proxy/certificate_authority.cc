#include "capture/proxy/certificate_authority.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "capture/proxy/certificates.h"
#include "capture/proxy/private_file.h"

namespace mpsdscope {
namespace {

constexpr std::chrono::hours kBackdated{24};  // devices' clocks may be late
constexpr std::chrono::hours kLifetime{24 * 3650};
constexpr int kLeastRsaBits = 2048;  // less is refused by today's clients
constexpr std::size_t kMaxHostName = 24;

// Text that held a key; wiped when it goes.
struct SecretText {
  std::string text;
  ~SecretText() { OPENSSL_cleanse(text.data(), text.size()); }
};

// Tells this CA from those of other machines, and from others made here on the same day.
std::string common_name(CaptureTime now) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  std::string name = "mpsdscope ";
  for (const char c : std::string_view(host.data()).substr(0, kMaxHostName)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += plain || c == '-' || c == '.' || c == '_' ? c : '-';
  }
  std::array<unsigned char, 3> random{};
  RAND_bytes(random.data(), random.size());
  char suffix[8];
  std::snprintf(suffix, sizeof suffix, " %02x%02x%02x", random[0], random[1], random[2]);
  return name + " " + format_rfc3339(now).substr(0, 10) + suffix;
}

std::string unusable(const X509* certificate, CaptureTime now) {
  const Validity validity = validity_of(certificate);
  if (now > validity.not_after) {
    return "the CA expired on " + format_rfc3339(validity.not_after).substr(0, 10) +
           ": `mpsdscope ca make --replace` makes another, which devices must be told to trust";
  }
  if (now < validity.not_before) {
    return "the CA is not valid before " + format_rfc3339(validity.not_before).substr(0, 10) +
           ": is this machine's clock right?";
  }
  return "";
}

std::string unsuitable(X509* certificate, EVP_PKEY* key) {
  if ((X509_get_extension_flags(certificate) & EXFLAG_CA) == 0) {
    return "the certificate is none of a CA (basicConstraints does not say CA:TRUE)";
  }
  if ((X509_get_key_usage(certificate) & KU_KEY_CERT_SIGN) == 0) {
    return "the CA may not sign certificates (keyUsage lacks keyCertSign)";
  }
  const int kind = EVP_PKEY_get_base_id(key);
  if (kind != EVP_PKEY_EC && (kind != EVP_PKEY_RSA || EVP_PKEY_get_bits(key) < kLeastRsaBits)) {
    return "the CA's key must be an elliptic curve's or RSA with at least 2048 bits: devices "
           "refuse "
           "others";
  }
  return "";
}

// Takes the certificate that belongs to the key to the front; false if there is none.
bool find_own(PemContent& content) {
  const auto own = std::ranges::find_if(content.certificates, [&](const X509Ptr& certificate) {
    return EVP_PKEY_eq(X509_get0_pubkey(certificate.get()), content.key.get()) == 1;
  });
  if (own == content.certificates.end()) return false;
  std::rotate(content.certificates.begin(), own, own + 1);
  return true;
}

// A CA's key and certificate out of the text of a file, its own certificate first.
Result<PemContent> read_ca(std::string_view text, const std::string& name, CaptureTime now) {
  auto content = read_certificates(text, name);
  if (!content) return content.error();
  if (!content->key) return Error{name + ": there is no private key in it"};
  if (content->certificates.empty()) return Error{name + ": there is no certificate in it"};
  if (!find_own(*content)) return Error{name + ": key and certificate do not belong together"};
  X509* own = content->certificates.front().get();
  std::string why = unsuitable(own, content->key.get());
  if (why.empty()) why = unusable(own, now);
  if (!why.empty()) return Error{name + ": " + why};
  return content;
}

std::string key_path(const std::string& directory) {
  return directory + "/" + std::string(CaFiles::kKeyAndCertificate);
}

Error none_yet(const std::string& directory) {
  return Error{"there is no CA in " + directory + " yet: `mpsdscope ca make` makes one"};
}

// Writes the key and its certificates. False: there is a CA already and it is to stay.
Result<bool> store(const std::string& directory, const PemContent& content, Publish how) {
  if (auto made = make_private_directory(directory); !made) return made.error();
  const SecretText pem{to_pem(content)};
  if (pem.text.empty()) return Error{"cannot write the CA's key: " + take_openssl_error()};
  return publish_private_file(key_path(directory), pem.text, how);
}

Error exists_already(const std::string& directory) {
  return Error{"there is a CA in " + directory +
               " already, which devices may trust: `mpsdscope ca` shows it, --replace puts another "
               "in its place"};
}

}  // namespace

Result<std::string> default_ca_directory() {
  // "All paths … must be absolute" (XDG Base Directory Specification); others are ignored.
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data == '/') {
    return std::string(data) + "/mpsdscope";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    return std::string(home) + "/.local/share/mpsdscope";
  }
  return Error{"neither XDG_DATA_HOME nor HOME is set: name the CA's directory with --ca-dir"};
}

struct CertificateAuthority::Loader {
  static Result<CertificateAuthority> load(const std::string& directory, CaptureTime now) {
    const std::string path = key_path(directory);
    auto text = read_private_file(path);
    if (!text) return text.error();
    const SecretText secret{std::move(*text)};
    auto content = read_ca(secret.text, path, now);
    if (!content) return content.error();
    CertificateAuthority ca;
    ca.directory_ = directory;
    ca.key_ = std::move(content->key);
    ca.certificate_ = share(content->certificates.front().get());
    if (!is_self_signed(ca.certificate())) ca.chain_ = std::move(content->certificates);
    ca.exported_ = {to_pem(ca.certificate()), to_der(ca.certificate()),
                    to_pkcs12(ca.certificate())};
    return ca;
  }

  // The files to hand out, unless they are there.
  static Result<Done> hand_out(const CertificateAuthority& ca) {
    using enum CertificateFormat;
    constexpr std::array<std::pair<std::string_view, CertificateFormat>, 4> kFiles{
        {{CaFiles::kDer, der},
         {CaFiles::kPkcs12, pkcs12},
         {CaFiles::kDevelopmentKit, der},
         {CaFiles::kPem, pem}}};  // last: while it is not this CA's, the others may not be either
    auto present = read_small_file(ca.path(CaFiles::kPem));
    const bool same = present && *present == ca.exported(pem);
    for (const auto& [file, format] : kFiles) {
      if (same && file_exists(ca.path(file))) continue;
      if (auto done = publish_file(ca.path(file), ca.exported(format)); !done) return done;
    }
    return Done{};
  }

  static Result<CertificateAuthority> store_and_load(const std::string& directory,
                                                     const PemContent& content, CaptureTime now,
                                                     bool replace) {
    auto stored = store(directory, content, replace ? Publish::replace : Publish::first);
    if (!stored) return stored.error();
    if (!*stored) return exists_already(directory);
    auto ca = load(directory, now);
    if (!ca) return ca;
    if (auto done = hand_out(*ca); !done) return done.error();
    return ca;
  }

  static Result<PemContent> generate(CaptureTime now) {
    PemContent content;
    content.key = make_p256_key();
    if (content.key) {
      content.certificates.push_back(make_ca_certificate(
          content.key.get(), common_name(now), {now - kBackdated, now - kBackdated + kLifetime}));
    }
    if (!content.key || !content.certificates.front()) {
      return Error{"cannot make a CA: " + take_openssl_error()};
    }
    return content;
  }
};

Result<CertificateAuthority> CertificateAuthority::open(const std::string& directory,
                                                        CaptureTime now) {
  if (!file_exists(key_path(directory))) return none_yet(directory);
  if (auto made = make_private_directory(directory); !made) return made.error();
  auto ca = Loader::load(directory, now);
  // The directory may be one that only root writes to: what is to be handed out is also in memory.
  if (ca) (void)Loader::hand_out(*ca).ok();
  return ca;
}

Result<CertificateAuthority> CertificateAuthority::make(const std::string& directory,
                                                        CaptureTime now, bool replace) {
  if (!replace && file_exists(key_path(directory))) return exists_already(directory);
  auto content = Loader::generate(now);
  if (!content) return content.error();
  return Loader::store_and_load(directory, *content, now, replace);
}

Result<CertificateAuthority> CertificateAuthority::open_or_make(const std::string& directory,
                                                                CaptureTime now) {
  if (!file_exists(key_path(directory))) {
    auto made = make(directory, now);
    // Another process may have been quicker: then its CA is the one.
    if (made || !file_exists(key_path(directory))) return made;
  }
  return open(directory, now);
}

Result<CertificateAuthority> CertificateAuthority::import(const std::string& directory,
                                                          const std::string& file, CaptureTime now,
                                                          bool replace) {
  auto text = read_small_file(file);
  if (!text) return text.error();
  const SecretText secret{std::move(*text)};
  auto content = read_ca(secret.text, file, now);
  if (!content) return content.error();
  return Loader::store_and_load(directory, *content, now, replace);
}

std::string CertificateAuthority::subject() const {
  return subject_of(certificate());
}

std::string CertificateAuthority::fingerprint() const {
  std::string text;
  for (const char byte : sha256_of(certificate())) {
    char pair[4];
    std::snprintf(pair, sizeof pair, "%s%02X", text.empty() ? "" : ":",
                  static_cast<unsigned char>(byte));
    text += pair;
  }
  return text;
}

CaptureTime CertificateAuthority::not_before() const {
  return validity_of(certificate()).not_before;
}

CaptureTime CertificateAuthority::not_after() const {
  return validity_of(certificate()).not_after;
}

const std::string& CertificateAuthority::exported(CertificateFormat format) const {
  return exported_[static_cast<std::size_t>(format)];
}

}  // namespace mpsdscope

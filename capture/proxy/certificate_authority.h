// The certificate authority (CA) that devices are told to trust: a key and a certificate in a
// directory, made on first use. Whoever has the key can read the traffic of every device that
// trusts it, so the file is created with mode 0600 in a directory with mode 0700, and refused when
// others can read it. Nothing here prints the key.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "capture/proxy/openssl_ptr.h"
#include "decode/result.h"
#include "decode/time.h"

namespace mpsdscope {

// File names in the CA's directory.
struct CaFiles {
  static constexpr std::string_view kKeyAndCertificate = "mpsdscope-ca.pem";
  static constexpr std::string_view kPem = "mpsdscope-ca-cert.pem";
  static constexpr std::string_view kDer = "mpsdscope-ca-cert.cer";
  static constexpr std::string_view kPkcs12 = "mpsdscope-ca-cert.p12";
  static constexpr std::string_view kDevelopmentKit = "FiddlerRoot.cer";  // DER too
  static constexpr std::array<std::string_view, 5> kAll{kKeyAndCertificate, kPem, kDer, kPkcs12,
                                                        kDevelopmentKit};
};

enum class CertificateFormat : std::uint8_t { pem, der, pkcs12 };

// $XDG_DATA_HOME/mpsdscope or ~/.local/share/mpsdscope. An Error without either variable.
Result<std::string> default_ca_directory();

class CertificateAuthority {
 public:
  // The CA of `directory`, made if there is none. Two processes that start at once get the same.
  // An Error when it cannot be read or written, when others can read the key, when it has expired,
  // or when it is no CA.
  static Result<CertificateAuthority> open_or_make(const std::string& directory, CaptureTime now);
  // The same, without making one.
  static Result<CertificateAuthority> open(const std::string& directory, CaptureTime now);
  // A new one. An Error if there is one already and `replace` is false.
  static Result<CertificateAuthority> make(const std::string& directory, CaptureTime now,
                                           bool replace = false);
  // Copies a CA, a PEM file with key and certificate in any order such as mitmproxy-ca.pem, into
  // `directory`. An Error as for make() and open().
  static Result<CertificateAuthority> import(const std::string& directory, const std::string& file,
                                             CaptureTime now, bool replace = false);

  X509* certificate() const { return certificate_.get(); }
  EVP_PKEY* key() const { return key_.get(); }
  // What a client needs beside a leaf to reach its root: empty for a self-signed CA, else the CA's
  // own certificate and those that came with it.
  const std::vector<X509Ptr>& chain() const { return chain_; }

  const std::string& directory() const { return directory_; }
  std::string path(std::string_view file) const { return directory_ + "/" + std::string(file); }
  std::string subject() const;      // "CN=mpsdscope host 2026-11-23 1f3a,O=mpsdscope"
  std::string fingerprint() const;  // SHA-256, "AB:CD:…"
  CaptureTime not_before() const;
  CaptureTime not_after() const;
  // The certificate, never the key, in a format to download or install. PKCS #12 has no password.
  const std::string& exported(CertificateFormat format) const;

 private:
  CertificateAuthority() = default;
  struct Loader;

  std::string directory_;
  KeyPtr key_;
  X509Ptr certificate_;
  std::vector<X509Ptr> chain_;
  std::array<std::string, 3> exported_;  // by CertificateFormat
};

}  // namespace mpsdscope

// Makes, reads and writes X.509 certificates (RFC 5280).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "capture/proxy/openssl_ptr.h"
#include "decode/result.h"
#include "decode/time.h"

namespace mpsdscope {

// Both ends are included, in whole seconds.
struct Validity {
  CaptureTime not_before;
  CaptureTime not_after;
};
Validity validity_of(const X509* certificate);

KeyPtr make_p256_key();  // null when OpenSSL fails

// A self-signed CA that may issue certificates of TLS servers, and no other CAs. Null when OpenSSL
// fails.
X509Ptr make_ca_certificate(EVP_PKEY* key, const std::string& common_name, Validity validity);

// The certificate of a TLS server with `names`, as normalize_host gives them. Null when OpenSSL
// fails.
X509Ptr make_leaf_certificate(X509* ca, EVP_PKEY* ca_key, EVP_PKEY* key,
                              const std::vector<std::string>& names, Validity validity);

std::string subject_of(const X509* certificate);  // "CN=…,O=…" (RFC 2253); control bytes escaped
std::string issuer_of(const X509* certificate);
std::string sha256_of(const X509* certificate);  // 32 bytes
bool is_self_signed(X509* certificate);

std::string to_pem(X509* certificate);
std::string to_der(X509* certificate);
// The certificate alone, without a password. "" when OpenSSL fails.
std::string to_pkcs12(X509* certificate);

// What a file holds: every certificate, and the first private key if there is one.
struct PemContent {
  KeyPtr key;
  std::vector<X509Ptr> certificates;
};
// PEM, or one certificate as DER. An Error for a key with a password and when there is neither key
// nor certificate; `name` is the file's, for messages.
Result<PemContent> read_certificates(std::string_view text, const std::string& name);
// The key as PKCS #8 and the certificates, as PEM. Wipe it after use.
std::string to_pem(const PemContent& content);

}  // namespace mpsdscope

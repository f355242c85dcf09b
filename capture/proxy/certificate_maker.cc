#include <algorithm>
#include <array>
#include <memory>

#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "capture/proxy/certificate_names.h"
#include "capture/proxy/certificates.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kMaxCommonName = 64;  // ub-common-name, RFC 5280 appendix A.1

struct Free {
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

bool add_name(X509_NAME* name, const char* field, const std::string& text) {
  return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

// 127 random bits: unique, and positive in at most 20 bytes (RFC 5280 §4.1.2.2).
bool set_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7F) | 0x40);
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
      BN_bin2bn(bytes.data(), bytes.size(), nullptr), &BN_free);
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_validity(X509* certificate, Validity validity) {
  const auto seconds = [](CaptureTime time) {
    return static_cast<time_t>(
        std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  };
  return ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(validity.not_before)) &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(validity.not_after));
}

// `value` is OpenSSL's configuration syntax: constants only, never what came from the network.
bool add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

GENERAL_NAME* new_alternative(const std::string& name) {
  const std::string address = address_bytes(name);
  const std::string& value = address.empty() ? name : address;
  ASN1_STRING* text =
      ASN1_STRING_type_new(address.empty() ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);
  GENERAL_NAME* general = GENERAL_NAME_new();
  if (text == nullptr || general == nullptr ||
      ASN1_STRING_set(text, value.data(), static_cast<int>(value.size())) != 1) {
    ASN1_STRING_free(text);
    GENERAL_NAME_free(general);
    return nullptr;
  }
  GENERAL_NAME_set0_value(general, address.empty() ? GEN_DNS : GEN_IPADD, text);
  return general;
}

bool add_alternatives(X509* certificate, const std::vector<std::string>& names) {
  const std::unique_ptr<GENERAL_NAMES, Free> all(GENERAL_NAMES_new());
  for (const std::string& name : names) {
    GENERAL_NAME* one = new_alternative(name);
    if (one == nullptr || !all || sk_GENERAL_NAME_push(all.get(), one) == 0) {
      GENERAL_NAME_free(one);
      return false;
    }
  }
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, all.get(), 0, X509V3_ADD_DEFAULT) ==
         1;
}

// Everything that a CA and a leaf have in common, but for issuer and signature.
X509Ptr begin_certificate(EVP_PKEY* key, const std::string& common_name, Validity validity) {
  X509Ptr made(X509_new());
  if (!made || X509_set_version(made.get(), X509_VERSION_3) != 1 || !set_serial(made.get()) ||
      !set_validity(made.get(), validity) || X509_set_pubkey(made.get(), key) != 1) {
    return nullptr;
  }
  X509_NAME* subject = X509_get_subject_name(made.get());
  if (!add_name(subject, "O", "mpsdscope")) return nullptr;
  if (!common_name.empty() && !add_name(subject, "CN", common_name)) return nullptr;
  return made;
}

}  // namespace

KeyPtr make_p256_key() {
  return KeyPtr(EVP_EC_gen("P-256"));
}

X509Ptr make_ca_certificate(EVP_PKEY* key, const std::string& common_name, Validity validity) {
  X509Ptr ca = begin_certificate(key, common_name, validity);
  if (!ca || X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get())) != 1 ||
      !add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add_extension(ca.get(), ca.get(), NID_ext_key_usage, "serverAuth") ||
      !add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash") ||
      !add_extension(ca.get(), ca.get(), NID_authority_key_identifier, "keyid:always") ||
      X509_sign(ca.get(), key, EVP_sha256()) <= 0) {
    return nullptr;
  }
  return ca;
}

X509Ptr make_leaf_certificate(X509* ca, EVP_PKEY* ca_key, EVP_PKEY* key,
                              const std::vector<std::string>& names, Validity validity) {
  const auto short_name = std::ranges::find_if(
      names, [](const std::string& name) { return name.size() <= kMaxCommonName; });
  X509Ptr leaf = begin_certificate(key, short_name != names.end() ? *short_name : "", validity);
  if (!leaf || X509_set_issuer_name(leaf.get(), X509_get_subject_name(ca)) != 1 ||
      !add_extension(leaf.get(), ca, NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(leaf.get(), ca, NID_key_usage, "critical,digitalSignature") ||
      !add_extension(leaf.get(), ca, NID_ext_key_usage, "serverAuth") ||
      !add_alternatives(leaf.get(), names) ||
      !add_extension(leaf.get(), ca, NID_subject_key_identifier, "hash")) {
    return nullptr;
  }
  // A CA that was imported may do without an identifier of its key.
  if (X509_get0_subject_key_id(ca) != nullptr &&
      !add_extension(leaf.get(), ca, NID_authority_key_identifier, "keyid:always")) {
    return nullptr;
  }
  return X509_sign(leaf.get(), ca_key, EVP_sha256()) > 0 ? std::move(leaf) : nullptr;
}

}  // namespace mpsdscope

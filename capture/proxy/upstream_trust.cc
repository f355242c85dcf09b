#include "capture/proxy/upstream_trust.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "capture/proxy/certificate_names.h"
#include "capture/proxy/certificates.h"
#include "capture/proxy/private_file.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kMaxSubject = 120;
constexpr std::size_t kNamesTold = 5;
constexpr std::size_t kNamesRead = 1000;

std::string shortened(std::string text) {
  if (text.size() > kMaxSubject) text = text.substr(0, kMaxSubject) + "…";
  return text.empty() ? "(no name)" : text;
}

std::string day(CaptureTime time) {
  return format_rfc3339(time).substr(0, 10);
}

std::string other_names(const X509* leaf) {
  const std::vector<std::string> names = names_of(leaf, kNamesRead);
  if (names.empty()) return "it has no names at all (no subjectAltName)";
  std::string text = "it is for ";
  for (std::size_t i = 0; i < std::min(names.size(), kNamesTold); ++i) {
    text += (i > 0 ? ", " : "") + names[i];
  }
  if (names.size() > kNamesTold) {
    text += " and " + std::to_string(names.size() - kNamesTold) + " more";
  }
  return text;
}

bool has_system_store() {
  const char* file = std::getenv(X509_get_default_cert_file_env());
  const char* directory = std::getenv(X509_get_default_cert_dir_env());
  return file_exists(file != nullptr ? file : X509_get_default_cert_file()) ||
         file_exists(directory != nullptr ? directory : X509_get_default_cert_dir());
}

// What is wrong with the certificate that the check is at, and which option helps.
struct Reason {
  std::string words;
  bool ca_helps = false;
};

Reason reason_of(X509_STORE_CTX* store, const X509* leaf, const X509* current) {
  const Validity validity = validity_of(current);
  const std::string whose =
      current == leaf ? "it" : "its issuer's certificate " + shortened(subject_of(current));
  switch (const int error = X509_STORE_CTX_get_error(store)) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {whose + " expired on " + day(validity.not_after)};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {whose + " is not valid before " + day(validity.not_before) +
              " (is this machine's clock right?)"};
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return {other_names(leaf)};
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return {"it is self-signed", true};
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return {"it comes from a CA that is not trusted here, " + shortened(subject_of(current)),
              true};
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return {"its issuer is not known here, " + shortened(issuer_of(current)) +
                  (has_system_store() ? "" : " (this system has no CA store: ca-certificates)"),
              true};
    default:
      return {X509_verify_cert_error_string(error)};
  }
}

}  // namespace

std::string explain_distrust(X509_STORE_CTX* store, const std::string& host,
                             const std::string& authority) {
  const X509* leaf = X509_STORE_CTX_get0_cert(store);
  const X509* current = X509_STORE_CTX_get_current_cert(store);
  const Reason reason = reason_of(store, leaf, current != nullptr ? current : leaf);
  return "the certificate of " + authority + " is not trusted as " + host + ": " + reason.words +
         ". " + (reason.ca_helps ? "--upstream-ca FILE trusts a CA of yours; " : "") +
         "--insecure-upstream " + host + " goes on without checking this host";
}

}  // namespace mpsdscope

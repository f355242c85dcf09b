// Certificates that the proxy shows to clients: a leaf has the names of the upstream certificate
// that this connection validated, and never another one.
//
// The cache's key is the upstream certificate itself (its SHA-256), so a leaf for *.xboxlive.com is
// found again only by a connection whose upstream showed that same certificate and was verified for
// a name that it covers. A host whose upstream is not verified gets a leaf for that name alone.
// Beside these a leaf may have one name of the proxy itself.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "capture/proxy/certificate_authority.h"
#include "capture/proxy/openssl_ptr.h"
#include "decode/result.h"
#include "decode/time.h"

namespace mpsdscope {

// Whom an upstream handshake reached. UpstreamTls::identity() makes it.
struct UpstreamIdentity {
  std::string host;             // name or address literal that the handshake was verified for, in
                                // lower case, without the dot of the root
  X509* certificate = nullptr;  // of the upstream; borrowed. Only read when verified
  bool verified = false;        // chain, time and host; false: --insecure-upstream
  // Of the proxy, as the client asked for it: localhost or an address that the proxy listens at; ""
  // if it asked for the upstream.
  std::string own_name{};
};

struct Leaf {
  X509Ptr certificate;
  EVP_PKEY* key = nullptr;  // the cache's, for all leaves
};

class LeafCache {
 public:
  // `authority` outlives the cache. At most `capacity` leaves (at least 1) are kept; the one used
  // longest ago goes first. An Error if no key could be made.
  static Result<std::unique_ptr<LeafCache>> create(const CertificateAuthority& authority,
                                                   std::size_t capacity = 1000);

  // Thread-safe. The leaf is valid at `now`, for at most 197 days. An Error for a host that is
  // neither a DNS name nor an address, or when OpenSSL fails.
  Result<Leaf> get(const UpstreamIdentity& upstream, CaptureTime now);

  const CertificateAuthority& authority() const { return authority_; }
  std::size_t size() const;

 private:
  struct Entry {
    std::string key;
    X509Ptr certificate;
    std::vector<std::string> names;
    CaptureTime not_before;
    CaptureTime renew;  // made anew from then on
  };
  LeafCache(const CertificateAuthority& authority, std::size_t capacity, KeyPtr key);

  Result<Leaf> make(std::string key, std::vector<std::string> names, CaptureTime now);
  X509Ptr find(const std::string& key, std::string_view host, CaptureTime now);
  void keep(Entry entry);

  const CertificateAuthority& authority_;
  std::size_t capacity_;
  KeyPtr key_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // the one used last is first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;
};

}  // namespace mpsdscope

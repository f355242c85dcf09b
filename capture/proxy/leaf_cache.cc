#include "capture/proxy/leaf_cache.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "capture/proxy/certificate_names.h"
#include "capture/proxy/certificates.h"

namespace mpsdscope {
namespace {

constexpr std::chrono::hours kBackdated{24};  // devices' clocks may be late
constexpr std::chrono::hours kLifetime{24 * 197};
// Of an upstream certificate's names those that go into a leaf; shared ones have dozens.
constexpr std::size_t kMaxNames = 100;

bool cover(const std::vector<std::string>& names, std::string_view host) {
  return std::ranges::any_of(names,
                             [&](const std::string& name) { return name_covers(name, host); });
}

}  // namespace

LeafCache::LeafCache(const CertificateAuthority& authority, std::size_t capacity, KeyPtr key)
    : authority_(authority), capacity_(std::max<std::size_t>(capacity, 1)), key_(std::move(key)) {}

Result<std::unique_ptr<LeafCache>> LeafCache::create(const CertificateAuthority& authority,
                                                     std::size_t capacity) {
  KeyPtr key = make_p256_key();
  if (!key) return Error{"cannot make a key for certificates: " + take_openssl_error()};
  return std::unique_ptr<LeafCache>(new LeafCache(authority, capacity, std::move(key)));
}

// What was validated decides what a leaf may say, so what was validated is the key: the digest of
// the upstream certificate, after which its names follow from it; and the host where that is not
// among them, or where it alone is known.
Result<Leaf> LeafCache::get(const UpstreamIdentity& upstream, CaptureTime now) {
  const std::string host = normalize_host(upstream.host);
  if (host.empty()) {
    return Error{"no certificate can be made for '" + upstream.host +
                 "': it is neither a DNS name nor an address"};
  }
  const std::string own = normalize_host(upstream.own_name);
  std::string key = own.empty() ? "" : "own " + own + " ";
  std::vector<std::string> names;
  if (upstream.verified) {
    key += "verified " + sha256_of(upstream.certificate);
    if (X509Ptr found = find(key, host, now)) return Leaf{std::move(found), key_.get()};
    names = names_of(upstream.certificate, kMaxNames);
  }
  if (!cover(names, host)) {
    key += " host " + host;
    if (X509Ptr found = find(key, host, now)) return Leaf{std::move(found), key_.get()};
    names.insert(names.begin(), host);
  }
  if (!own.empty() && !cover(names, own)) names.push_back(own);
  return make(std::move(key), std::move(names), now);
}

Result<Leaf> LeafCache::make(std::string key, std::vector<std::string> names, CaptureTime now) {
  const CaptureTime not_before = now - kBackdated;
  const CaptureTime not_after =
      std::min(not_before + kLifetime - std::chrono::seconds(1), authority_.not_after());
  if (now >= not_after) {
    return Error{"the CA has expired: `mpsdscope ca make --replace` makes another"};
  }
  X509Ptr made = make_leaf_certificate(authority_.certificate(), authority_.key(), key_.get(),
                                       names, {not_before, not_after});
  if (!made) return Error{"cannot make a certificate: " + take_openssl_error()};
  Leaf leaf{share(made.get()), key_.get()};
  keep(
      {std::move(key), std::move(made), std::move(names), not_before, now + (not_after - now) / 2});
  return leaf;
}

X509Ptr LeafCache::find(const std::string& key, std::string_view host, CaptureTime now) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  const auto entry = found->second;
  if (now < entry->not_before || now >= entry->renew || !cover(entry->names, host)) return nullptr;
  entries_.splice(entries_.begin(), entries_, entry);
  return share(entry->certificate.get());
}

void LeafCache::keep(Entry entry) {
  const std::lock_guard lock(mutex_);
  if (const auto old = by_key_.find(entry.key); old != by_key_.end()) {
    const auto position = old->second;
    by_key_.erase(old);
    entries_.erase(position);
  }
  entries_.push_front(std::move(entry));
  by_key_.emplace(entries_.front().key, entries_.begin());
  while (entries_.size() > capacity_) {
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

std::size_t LeafCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace mpsdscope

#include "decode/tls_key_schedule.h"

#include <algorithm>
#include <memory>

#include <openssl/evp.h>

namespace mpsdscope {
namespace {

constexpr std::size_t block_size(TlsHash hash) {
  return hash == TlsHash::sha384 ? 128 : 64;
}

const EVP_MD* digest(TlsHash hash) {
  // Fetched once: an implicit fetch in every EVP_DigestInit costs more than the digest.
  static const std::array<const EVP_MD*, 3> digests{EVP_MD_fetch(nullptr, "SHA1", nullptr),
                                                    EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                    EVP_MD_fetch(nullptr, "SHA384", nullptr)};
  return digests[static_cast<std::size_t>(hash)];
}

struct FreeDigestContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// One context a thread and hash, so that starting over with the same digest allocates nothing.
EVP_MD_CTX* digest_context(TlsHash hash) {
  thread_local const std::array<std::unique_ptr<EVP_MD_CTX, FreeDigestContext>, 3> contexts{
      std::unique_ptr<EVP_MD_CTX, FreeDigestContext>(EVP_MD_CTX_new()),
      std::unique_ptr<EVP_MD_CTX, FreeDigestContext>(EVP_MD_CTX_new()),
      std::unique_ptr<EVP_MD_CTX, FreeDigestContext>(EVP_MD_CTX_new())};
  return contexts[static_cast<std::size_t>(hash)].get();
}

void hash_all(TlsHash hash, std::initializer_list<Bytes> pieces, std::uint8_t* out) {
  EVP_MD_CTX* context = digest_context(hash);
  EVP_DigestInit_ex2(context, digest(hash), nullptr);
  for (const Bytes piece : pieces) EVP_DigestUpdate(context, piece.data(), piece.size());
  EVP_DigestFinal_ex(context, out, nullptr);
}

}  // namespace

Hmac::Hmac(TlsHash hash, Bytes key) : hash_(hash) {
  if (key.size() > block_size(hash)) {
    hash_all(hash, {key}, key_.data());
  } else {
    std::copy(key.begin(), key.end(), key_.begin());
  }
}

void Hmac::sign(Bytes first, Bytes second, Bytes third, std::uint8_t* out) const {
  std::array<std::uint8_t, kMaxBlock> inner;
  std::array<std::uint8_t, kMaxBlock> outer;
  for (std::size_t i = 0; i < kMaxBlock; ++i) {
    inner[i] = key_[i] ^ 0x36;
    outer[i] = key_[i] ^ 0x5C;
  }
  const std::size_t block = block_size(hash_);
  std::array<std::uint8_t, kMaxHashSize> inner_hash;
  hash_all(hash_, {Bytes(inner).first(block), first, second, third}, inner_hash.data());
  hash_all(hash_, {Bytes(outer).first(block), Bytes(inner_hash).first(size_of(hash_))}, out);
}

void tls12_prf(TlsHash hash, Bytes secret, std::string_view label, Bytes seed_1, Bytes seed_2,
               std::span<std::uint8_t> out) {
  const Hmac hmac(hash, secret);
  const std::size_t size = size_of(hash);
  // A(i) and label + seed in one buffer: HMAC(A(i) + label + seed) is the next piece of output.
  std::array<std::uint8_t, kMaxHashSize> a;
  hmac.sign(as_bytes(label), seed_1, seed_2, a.data());
  std::array<std::uint8_t, kMaxHashSize + 32> prefix;
  const std::size_t label_size = std::min(label.size(), prefix.size() - size);
  std::copy_n(label.begin(), label_size, prefix.begin() + static_cast<std::ptrdiff_t>(size));
  while (!out.empty()) {
    std::copy_n(a.begin(), size, prefix.begin());
    std::array<std::uint8_t, kMaxHashSize> piece;
    hmac.sign(Bytes(prefix).first(size + label_size), seed_1, seed_2, piece.data());
    const std::size_t n = std::min(size, out.size());
    std::copy_n(piece.begin(), n, out.begin());
    out = out.subspan(n);
    hmac.sign(Bytes(a).first(size), {}, {}, piece.data());
    a = piece;
  }
}

TrafficKeys derive_tls12_keys(const CipherSuite& suite, const Secret& master, Bytes client_random,
                              Bytes server_random, Direction sender) {
  const std::size_t mac_size = suite.cipher == TlsCipher::aes_cbc ? size_of(suite.mac) : 0;
  const std::size_t iv_size = suite.cipher == TlsCipher::aes_cbc             ? 0
                              : suite.cipher == TlsCipher::chacha20_poly1305 ? 12
                                                                             : 4;
  // RFC 5246 §6.3: MAC keys, keys, IVs; of each the client's first. The server's random leads.
  std::array<std::uint8_t, 2 * (kMaxHashSize + 32 + 12)> block;
  const std::span<std::uint8_t> used(block.data(), 2 * (mac_size + suite.key_size + iv_size));
  tls12_prf(suite.prf, master.view(), "key expansion", server_random, client_random, used);

  ByteReader reader(used);
  TrafficKeys keys;
  const auto take_own = [&reader, sender](std::size_t size, std::uint8_t* out) {
    const Bytes client = reader.take(size);
    const Bytes server = reader.take(size);
    const Bytes own = sender == Direction::to_server ? client : server;
    std::copy(own.begin(), own.end(), out);
  };
  take_own(mac_size, keys.mac_key.data());
  take_own(suite.key_size, keys.key.data());
  take_own(iv_size, keys.iv.data());
  return keys;
}

void hkdf_expand_label(TlsHash hash, Bytes secret, std::string_view label,
                       std::span<std::uint8_t> out) {
  constexpr std::string_view kPrefix = "tls13 ";
  std::array<std::uint8_t, 64> info{};
  std::size_t n = 0;
  info[n++] = 0;
  info[n++] = static_cast<std::uint8_t>(out.size());
  info[n++] = static_cast<std::uint8_t>(kPrefix.size() + label.size());
  for (const char c : kPrefix) info[n++] = static_cast<std::uint8_t>(c);
  for (const char c : label) info[n++] = static_cast<std::uint8_t>(c);
  info[n++] = 0;  // no context
  info[n++] = 1;  // the counter of HKDF-Expand (RFC 5869 §2.3): one block suffices
  std::array<std::uint8_t, kMaxHashSize> block;
  Hmac(hash, secret).sign(Bytes(info).first(n), {}, {}, block.data());
  std::copy_n(block.begin(), std::min(out.size(), size_of(hash)), out.begin());
}

TrafficKeys derive_tls13_keys(const CipherSuite& suite, const Secret& traffic_secret) {
  TrafficKeys keys;
  const std::span<std::uint8_t> key(keys.key.data(), suite.key_size);
  hkdf_expand_label(suite.prf, traffic_secret.view(), "key", key);
  hkdf_expand_label(suite.prf, traffic_secret.view(), "iv", keys.iv);
  return keys;
}

Secret next_traffic_secret(const CipherSuite& suite, const Secret& traffic_secret) {
  Secret next;
  next.length = static_cast<std::uint8_t>(size_of(suite.prf));
  hkdf_expand_label(suite.prf, traffic_secret.view(), "traffic upd",
                    std::span(next.bytes).first(next.length));
  return next;
}

}  // namespace mpsdscope

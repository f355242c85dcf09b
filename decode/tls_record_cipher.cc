#include "decode/tls_record_cipher.h"

#include <algorithm>

#include <openssl/crypto.h>

namespace mpsdscope {
namespace {

constexpr std::size_t kExplicitNonceSize = 8;
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kAesBlock = 16;

std::size_t tag_size(TlsCipher cipher) {
  return cipher == TlsCipher::aes_ccm_8 ? 8 : 16;
}
bool is_ccm(TlsCipher cipher) {
  return cipher == TlsCipher::aes_ccm || cipher == TlsCipher::aes_ccm_8;
}

const EVP_CIPHER* evp_cipher(const CipherSuite& suite) {
  // Fetched once for the process: a fetch in every EVP_DecryptInit is slow in OpenSSL 3.0.
  static const EVP_CIPHER* const gcm_128 = EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr);
  static const EVP_CIPHER* const gcm_256 = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  static const EVP_CIPHER* const ccm_128 = EVP_CIPHER_fetch(nullptr, "AES-128-CCM", nullptr);
  static const EVP_CIPHER* const ccm_256 = EVP_CIPHER_fetch(nullptr, "AES-256-CCM", nullptr);
  static const EVP_CIPHER* const cbc_128 = EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr);
  static const EVP_CIPHER* const cbc_256 = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
  static const EVP_CIPHER* const chacha = EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr);
  const bool is_128 = suite.key_size == 16;
  switch (suite.cipher) {
    case TlsCipher::aes_gcm:
      return is_128 ? gcm_128 : gcm_256;
    case TlsCipher::aes_ccm:
    case TlsCipher::aes_ccm_8:
      return is_128 ? ccm_128 : ccm_256;
    case TlsCipher::aes_cbc:
      return is_128 ? cbc_128 : cbc_256;
    case TlsCipher::chacha20_poly1305:
      break;
  }
  return chacha;
}

// seq_num + type + version + length: what TLS 1.2 authenticates besides the content.
using PseudoHeader = std::array<std::uint8_t, 13>;
PseudoHeader pseudo_header(std::uint64_t sequence, const TlsRecord& record, std::size_t length) {
  PseudoHeader bytes;
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(sequence >> (56 - 8 * i));
  }
  std::copy_n(record.header.begin(), 3, bytes.begin() + 8);
  bytes[11] = static_cast<std::uint8_t>(length >> 8);
  bytes[12] = static_cast<std::uint8_t>(length);
  return bytes;
}

int as_int(std::size_t size) {
  return static_cast<int>(size);
}  // sizes of records fit

}  // namespace

RecordCipher::RecordCipher(const CipherSuite& suite, const TrafficKeys& keys, bool encrypt_then_mac)
    : suite_(suite),
      iv_(keys.iv),
      encrypt_then_mac_(encrypt_then_mac),
      context_(EVP_CIPHER_CTX_new()) {
  EVP_CIPHER_CTX* context = context_.get();
  if (is_ccm(suite.cipher)) {
    EVP_DecryptInit_ex2(context, evp_cipher(suite), nullptr, nullptr, nullptr);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, as_int(kNonceSize), nullptr);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, as_int(tag_size(suite.cipher)), nullptr);
    EVP_DecryptInit_ex2(context, nullptr, keys.key.data(), nullptr, nullptr);
  } else {
    EVP_DecryptInit_ex2(context, evp_cipher(suite), keys.key.data(), nullptr, nullptr);
  }
  if (suite.cipher == TlsCipher::aes_cbc) {
    EVP_CIPHER_CTX_set_padding(context, 0);
    mac_.emplace(suite.mac, Bytes(keys.mac_key).first(size_of(suite.mac)));
  }
}

std::optional<std::size_t> RecordCipher::open(std::uint64_t sequence, const TlsRecord& record,
                                              std::span<std::uint8_t> out) const {
  return suite_.cipher == TlsCipher::aes_cbc ? open_cbc(sequence, record, out)
                                             : open_aead(sequence, record, out);
}

bool RecordCipher::has_explicit_nonce() const {
  return suite_.version() == TlsVersion::tls_1_2 &&
         (suite_.cipher == TlsCipher::aes_gcm || is_ccm(suite_.cipher));
}

std::optional<std::uint64_t> RecordCipher::explicit_nonce(const TlsRecord& record) const {
  if (!has_explicit_nonce() || record.payload.size() < kExplicitNonceSize) return std::nullopt;
  return ByteReader(record.payload).u64();
}

std::optional<std::size_t> RecordCipher::open_aead(std::uint64_t sequence, const TlsRecord& record,
                                                   std::span<std::uint8_t> out) const {
  const std::size_t nonce_size = has_explicit_nonce() ? kExplicitNonceSize : 0;
  const std::size_t tag = tag_size(suite_.cipher);
  if (record.payload.size() < nonce_size + tag) return std::nullopt;
  const std::size_t size = record.payload.size() - nonce_size - tag;
  const Bytes sealed = record.payload.subspan(nonce_size, size);

  // RFC 5288 §3: salt + explicit nonce. RFC 7905 §2 and RFC 8446 §5.3: IV XOR sequence number.
  std::array<std::uint8_t, kNonceSize> nonce = iv_;
  if (nonce_size > 0) {
    std::copy_n(record.payload.begin(), nonce_size, nonce.begin() + 4);
  } else {
    for (std::size_t i = 0; i < 8; ++i) {
      nonce[4 + i] ^= static_cast<std::uint8_t>(sequence >> (56 - 8 * i));
    }
  }
  const PseudoHeader pseudo = pseudo_header(sequence, record, size);
  const Bytes aad = suite_.version() == TlsVersion::tls_1_3 ? record.header : Bytes(pseudo);

  EVP_CIPHER_CTX* context = context_.get();
  // OpenSSL only reads through this pointer.
  auto* expected = const_cast<std::uint8_t*>(record.payload.data() + nonce_size + size);
  int written = 0;
  if (is_ccm(suite_.cipher)) {
    const bool authentic =
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, as_int(tag), expected) == 1 &&
        EVP_DecryptInit_ex2(context, nullptr, nullptr, nonce.data(), nullptr) == 1 &&
        EVP_DecryptUpdate(context, nullptr, &written, nullptr, as_int(size)) == 1 &&
        EVP_DecryptUpdate(context, nullptr, &written, aad.data(), as_int(aad.size())) == 1 &&
        EVP_DecryptUpdate(context, out.data(), &written, sealed.data(), as_int(size)) == 1;
    return authentic ? std::optional(size) : std::nullopt;
  }
  const bool authentic =
      EVP_DecryptInit_ex2(context, nullptr, nullptr, nonce.data(), nullptr) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, as_int(tag), expected) == 1 &&
      EVP_DecryptUpdate(context, nullptr, &written, aad.data(), as_int(aad.size())) == 1 &&
      EVP_DecryptUpdate(context, out.data(), &written, sealed.data(), as_int(size)) == 1 &&
      EVP_DecryptFinal_ex(context, out.data() + size, &written) == 1;
  return authentic ? std::optional(size) : std::nullopt;
}

bool RecordCipher::decrypt_cbc(Bytes iv, Bytes ciphertext, std::uint8_t* out) const {
  int written = 0;
  return EVP_DecryptInit_ex2(context_.get(), nullptr, nullptr, iv.data(), nullptr) == 1 &&
         EVP_DecryptUpdate(context_.get(), out, &written, ciphertext.data(),
                           as_int(ciphertext.size())) == 1;
}

std::optional<std::size_t> RecordCipher::open_cbc(std::uint64_t sequence, const TlsRecord& record,
                                                  std::span<std::uint8_t> out) const {
  const std::size_t mac_size = size_of(suite_.mac);
  const std::size_t outside = encrypt_then_mac_ ? mac_size : 0;
  if (record.payload.size() < 2 * kAesBlock + outside) return std::nullopt;
  const Bytes covered = record.payload.first(record.payload.size() - outside);
  const Bytes ciphertext = covered.subspan(kAesBlock);
  if (ciphertext.size() % kAesBlock != 0) return std::nullopt;

  std::array<std::uint8_t, kMaxHashSize> mac;
  if (encrypt_then_mac_) {  // RFC 7366 §3
    mac_->sign(pseudo_header(sequence, record, covered.size()), covered, {}, mac.data());
    if (CRYPTO_memcmp(mac.data(), record.payload.data() + covered.size(), mac_size) != 0) {
      return std::nullopt;
    }
  }
  if (!decrypt_cbc(covered.first(kAesBlock), ciphertext, out.data())) return std::nullopt;

  // RFC 5246 §6.2.3.2: padding_length bytes of that value, and the length itself.
  const std::uint8_t padding = out[ciphertext.size() - 1];
  const std::size_t inside = encrypt_then_mac_ ? 0 : mac_size;
  if (std::size_t{padding} + 1 + inside > ciphertext.size()) return std::nullopt;
  const std::size_t size = ciphertext.size() - padding - 1 - inside;
  const Bytes padded = Bytes(out.data(), ciphertext.size()).last(std::size_t{padding} + 1);
  if (std::any_of(padded.begin(), padded.end(), [padding](auto b) { return b != padding; })) {
    return std::nullopt;
  }
  if (!encrypt_then_mac_) {
    mac_->sign(pseudo_header(sequence, record, size), Bytes(out.data(), size), {}, mac.data());
    if (CRYPTO_memcmp(mac.data(), out.data() + size, mac_size) != 0) return std::nullopt;
  }
  return size;
}

}  // namespace mpsdscope

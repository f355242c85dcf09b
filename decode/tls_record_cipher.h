// Opens the protected records of one direction (RFC 5246 §6.2.3, RFC 7366, RFC 8446 §5.2).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include <openssl/evp.h>

#include "decode/tls_key_schedule.h"
#include "decode/tls_record.h"
#include "decode/tls_suites.h"

namespace mpsdscope {

// Keyed once. Stateless between records: the caller counts sequence numbers, so it may also try
// several.
class RecordCipher {
 public:
  // `encrypt_then_mac` matters for CBC suites only.
  RecordCipher(const CipherSuite& suite, const TrafficKeys& keys, bool encrypt_then_mac);

  // Decrypts and authenticates into `out`, which must have room for kMaxCiphertext bytes. Returns
  // the length of the plaintext (TLS 1.3: of the TLSInnerPlaintext), or nullopt if the record is
  // not authentic under that number; then what `out` holds must not be used.
  std::optional<std::size_t> open(std::uint64_t sequence, const TlsRecord& record,
                                  std::span<std::uint8_t> out) const;

  // TLS 1.2 AES-GCM and CCM records carry the variable half of their nonce, which senders count up
  // by one: the difference of two tells how many records lie between them. nullopt for the others.
  std::optional<std::uint64_t> explicit_nonce(const TlsRecord& record) const;

 private:
  std::optional<std::size_t> open_aead(std::uint64_t sequence, const TlsRecord& record,
                                       std::span<std::uint8_t> out) const;
  std::optional<std::size_t> open_cbc(std::uint64_t sequence, const TlsRecord& record,
                                      std::span<std::uint8_t> out) const;
  bool decrypt_cbc(Bytes iv, Bytes ciphertext, std::uint8_t* out) const;
  bool has_explicit_nonce() const;

  struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  };
  const CipherSuite& suite_;
  std::array<std::uint8_t, 12> iv_;
  bool encrypt_then_mac_;
  std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context_;
  std::optional<Hmac> mac_;  // aes_cbc only
};

}  // namespace mpsdscope

// TLS secrets by client random: lines of SSLKEYLOGFILE (draft-ietf-tls-keylogfile), from files and
// from the Decryption Secrets Blocks of pcapng.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <shared_mutex>
#include <string_view>
#include <unordered_map>

#include "decode/bytes.h"

namespace mpsdscope {

using ClientRandom = std::array<std::uint8_t, 32>;

enum class SecretLabel : std::uint8_t {
  client_random,                    // CLIENT_RANDOM: the TLS 1.2 master secret, 48 bytes
  client_early_traffic_secret,      // CLIENT_EARLY_TRAFFIC_SECRET
  client_handshake_traffic_secret,  // CLIENT_HANDSHAKE_TRAFFIC_SECRET
  server_handshake_traffic_secret,  // SERVER_HANDSHAKE_TRAFFIC_SECRET
  client_traffic_secret_0,          // CLIENT_TRAFFIC_SECRET_0
  server_traffic_secret_0,          // SERVER_TRAFFIC_SECRET_0
  count_
};

struct Secret {
  std::array<std::uint8_t, 64> bytes{};
  std::uint8_t length = 0;
  Bytes view() const { return {bytes.data(), length}; }
};

// Thread-safe: a reader may add lines while decoders look secrets up.
class KeyLog {
 public:
  // Adds complete lines of text (LF or CRLF); comments and blank lines are skipped, lines with
  // unknown labels and damaged lines counted. A last line without its end is taken too.
  // Returns the number of secrets added.
  std::size_t add_text(std::string_view text);

  // A copy of the secret, or nullopt.
  std::optional<Secret> find(SecretLabel label, const ClientRandom& random) const;
  bool knows(const ClientRandom& random) const;

  std::size_t size() const;         // secrets held
  std::uint64_t malformed() const;  // lines that could not be read
  // Grows by every add_text that added something; lets a waiter see cheaply that news came.
  std::uint64_t generation() const;

 private:
  struct Entry {
    std::array<std::optional<Secret>, static_cast<std::size_t>(SecretLabel::count_)> secrets;
  };
  struct Hash {
    std::size_t operator()(const ClientRandom& random) const;
  };
  bool add_line(std::string_view line);

  mutable std::shared_mutex mutex_;
  std::unordered_map<ClientRandom, Entry, Hash> entries_;
  std::size_t size_ = 0;
  std::uint64_t malformed_ = 0;
  std::uint64_t generation_ = 0;
};

}  // namespace mpsdscope

#include "decode/keylog.h"

#include <algorithm>
#include <functional>
#include <mutex>

namespace mpsdscope {
namespace {

struct Label {
  std::string_view name;
  SecretLabel label;
};
constexpr std::array<Label, static_cast<std::size_t>(SecretLabel::count_)> kLabels{{
    {"CLIENT_RANDOM", SecretLabel::client_random},
    {"CLIENT_EARLY_TRAFFIC_SECRET", SecretLabel::client_early_traffic_secret},
    {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", SecretLabel::client_handshake_traffic_secret},
    {"SERVER_HANDSHAKE_TRAFFIC_SECRET", SecretLabel::server_handshake_traffic_secret},
    {"CLIENT_TRAFFIC_SECRET_0", SecretLabel::client_traffic_secret_0},
    {"SERVER_TRAFFIC_SECRET_0", SecretLabel::server_traffic_secret_0},
}};

// Registered labels that decrypt no record; every TLS 1.3 log has some, so they are no damage.
constexpr std::array<std::string_view, 6> kUnneededLabels{
    "EXPORTER_SECRET", "EARLY_EXPORTER_SECRET", "EARLY_EXPORTER_MASTER_SECRET", "RSA", "ECH_SECRET",
    "ECH_CONFIG"};

// Later ones of a TLS 1.3 connection are made of the first (RFC 8446 §7.2). OpenSSL names them all
// ..._N, others by number.
bool is_later_secret(std::string_view name) {
  constexpr std::string_view kAfterSide = "_TRAFFIC_SECRET_";
  return name.size() > 6 && (name.starts_with("CLIENT") || name.starts_with("SERVER")) &&
         name.substr(6).starts_with(kAfterSide);
}

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kMasterSecretSize = 48;  // RFC 5246 §8.1

std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Fills the front of `out`, which must be large enough.
bool read_hex(std::string_view text, std::uint8_t* out) {
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return false;
    *out++ = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

bool right_size(SecretLabel label, std::size_t size) {
  if (label == SecretLabel::client_random) return size == kMasterSecretSize;
  return size == 32 || size == 48;  // the output of SHA-256 or SHA-384, RFC 8446 §7.1
}

}  // namespace

std::size_t KeyLog::Hash::operator()(const ClientRandom& random) const {
  return std::hash<std::string_view>{}(as_text(random));
}

std::size_t KeyLog::add_text(std::string_view text) {
  const std::unique_lock lock(mutex_);
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  std::size_t added = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (add_line(line)) ++added;
  }
  if (added > 0) ++generation_;
  return added;
}

bool KeyLog::add_line(std::string_view line) {
  const std::string_view name = take_word(line);
  if (name.empty() || name.front() == '#') return false;
  const std::string_view random_hex = take_word(line);
  const std::string_view secret_hex = take_word(line);
  const bool whole = take_word(line).empty();

  const auto known = std::find_if(kLabels.begin(), kLabels.end(),
                                  [name](const Label& label) { return label.name == name; });
  if (known == kLabels.end()) {
    const bool unneeded =
        is_later_secret(name) ||
        std::find(kUnneededLabels.begin(), kUnneededLabels.end(), name) != kUnneededLabels.end();
    if (!unneeded) ++malformed_;
    return false;
  }
  ClientRandom random{};
  Secret secret;
  if (!whole || random_hex.size() != 2 * random.size() || secret_hex.size() % 2 != 0 ||
      !right_size(known->label, secret_hex.size() / 2) || !read_hex(random_hex, random.data()) ||
      !read_hex(secret_hex, secret.bytes.data())) {
    ++malformed_;
    return false;
  }
  secret.length = static_cast<std::uint8_t>(secret_hex.size() / 2);

  std::optional<Secret>& slot = entries_[random].secrets[static_cast<std::size_t>(known->label)];
  if (slot && slot->length == secret.length && slot->bytes == secret.bytes) return false;
  if (!slot) ++size_;
  slot = secret;
  return true;
}

std::optional<Secret> KeyLog::find(SecretLabel label, const ClientRandom& random) const {
  const std::shared_lock lock(mutex_);
  const auto found = entries_.find(random);
  if (found == entries_.end()) return std::nullopt;
  return found->second.secrets[static_cast<std::size_t>(label)];
}

bool KeyLog::knows(const ClientRandom& random) const {
  const std::shared_lock lock(mutex_);
  return entries_.find(random) != entries_.end();
}

std::size_t KeyLog::size() const {
  const std::shared_lock lock(mutex_);
  return size_;
}

std::uint64_t KeyLog::malformed() const {
  const std::shared_lock lock(mutex_);
  return malformed_;
}

std::uint64_t KeyLog::generation() const {
  const std::shared_lock lock(mutex_);
  return generation_;
}

}  // namespace mpsdscope

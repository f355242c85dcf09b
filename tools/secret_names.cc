#include "tools/secret_names.h"

#include <algorithm>
#include <array>
#include <bit>

#include "decode/ascii.h"
#include "tools/beginnings.h"

namespace mpsdscope {
namespace {

constexpr std::array<std::string_view, 8> kSecretNames{
    "authorization", "proxy-authorization", "authentication-info", "signature",
    "cookie",        "set-cookie",          "x-authtoken",         "x-auth"};
// A name that holds one of these names a secret ("access_token", "X-Amz-Signature").
constexpr std::array<std::string_view, 16> kSecretWords{
    "token",         "secret", "signature", "password", "passwd", "passphrase",
    "credential",    "apikey", "api_key",   "api-key",  "ticket", "assertion",
    "authorization", "jwt",    "saml",      "xsts"};
// Short ones, only as a whole.
constexpr std::array<std::string_view, 11> kSecretTexts{
    "sig", "auth",   "pass",          "pwd",       "sas",        "hmac",
    "otp", "bearer", "code_verifier", "user_code", "device_code"};
// "…-key" is a secret, but for these.
constexpr std::array<std::string_view, 14> kHarmlessKeys{
    "websocket", "idempotency", "public",  "cache",   "surrogate", "partition", "row",
    "sort",      "primary",     "foreign", "routing", "object",    "hash",      "lookup"};
// "…Key" is none ("monkey", "mapKey"), but for these.
constexpr std::array<std::string_view, 13> kSecretKeys{
    "access",     "account", "subscription", "shared",  "function", "functions", "master",
    "encryption", "signing", "session",      "storage", "client",   "auth"};
constexpr std::string_view kKey = "key";
constexpr std::string_view kPrivate = "private";  // may be an object: a JSON Web Key (RFC 7517)
constexpr std::size_t kLongestReadableCode = 32;
constexpr std::size_t kMostCodeDigits = 4;

constexpr Beginnings kBeginnings = Beginnings::of(kSecretWords);

bool contains_secret_word(std::string_view name) {
  for (std::size_t at = 0; at + 1 < name.size(); ++at) {
    for (unsigned words = kBeginnings.at(name, at); words != 0; words &= words - 1) {
      const std::string_view word = kSecretWords[static_cast<std::size_t>(std::countr_zero(words))];
      if (begins_ignoring_case(name.substr(at), word)) return true;
    }
  }
  return false;
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view one) { return equals_ignoring_case(one, name); });
}

bool ends_ignoring_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         equals_ignoring_case(text.substr(text.size() - end.size()), end);
}

template <std::size_t N>
bool ends_with_one_of(const std::array<std::string_view, N>& ends, std::string_view text) {
  return std::any_of(ends.begin(), ends.end(),
                     [&](std::string_view end) { return ends_ignoring_case(text, end); });
}

Secrecy secrecy_of_key(std::string_view name) {
  if (!ends_ignoring_case(name, kKey)) return Secrecy::none;
  std::string_view kind = name.substr(0, name.size() - kKey.size());
  if (kind.empty()) return Secrecy::text;
  const char last = kind.back();
  const bool separated = last == '-' || last == '_' || last == '.';
  if (separated) kind.remove_suffix(1);
  if (ends_ignoring_case(kind, kPrivate)) return Secrecy::all;
  const bool secret =
      separated ? !ends_with_one_of(kHarmlessKeys, kind) : ends_with_one_of(kSecretKeys, kind);
  return secret ? Secrecy::text : Secrecy::none;
}

bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

// "NotFound", "invalid_grant", "HTTP-Error": unlike random letters no small one stands alone before
// a capital one.
bool reads_as_words(std::string_view text) {
  std::size_t small = 0;  // letters that came last
  for (const char c : text) {
    const bool separator = c == '_' || c == '-' || c == '.' || c == ' ';
    if (!separator && !(to_lower(c) >= 'a' && to_lower(c) <= 'z')) return false;
    if (is_capital(c) && small == 1) return false;
    small = separator || is_capital(c) ? 0 : small + 1;
  }
  return true;
}

}  // namespace

Secrecy secrecy_of(std::string_view name) {
  if (contains_secret_word(name) || is_one_of(kSecretNames, name)) return Secrecy::all;
  if (is_one_of(kSecretTexts, name)) return Secrecy::text;
  if (equals_ignoring_case(name, "code")) return Secrecy::code;
  return secrecy_of_key(name);
}

bool hides_text(Secrecy secrecy, std::string_view text) {
  if (secrecy != Secrecy::code) return secrecy != Secrecy::none;
  const bool number =
      text.size() <= kMostCodeDigits && std::all_of(text.begin(), text.end(), is_digit);
  return !number && !(text.size() <= kLongestReadableCode && reads_as_words(text));
}

}  // namespace mpsdscope

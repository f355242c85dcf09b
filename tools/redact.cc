#include "tools/redact.h"

#include <algorithm>
#include <array>

#include "decode/ascii.h"
#include "decode/exchange.h"
#include "tools/byte_scan.h"
#include "tools/credential.h"
#include "tools/personal.h"

namespace mpsdscope {
namespace {

constexpr auto kNone = std::string_view::npos;

constexpr std::array<std::string_view, 7> kSecretFields{
    "authorization", "proxy-authorization", "authentication-info", "signature",
    "cookie",        "set-cookie",          "x-authtoken"};
// A name that holds one of these names a secret ("access_token", "X-Amz-Signature").
constexpr std::array<std::string_view, 13> kSecretWords{
    "token",   "secret",  "signature", "password",  "passwd",        "credential", "apikey",
    "api_key", "api-key", "ticket",    "assertion", "authorization", "jwt"};
// Short parameter names that are one only as a whole.
constexpr std::array<std::string_view, 8> kSecretParameters{"sig",  "code", "key", "auth",
                                                            "pass", "pwd",  "sas", "hmac"};
constexpr std::size_t kShortestTokenHeader = 20;  // {"alg":"HS256"} in base64url
constexpr std::size_t kLongestUserHash = 24;      // digits
constexpr int kLayers = 3;                        // of percent-encoding that are looked under

bool ends_value(char c) {
  return ends_credential(c) || c == '&' || c == ';' || c == '#';
}

// With which the words begin: names in JSON are many, and few letters of them are these.
constexpr auto kBeginsSecretWord = [] {
  std::array<bool, 256> begins{};
  for (const std::string_view word : kSecretWords) {
    const auto first = static_cast<unsigned char>(word.front());
    begins[first] = begins[first - ('a' - 'A')] = true;
  }
  return begins;
}();

bool contains_secret_word(std::string_view name) {
  for (std::size_t at = 0; at < name.size(); ++at) {
    if (!kBeginsSecretWord[static_cast<unsigned char>(name[at])]) continue;
    const std::string_view rest = name.substr(at);
    for (const std::string_view word : kSecretWords) {
      if (begins_ignoring_case(rest, word)) return true;
    }
  }
  return false;
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view one) { return equals_ignoring_case(one, name); });
}

// Of a URI whose "://" stands at the front of `text`: where its '@' stands (RFC 3986 §3.2.1); 0: it
// has no user information.
std::size_t user_information_end(std::string_view text) {
  if (text.substr(0, 3) != "://") return 0;
  const std::size_t end = text.find_first_of("@/?#\"'<> \t\r\n", 3);
  return end != kNone && text[end] == '@' && end > 3 ? end : 0;
}

// The name that stands before the ':' or '=' at `at`, its quotes and spaces aside.
std::string_view name_before(std::string_view text, std::size_t at) {
  while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '"' || text[at - 1] == '\'')) --at;
  std::size_t begin = at;
  while (begin > 0 && is_name_char(text[begin - 1])) --begin;
  return text.substr(begin, at - begin);
}

// `Authorization: …`, `"token":"…"`, `sig=…`: the separator stands at `at`; where the value begins.
std::size_t secret_value_begin(std::string_view text, std::size_t at) {
  const std::string_view name = name_before(text, at);
  if (name.empty()) return kNone;
  if (!contains_secret_word(name) && !is_one_of(kSecretFields, name) &&
      !(text[at] == '=' && equals_ignoring_case(name, "sig"))) {
    return kNone;
  }
  return std::min(text.find_first_not_of(" \"'", at + 1), text.size());
}

// "XBL3.0 x=hash;token" and the like, also percent-encoded.
bool holds_credential(std::string_view text) {
  const std::string decoded = form_decode(text);
  for (std::size_t at = next_secret(decoded, 0); at < decoded.size();
       at = next_secret(decoded, at + 1)) {
    if (credential_at(std::string_view(decoded).substr(at)).end > 0) return true;
  }
  return false;
}

bool names_secret_parameter(std::string_view text) {
  for (std::size_t at = text.find('='); at != kNone; at = text.find('=', at + 1)) {
    if (is_secret_parameter(name_before(text, at))) return true;
  }
  return false;
}

void append_without_secrets(std::string& out, std::string_view text);

bool holds_secret(std::string_view text) {
  std::string without;
  append_without_secrets(without, text);
  return without != text;
}

// Does a text hold a secret, as it is or under percent-encoding? What is encoded even more often
// than kLayers times has something to hide. In a query a parameter's name tells a secret too.
bool hides_secret(std::string_view text, bool query) {
  std::string decoded(text);
  for (int layer = 0; layer <= kLayers; ++layer) {
    if (holds_secret(decoded)) return true;
    if (query && names_secret_parameter(decoded)) return true;
    if (decoded.find_first_of("%+") == kNone) return false;
    std::string next = form_decode(decoded);
    if (next == decoded) return false;
    decoded = std::move(next);
  }
  return true;
}

void append_parameter(std::string& out, std::string_view parameter) {
  const std::size_t equals = parameter.find('=');
  const std::string_view name = parameter.substr(0, equals);
  const std::string_view value = equals == kNone ? "" : parameter.substr(equals + 1);
  const bool secret =
      hides_secret(parameter, true) || (!value.empty() && is_secret_parameter(name));
  if (!secret) {
    out.append(parameter);
    return;
  }
  if (equals != kNone && !hides_secret(name, true)) out.append(name).append("=");
  out.append(kRedacted);
}

// Characters without which a URI, or a name, holds nothing to redact: most of the service's have
// none of them.
using UriMark = IsOneOf<'?', '#', '%', '=', ':', ' ', kTokenBegin.back()>;
using NameMark = IsOneOf<'%', '=', ':', ' ', kTokenBegin.back()>;

// A JSON Web Token whose case was lost, as that of hosts is.
bool is_token_in_any_case(std::string_view host) {
  return host.size() >= kShortestTokenHeader && begins_ignoring_case(host, kTokenBegin) &&
         host.find('.') >= kShortestTokenHeader;
}

bool is_port(std::string_view text) {
  return text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Appends scheme and authority of an absolute URI, without user information (RFC 3986 §3.2.1), and
// returns what follows them.
std::string_view append_origin(std::string& out, std::string_view uri) {
  const std::size_t scheme = uri.find("://");
  if (scheme == kNone ||
      !std::all_of(uri.begin(), uri.begin() + static_cast<std::ptrdiff_t>(scheme), is_name_char)) {
    return uri;
  }
  const std::size_t begin = scheme + 3;
  const std::size_t end = std::min(uri.find_first_of("/?#", begin), uri.size());
  const std::string_view authority = uri.substr(begin, end - begin);
  out.append(uri, 0, begin);
  if (authority.find('@') != kNone) out.append(kRedacted).append("@");
  append_redacted_host(out, authority);
  return uri.substr(end);
}

}  // namespace

bool is_secret_field(std::string_view name) {
  return is_one_of(kSecretFields, name) || contains_secret_word(name);
}

bool is_secret_parameter(std::string_view name) {
  const std::string decoded = form_decode(name);
  return is_one_of(kSecretParameters, decoded) || contains_secret_word(decoded);
}

void append_redacted_uri(std::string& out, std::string_view uri) {
  const PersonalMask mask(out);
  if (!holds_any(uri, UriMark())) {
    out.append(uri);
    return;
  }
  uri = append_origin(out, uri);
  const std::size_t path_end = std::min(uri.find_first_of("?#"), uri.size());
  const std::string_view path = uri.substr(0, path_end);
  if (path.find('%') != kNone && hides_secret(path, false)) {
    out.append(kRedacted);
  } else if (holds_any(path, NameMark())) {
    append_redacted_text(out, path);
  } else {
    out.append(path);
  }
  for (std::size_t at = path_end; at < uri.size();) {
    out += uri[at++];  // the separator
    // A ';' separates parameters too, unless it is a credential's own.
    const std::size_t long_end = std::min(uri.find_first_of("&?#", at), uri.size());
    const std::size_t short_end = std::min(uri.find(';', at), long_end);
    const std::string_view whole = uri.substr(at, long_end - at);
    const bool credential = short_end < long_end && holds_credential(whole);
    const std::size_t end = credential ? long_end : short_end;
    append_parameter(out, uri.substr(at, end - at));
    at = end;
  }
}

namespace {

void append_without_secrets(std::string& out, std::string_view text) {
  for (std::size_t at = 0;;) {
    const std::size_t next = next_secret(text, at);
    out.append(text, at, next - at);
    at = next;
    if (at == text.size()) return;
    const std::string_view rest = text.substr(at);
    if (const Credential found = credential_at(rest); found.end > 0) {
      out.append(rest, 0, found.kept).append(kRedacted);
      at += found.end;
      continue;
    }
    if (const std::size_t length = token_length(rest); length > 0) {
      out.append(kRedacted);
      at += length;
      continue;
    }
    if (const std::size_t end = user_information_end(rest); end > 0) {
      out.append("://").append(kRedacted);
      at += end;
      continue;
    }
    const bool separator = text[at] == ':' || text[at] == '=';
    const std::size_t value = separator ? secret_value_begin(text, at) : kNone;
    if (value == kNone || value == text.size()) {
      out += text[at++];
      continue;
    }
    out.append(text, at, value - at).append(kRedacted);
    // A field's value runs to the end of the line, a parameter's to the next separator.
    const bool quoted = text[value - 1] == '"' || text[value - 1] == '\'';
    at = text[at] == '='
             ? end_of(text, value, ends_value)
             : std::min(text.find_first_of(quoted ? "\"'" : "\r\n", value), text.size());
  }
}

}  // namespace

void append_redacted_text(std::string& out, std::string_view text) {
  const PersonalMask mask(out);
  append_without_secrets(out, text);
}

std::string redacted_text(std::string_view text) {
  std::string out;
  append_redacted_text(out, text);
  return out;
}

bool is_plain_name(std::string_view name) {
  return !holds_any(name, NameMark()) && !masks_personal_data();
}

void append_redacted_name(std::string& out, std::string_view name) {
  const PersonalMask mask(out);
  if (is_plain_name(name)) {
    out.append(name);
  } else if (name.find('%') != kNone && hides_secret(name, false)) {
    out.append(kRedacted);
  } else {
    append_redacted_text(out, name);
  }
}

std::string redacted_name(std::string_view name) {
  std::string out;
  append_redacted_name(out, name);
  return out;
}

void append_redacted_host(std::string& out, std::string_view host) {
  const PersonalMask mask(out);
  if (!holds_any(host, UriMark()) && !is_token_in_any_case(host)) {
    out.append(host);
    return;
  }
  if (const std::size_t at = host.rfind('@'); at != kNone) host.remove_prefix(at + 1);
  if (is_token_in_any_case(host)) {
    out.append(kRedacted);
    return;
  }
  // What stands before a port is no name of a parameter.
  const std::size_t colon = host.rfind(':');
  const bool port = colon != kNone && is_port(host.substr(colon + 1));
  append_redacted_name(out, port ? host.substr(0, colon) : host);
  if (port) out.append(host.substr(colon));
}

std::string redacted_host(std::string_view host) {
  std::string out;
  append_redacted_host(out, host);
  return out;
}

bool is_user_hash(std::string_view text) {
  return !text.empty() && text.size() <= kLongestUserHash &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace mpsdscope

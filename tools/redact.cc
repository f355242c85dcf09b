#include "tools/redact.h"

#include <algorithm>

#include "decode/ascii.h"
#include "decode/exchange.h"
#include "tools/personal.h"
#include "tools/secret_names.h"

namespace mpsdscope {
namespace {

constexpr auto kNone = std::string_view::npos;

constexpr std::size_t kShortestTokenHeader = 20;  // {"alg":"HS256"} in base64url
constexpr std::size_t kLongestUserHash = 24;      // digits
constexpr int kLayers = 3;                        // of percent-encoding that are looked under

bool ends_value(char c) {
  return ends_credential(c) || c == '&' || c == ';' || c == '#';
}

// Of a URI whose "://" stands at the front of `text`: where its '@' stands (RFC 3986 §3.2.1); 0: it
// has no user information.
std::size_t user_information_end(std::string_view text) {
  if (text.substr(0, 3) != "://") return 0;
  const std::size_t end = text.find_first_of("@/?#\"'<> \t\r\n", 3);
  return end != kNone && text[end] == '@' && end > 3 ? end : 0;
}

bool is_quote(char c) {
  return c == '"' || c == '\'';
}

// The name that stands before the ':' or '=' at `at`, its quotes, their escapes and spaces aside.
std::string_view name_before(std::string_view text, std::size_t at) {
  while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\\' || is_quote(text[at - 1]))) --at;
  std::size_t begin = at;
  while (begin > 0 && is_name_char(text[begin - 1])) --begin;
  return text.substr(begin, at - begin);
}

// Where the quote that was opened before `from`, behind so many backslashes, is closed: not at
// another kind of quote, nor at one that is escaped more often.
std::size_t closing_quote(std::string_view text, std::size_t from, std::size_t escapes) {
  const char quote = text[from - 1];
  for (std::size_t at = text.find(quote, from); at != kNone; at = text.find(quote, at + 1)) {
    std::size_t begin = at;
    while (begin > from && text[begin - 1] == '\\') --begin;
    const std::size_t before = at - begin;
    const bool own_backslashes = escapes == 0 && before % 2 == 0;
    if (own_backslashes || before <= escapes) return at - std::min(before, escapes);
  }
  return text.size();
}

struct Value {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// `Authorization: …`, `"token":"…"`, `sig=…`: the secret whose separator stands at `at`; empty if
// it is none. What a short name says is one only where it is no sentence ("code: …"). A field's
// value runs to the end of the line, a parameter's to the next separator.
Value secret_behind(std::string_view text, std::size_t at) {
  const Secrecy secrecy = secrecy_of(name_before(text, at));
  if (secrecy == Secrecy::none) return {};
  const std::size_t begin = std::min(text.find_first_not_of(' ', at + 1), text.size());
  const std::size_t quote = std::min(text.find_first_not_of('\\', begin), text.size());
  const bool quoted = quote < text.size() && is_quote(text[quote]);
  const bool parameter = text[at] == '=';
  if (secrecy != Secrecy::all && !quoted && !parameter) return {};
  Value value{begin, 0};
  if (quoted) {
    value = {quote + 1, closing_quote(text, quote + 1, quote - begin)};
  } else if (parameter) {
    value.end = end_of(text, begin, ends_value);
  } else {
    value.end = std::min(text.find_first_of("\r\n", begin), text.size());
  }
  const bool hidden = hides_text(secrecy, text.substr(value.begin, value.end - value.begin));
  return hidden ? value : Value{};
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

// What stands between two of "&?#". A ';' separates parameters too, unless it is a credential's
// own.
void append_section(std::string& out, std::string_view section) {
  if (section.find(';') == kNone || holds_credential(section)) {
    return append_parameter(out, section);
  }
  for (std::size_t at = 0;;) {
    const std::size_t end = std::min(section.find(';', at), section.size());
    append_parameter(out, section.substr(at, end - at));
    if (end == section.size()) return;
    out += ';';
    at = end + 1;
  }
}

void append_parameters(std::string& out, std::string_view query) {
  for (std::size_t at = 0;;) {
    const std::size_t end = std::min(query.find_first_of("&?#", at), query.size());
    append_section(out, query.substr(at, end - at));
    if (end == query.size()) return;
    out += query[end];
    at = end + 1;
  }
}

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
  return secrecy_of(name) != Secrecy::none;
}

bool is_secret_parameter(std::string_view name) {
  return secrecy_of(form_decode(name)) != Secrecy::none;
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
  if (path_end == uri.size()) return;
  out += uri[path_end];
  append_parameters(out, uri.substr(path_end + 1));
}

void append_redacted_form(std::string& out, std::string_view form) {
  const PersonalMask mask(out);
  append_parameters(out, form);
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
    const Value value = separator ? secret_behind(text, at) : Value{};
    if (value.begin == value.end) {
      out += text[at++];
      continue;
    }
    out.append(text, at, value.begin - at).append(kRedacted);
    at = value.end;
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
  if (const std::size_t at = host.rfind('@'); at != kNone) host.remove_prefix(at + 1);
  if (is_token_in_any_case(host)) {
    out.append(kRedacted);
    return;
  }
  if (!holds_any(host, UriMark())) {
    out.append(host);
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
  return text.size() <= kLongestUserHash && all_digits(text);
}

}  // namespace mpsdscope

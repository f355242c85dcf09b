#include "rules/identity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "decode/ascii.h"
#include "decode/http_fields.h"
#include "rules/own_member.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kMaxHash = 64;

// What the X-Xbl-Debug lines of a response tell: `title=174925616, device=…` and
// `user0=2814646326226712; gamertag=…`. Values are compared to nothing else, gamertags may hold
// anything: only what stands at the beginning of an element of the list counts.
struct DebugFacts {
  std::optional<std::uint32_t> title_id;
  std::string_view xuid;

  bool complete() const { return title_id && !xuid.empty(); }
};

// Takes `name` off the front of a text; false if it does not begin so. Of a length that is known
// when this is compiled: almost every text has the usual case, and is compared at once.
template <std::size_t N>
bool take(std::string_view& text, const char (&name)[N]) {
  constexpr std::size_t kLength = N - 1;
  const std::string_view expected(name, kLength);
  if (!text.starts_with(expected) && !begins_ignoring_case(text, expected)) return false;
  text.remove_prefix(kLength);
  return true;
}

// The value of an element up to its parameters.
std::string_view value_of(std::string_view element) {
  return trim_ows(element.substr(0, element.find(';')));
}

void read_debug_element(std::string_view element, DebugFacts& facts) {
  if (!facts.title_id && take(element, "title=")) {
    facts.title_id = parse_title_id(value_of(element));
  } else if (facts.xuid.empty() && take(element, "user0=")) {
    const std::string_view xuid = value_of(element);
    if (is_xuid(xuid)) facts.xuid = xuid;
  }
}

// Elements that tell nothing are passed over by their first letter.
void read_debug_line(std::string_view line, DebugFacts& facts) {
  for (line = skip_ows(line); !line.empty() && !facts.complete(); line = skip_ows(line)) {
    const std::size_t comma = std::min(line.find(','), line.size());
    const char first = to_lower(line.front());
    if (first == 't' || first == 'u') read_debug_element(line.substr(0, comma), facts);
    line.remove_prefix(std::min(comma + 1, line.size()));
  }
}

DebugFacts read_debug(const FieldLines& fields) {
  DebugFacts facts;
  for (std::size_t i = 0; i < fields.size() && !facts.complete(); ++i) {
    const FieldLines::Line line = fields[i];
    if (line.field == FieldName::debug) read_debug_line(line.value, facts);
  }
  return facts;
}

// The user hash of `XBL3.0 x=<hash>;<token>`; "" if there is none or no user (`x=-`).
std::string_view user_hash_of(std::string_view authorization) {
  authorization = trim_ows(authorization);
  if (!take(authorization, "XBL3.0 ")) return {};
  authorization = trim_ows(authorization);
  if (!take(authorization, "x=")) return {};
  const std::size_t end = authorization.find(';');
  if (end == std::string_view::npos) return {};  // what follows x= may be the token
  const std::string_view hash = authorization.substr(0, end);
  if (hash == "-" || hash.size() > kMaxHash) return {};
  const bool plain = all_digits(hash) || std::all_of(hash.begin(), hash.end(), [](char c) {
                       return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              c == '_' || c == '-';
                     });
  return plain ? hash : std::string_view();
}

std::optional<std::uint32_t> title_of(const Call& call, const DebugFacts& debug) {
  if (debug.title_id) return debug.title_id;
  const std::array<const DocumentFacts*, 2> documents{&*call.response_document,
                                                      &*call.request_document};
  for (const bool handles : {true, false}) {
    for (const DocumentFacts* document : documents) {
      if ((document->shape == DocumentShape::handle) != handles) continue;
      if (const auto title = parse_title_id(document->title_id)) return title;
    }
  }
  if (const auto title = title_id_of_scid(call.target.scid)) return title;
  for (const DocumentFacts* document : documents) {
    if (const auto title = title_id_of_scid(document->ref_scid)) return title;
  }
  return title_id_of_scid(call.request_document->scid);
}

void identify_user(Call& call, const DebugFacts& debug) {
  if (!debug.xuid.empty()) {
    call.user_id = debug.xuid;
    call.user_source = UserSource::debug;
    return;
  }
  const auto take = [&call](std::string_view xuid, UserSource source) {
    if (call.user_source != UserSource::none || !is_xuid(xuid)) return;
    call.user_id = xuid;
    call.user_source = source;
  };
  take(call.request_document->xuid, UserSource::member);
  if (is_own_member(call.target)) take(call.request_document->element_xuid, UserSource::member);
  take(call.response_document->owner_xuid, UserSource::owner);
  take(call.request_document->owner_xuid, UserSource::owner);
}

}  // namespace

std::string format_title_id(std::uint32_t title_id) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text(8, '0');
  for (std::size_t i = 8; i-- > 0; title_id >>= 4) text[i] = kHex[title_id & 0xF];
  return text;
}

std::optional<std::uint32_t> parse_title_id(std::string_view decimal) {
  while (!decimal.empty() && decimal.front() == '0') decimal.remove_prefix(1);
  const auto value = decimal_in(decimal);
  if (!value || *value > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

std::optional<std::uint32_t> title_id_of_scid(std::string_view scid) {
  constexpr std::size_t kDigits = 8;
  if (scid.size() < kDigits) return std::nullopt;
  scid.remove_prefix(scid.size() - kDigits);
  std::uint32_t value = 0;
  const char* end = scid.data() + kDigits;
  const auto [stop, error] = std::from_chars(scid.data(), end, value, 16);
  if (error != std::errc() || stop != end || value == 0) return std::nullopt;
  return value;
}

bool is_xuid(std::string_view text) {
  return text.size() <= 20 && all_digits(text);
}

void identify(Call& call, const KnownFields& fields) {
  DebugFacts debug;
  if (fields.debug) debug = read_debug(call.exchange->response.fields);
  call.title_id = title_of(call, debug);
  identify_user(call, debug);
  if (fields.authorization) call.user_hash = user_hash_of(*fields.authorization);
}

}  // namespace mpsdscope

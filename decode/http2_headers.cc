#include "decode/http2_headers.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace mpsdscope {
namespace {

// Memory for one direction's compression state. A sender that really uses a larger table says so
// in its blocks; the decompression then fails.
constexpr std::uint32_t kMaxTableSize = 1u << 20;

enum Pseudo : unsigned { kMethod, kScheme, kPath, kAuthority, kProtocol, kStatus };
constexpr std::array<std::string_view, 6> kPseudo{":method",    ":scheme",   ":path",
                                                  ":authority", ":protocol", ":status"};
constexpr unsigned bit(Pseudo pseudo) {
  return 1u << pseudo;
}
constexpr unsigned kOfRequest =
    bit(kMethod) | bit(kScheme) | bit(kPath) | bit(kAuthority) | bit(kProtocol);

// RFC 9110 §5.6.2 token without upper case (RFC 9113 §8.2.1).
constexpr auto kNameCharacters = [] {
  std::array<bool, 256> table{};
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

bool is_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return kNameCharacters[static_cast<unsigned char>(c)];
  });
}

// RFC 9113 §8.2.1.
bool is_value(std::string_view value) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  if (value.empty()) return true;
  return !is_space(value.front()) && !is_space(value.back()) &&
         std::none_of(value.begin(), value.end(),
                      [](char c) { return c == '\0' || c == '\r' || c == '\n'; });
}

// RFC 9113 §8.2.2.
bool is_connection_specific(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 2:
      return name == "te" && !equals_ignoring_case(value, "trailers");
    case 7:
      return name == "upgrade";
    case 10:
      return name == "connection" || name == "keep-alive";
    case 16:
      return name == "proxy-connection";
    case 17:
      return name == "transfer-encoding";
    default:
      return false;
  }
}

}  // namespace

void Http2HeaderList::clear() {
  for (std::string* text : {&method, &scheme, &path, &authority, &protocol, &status, &problem}) {
    text->clear();
  }
  fields.clear();
  fields.reserve(16, 512);  // the last list's room went with its exchange
  size = 0;
  too_large = cut = false;
  seen = 0;
}

void Http2HeaderList::add(std::string_view name, std::string_view value, std::size_t max_size) {
  size += name.size() + value.size() + 32;
  if (size > max_size) too_large = true;
  if (too_large) return;
  const auto complain = [&](const char* words) {
    if (problem.empty()) problem = words;
  };
  if (!is_value(value)) complain("Invalid field value");
  if (!name.starts_with(':')) {
    if (!is_name(name)) complain("Invalid field name");
    if (is_connection_specific(name, value)) complain("Connection-specific field");
    fields.add(name, value);
    return;
  }
  const auto pseudo = std::find(kPseudo.begin(), kPseudo.end(), name);
  if (pseudo == kPseudo.end()) return complain("Unknown pseudo-header field");
  if (!fields.empty()) complain("Pseudo-header field after a field");
  const auto which = static_cast<unsigned>(pseudo - kPseudo.begin());
  if (seen >> which & 1u) return complain("Repeated pseudo-header field");
  seen |= 1u << which;
  const std::array<std::string*, 6> places{&method, &scheme, &path, &authority, &protocol, &status};
  *places[which] = value;
}

void Http2HeaderList::check_request() {
  if (!problem.empty() || cut) return;
  if (seen & ~kOfRequest) {
    problem = "Response pseudo-header field in a request";
  } else if (method.empty()) {
    problem = "No :method";
  } else if (method == "CONNECT" && !(seen & bit(kProtocol))) {
    // RFC 9113 §8.5.
    if (authority.empty() || (seen & (bit(kScheme) | bit(kPath)))) {
      problem = "CONNECT needs :authority and nothing else";
    }
  } else if (scheme.empty() || path.empty()) {
    problem = scheme.empty() ? "No :scheme" : "No :path";
  }
}

void Http2HeaderList::check_response() {
  if (!problem.empty() || cut) return;
  if (seen & kOfRequest) {
    problem = "Request pseudo-header field in a response";
  } else if (status_code() == 0) {
    problem = status.empty() ? "No :status" : "Invalid :status";
  } else if (status_code() == 101) {
    problem = "Status 101 in HTTP/2";  // RFC 9113 §8.6
  }
}

void Http2HeaderList::check_trailers() {
  if (problem.empty() && seen != 0) problem = "Pseudo-header field in a trailer section";
}

int Http2HeaderList::status_code() const {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (status.size() != 3 || !std::all_of(status.begin(), status.end(), digit)) return 0;
  const int code = (status[0] - '0') * 100 + (status[1] - '0') * 10 + (status[2] - '0');
  return code < 100 ? 0 : code;
}

std::optional<std::uint64_t> read_content_length(const FieldLines& fields, std::string& problem) {
  std::optional<std::uint64_t> length;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const FieldLines::Line line = fields[i];
    if (line.field != FieldName::content_length) continue;
    std::uint64_t value = 0;
    bool sound = !line.value.empty() && line.value.size() <= 18;
    for (const char c : line.value) {
      sound = sound && c >= '0' && c <= '9';
      if (sound) value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (!sound || (length && *length != value)) {
      if (problem.empty()) problem = "Invalid content-length";
      return std::nullopt;
    }
    length = value;
  }
  return length;
}

Http2Inflater::Http2Inflater() {
  nghttp2_hd_inflater* inflater = nullptr;
  if (nghttp2_hd_inflate_new(&inflater) == 0) inflater_.reset(inflater);
}

bool Http2Inflater::inflate(Bytes fragment, bool last, std::size_t max_size,
                            Http2HeaderList& list) {
  if (!inflater_) return false;
  used_ = true;
  while (true) {
    nghttp2_nv field;
    int flags = 0;
    const ssize_t used = nghttp2_hd_inflate_hd2(inflater_.get(), &field, &flags, fragment.data(),
                                                fragment.size(), last ? 1 : 0);
    if (used < 0) return false;
    fragment = fragment.subspan(static_cast<std::size_t>(used));
    if (flags & NGHTTP2_HD_INFLATE_EMIT) {
      list.add(as_text({field.name, field.namelen}), as_text({field.value, field.valuelen}),
               max_size);
    }
    if (flags & NGHTTP2_HD_INFLATE_FINAL) {
      nghttp2_hd_inflate_end_headers(inflater_.get());
      return true;
    }
    if (!(flags & NGHTTP2_HD_INFLATE_EMIT) && fragment.empty()) return !last;
  }
}

bool Http2Inflater::set_table_size(std::uint32_t size) {
  used_ = true;
  return inflater_ &&
         nghttp2_hd_inflate_change_table_size(inflater_.get(), std::min(size, kMaxTableSize)) == 0;
}

void Http2Inflater::allow_any_table_size() {
  set_table_size(kMaxTableSize);
}

// The new table is as large as the old one, or more: what the sender removed it will not refer to,
// and what it did not must not be missing here.
void Http2Inflater::forget() {
  if (!inflater_ || !used_) return;
  std::size_t size = nghttp2_hd_inflate_get_max_dynamic_table_size(inflater_.get());
  nghttp2_hd_inflater* inflater = nullptr;
  if (nghttp2_hd_inflate_new(&inflater) != 0) return inflater_.reset();
  inflater_.reset(inflater);
  allow_any_table_size();
  used_ = size > NGHTTP2_DEFAULT_HEADER_TABLE_SIZE;
  if (!used_) return;
  // RFC 7541 §6.3, §5.1: a dynamic table size update, as the sender would write it.
  constexpr std::uint8_t kUpdate = 0x20, kPrefix = 0x1f;
  std::vector<std::uint8_t> update{kUpdate | kPrefix};
  for (size -= kPrefix; size >= 0x80; size >>= 7) {
    update.push_back(static_cast<std::uint8_t>(0x80 | (size & 0x7f)));
  }
  update.push_back(static_cast<std::uint8_t>(size));
  Http2HeaderList nothing;
  inflate(update, true, 0, nothing);
}

}  // namespace mpsdscope

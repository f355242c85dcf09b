#include "decode/protocol_signature.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace mpsdscope {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";  // RFC 9113 §3.4
constexpr std::string_view kStatusLine = "HTTP/1.";                        // RFC 9112 §4

// Methods of RFC 9110 §9.3, RFC 5789, and the WebDAV ones that other hosts of a capture may use.
constexpr std::array<std::string_view, 14> kMethods{
    "GET ",     "PUT ",   "POST ",     "DELETE ",    "HEAD ",  "OPTIONS ", "PATCH ",
    "CONNECT ", "TRACE ", "PROPFIND ", "PROPPATCH ", "MKCOL ", "REPORT ",  "MERGE "};

enum class Match : std::uint8_t { no, partial, full };

Match match(std::string_view text, std::string_view wanted) {
  const std::size_t n = std::min(text.size(), wanted.size());
  if (text.substr(0, n) != wanted.substr(0, n)) return Match::no;
  return n == wanted.size() ? Match::full : Match::partial;
}

// TLSPlaintext: ContentType, ProtocolVersion 3.x, length (RFC 8446 §5.1); a handshake record goes
// on with the HandshakeType.
Signature identify_tls(Bytes bytes) {
  constexpr std::uint8_t kChangeCipherSpec = 20, kHandshake = 22, kApplicationData = 23;
  constexpr std::uint8_t kClientHello = 1, kServerHello = 2;
  if (bytes[0] < kChangeCipherSpec || bytes[0] > kApplicationData) return {Protocol::unknown};
  if (bytes.size() < 3)
    return {bytes.size() > 1 && bytes[1] != 3 ? Protocol::unknown : Protocol::undecided};
  if (bytes[1] != 3 || bytes[2] > 4) return {Protocol::unknown};
  if (bytes[0] != kHandshake) return {Protocol::tls};
  if (bytes.size() < 6) return {Protocol::undecided};
  if (bytes[5] == kClientHello) return {Protocol::tls, true, Direction::to_server};
  if (bytes[5] == kServerHello) return {Protocol::tls, true, Direction::to_client};
  return {Protocol::tls};
}

// A server's preface is a SETTINGS frame on stream 0 (RFC 9113 §3.4, §6.5); it may come before the
// client's.
Signature identify_settings(Bytes bytes) {
  constexpr std::size_t kFrameHeader = 9;
  if (bytes[0] != 0) return {Protocol::unknown};
  if (bytes.size() < kFrameHeader) {
    return {bytes.size() > 3 && bytes[3] != 4 ? Protocol::unknown : Protocol::undecided};
  }
  ByteReader reader(bytes);
  const std::uint32_t length = reader.u24();
  const bool settings = reader.u8() == 4 && reader.u8() == 0 && reader.u32() == 0;
  if (!settings || length % 6 != 0 || length > 6 * 64) return {Protocol::unknown};
  return {Protocol::http2, true, Direction::to_client};
}

}  // namespace

Signature identify(Bytes first_bytes) {
  // RFC 9112 §2.2: empty lines before a request are to be ignored.
  constexpr int kMaxEmptyLines = 4;
  for (int i = 0; i < kMaxEmptyLines && as_text(first_bytes).substr(0, 2) == "\r\n"; ++i) {
    first_bytes = first_bytes.subspan(2);
  }
  if (first_bytes.empty() || as_text(first_bytes) == "\r") return {};
  const std::string_view text = as_text(first_bytes);
  bool undecided = false;
  const auto is = [&](std::string_view wanted) {
    const Match found = match(text, wanted);
    undecided |= found == Match::partial;
    return found == Match::full;
  };
  if (is(kStatusLine)) return {Protocol::http1, true, Direction::to_client};
  if (is(kPreface)) return {Protocol::http2, true, Direction::to_server};
  for (const std::string_view method : kMethods) {
    if (is(method)) return {Protocol::http1, true, Direction::to_server};
  }
  if (undecided) return {};
  const Signature tls = identify_tls(first_bytes);
  return tls.protocol != Protocol::unknown ? tls : identify_settings(first_bytes);
}

}  // namespace mpsdscope

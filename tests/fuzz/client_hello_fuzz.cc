// ClientHellos as the proxy reads them before it trusts anyone: no handshake stream crashes the
// reader or makes it hold more than a message may be long, and what is read does not depend on how
// the stream was cut.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "decode/tls_handshake.h"

namespace {

using mpsdscope::Bytes;
using mpsdscope::ClientHello;

std::string describe(const ClientHello& hello, std::size_t body_size) {
  std::size_t size = hello.server_name.size();
  std::string text = std::to_string(hello.max_version) + " " + hello.server_name +
                     (hello.early_data ? " early" : "") +
                     std::string(hello.random.begin(), hello.random.end());
  for (const std::string& protocol : hello.alpn) {
    text += " " + protocol;
    size += protocol.size();
  }
  if (size > body_size) std::abort();
  return text;
}

std::vector<std::string> read(Bytes stream, std::size_t piece) {
  mpsdscope::HandshakeReader reader;
  std::vector<std::string> found;
  while (!stream.empty() && !reader.damaged()) {
    const Bytes part = stream.first(std::min(piece, stream.size()));
    const std::vector<std::uint8_t> exact(part.begin(), part.end());
    stream = stream.subspan(part.size());
    Bytes fragment(exact);
    while (const auto message = reader.next(fragment)) {
      std::string text = std::to_string(static_cast<unsigned>(message->type));
      const std::vector<std::uint8_t> body(message->body.begin(), message->body.end());
      if (message->type == mpsdscope::HandshakeType::client_hello) {
        const auto hello = mpsdscope::parse_client_hello(body);
        text += hello ? describe(*hello, body.size()) : " damaged";
      }
      found.push_back(std::move(text));
    }
    if (reader.buffered_bytes() > 1u << 20) std::abort();
  }
  if (reader.damaged()) found.emplace_back("too long");
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(data, size);
  if (read(input, size) != read(input, 1)) std::abort();
  return 0;
}

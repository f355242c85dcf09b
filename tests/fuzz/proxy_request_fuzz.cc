// Plain HTTP and CONNECT through the explicit proxy: nothing crashes it; what it does does not
// depend on how the bytes were cut; upstream never reads more requests than were asked for.
//   first byte: 1 if there is a password, 2 if upstream is another proxy; then events: op (low 3
//   bits: 0-1 client data, 2-3 upstream data, 4 client ends, 5 upstream ends, 6 connecting fails
//   from here on, 7 it succeeds), 2 bytes little-endian length, data.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>

#include <llhttp.h>

#include "capture/proxy/http_greeting.h"
#include "tests/capture/proxy/forwarder_player.h"
#include "tests/capture/proxy/greeting_transcript.h"

namespace {

using mpsdscope::ByteReader;
using mpsdscope::Bytes;
using mpsdscope::ConnectFailure;
using mpsdscope::HttpGreeting;
using mpsdscope::ProxyAuth;
using mpsdscope::StreamEnd;
using mpsdscope::testing::ForwarderPlayer;

constexpr std::size_t kMaxHead = 512;

const ProxyAuth& auth_of(std::uint8_t first) {
  static const ProxyAuth none;
  static const ProxyAuth secret = *ProxyAuth::parse("user:zq9");  // dXNlcjp6cTk=
  return first % 2 == 1 ? secret : none;
}

// What each party got, in its order.
struct Outcome {
  std::map<std::string, std::string> got;
  std::vector<std::string> upstreams;  // what each connection was sent
  std::size_t requests = 0;            // at most: content may look like one
  bool same(const Outcome& other) const { return got == other.got && upstreams == other.upstreams; }
  bool early() const {
    const auto problems = got.find("problems");
    return problems != got.end() && problems->second.find("more than one") != std::string::npos;
  }
};

Outcome outcome_of(const ForwarderPlayer& player) {
  Outcome outcome;
  for (const std::string& line : player.log) {
    if (line.starts_with("connect ")) {
      outcome.upstreams.emplace_back();
      outcome.got["connects"] += line + "\n";
    } else if (line.starts_with("> ")) {
      outcome.upstreams.back() += line.substr(2);
    } else if (line.starts_with("< ")) {
      outcome.got["client"] += line.substr(2);
    } else {
      outcome.got[line];
    }
  }
  for (const std::string& problem : player.problems) outcome.got["problems"] += problem + "\n";
  outcome.requests = player.requests;
  return outcome;
}

Outcome play(Bytes input, std::size_t piece) {
  ByteReader reader(input);
  const std::uint8_t first = reader.u8();
  std::optional<std::string> next_proxy;
  if ((first & 2) != 0) next_proxy = "Proxy-Authorization: Basic b3V0ZXI6eQ==\r\n";
  ForwarderPlayer player(piece, auth_of(first), kMaxHead, next_proxy);
  bool client_ended = false;
  while (reader.remaining() > 2 && !player.over()) {
    const unsigned op = reader.u8() % 8;
    const std::size_t low = reader.u8();
    const std::size_t length = low | std::size_t{reader.u8()} << 8;
    const bool data = op < 4;
    const Bytes bytes = data ? reader.take(std::min(length, reader.remaining())) : Bytes();
    if (op < 2 && !client_ended) player.client(mpsdscope::as_text(bytes));
    if ((op == 2 || op == 3) && player.is_connected()) player.upstream(mpsdscope::as_text(bytes));
    if (op == 4 && !client_ended) {
      player.client_ends(static_cast<StreamEnd>(length % 2));
      client_ended = true;
    }
    if (op == 5 && player.is_connected()) player.upstream_ends(static_cast<StreamEnd>(length % 2));
    if (op == 6) player.failure = static_cast<ConnectFailure>(length % 7);
    if (op == 7) player.failure.reset();
  }
  return outcome_of(player);
}

// Requests that another parser finds in what a connection was sent.
std::size_t count_requests(const std::string& sent) {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_message_begin = [](llhttp_t* parser) {
    ++*static_cast<std::size_t*>(parser->data);
    return 0;
  };
  llhttp_t parser;
  llhttp_init(&parser, HTTP_REQUEST, &settings);
  std::size_t count = 0;
  parser.data = &count;
  const char* at = sent.data();
  const char* const end = at + sent.size();
  llhttp_errno_t result = HPE_PAUSED_UPGRADE;
  while (result == HPE_PAUSED_UPGRADE && at < end) {
    result = llhttp_execute(&parser, at, static_cast<std::size_t>(end - at));
    if (result != HPE_PAUSED_UPGRADE) break;
    at = llhttp_get_error_pos(&parser);
    llhttp_resume_after_upgrade(&parser);
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(data, size);
  const Outcome whole = play(input, size);
  const Outcome pieces = play(input, 1);
  // Whether a response is early is a matter of time.
  if (!whole.early() && !pieces.early() && !whole.same(pieces)) std::abort();
  const auto client = whole.got.find("client");
  if (client == whole.got.end() || client->second.find(" 101") == std::string::npos) {
    std::size_t found = 0;
    for (const std::string& sent : whole.upstreams) found += count_requests(sent);
    if (found > whole.requests) std::abort();
  }
  if (size == 0) return 0;
  const ProxyAuth& auth = auth_of(data[0]);
  const std::string_view said = mpsdscope::as_text(input.subspan(1));
  if (auth.required() && !whole.upstreams.empty() &&
      said.find("dXNlcjp6cTk") == std::string_view::npos) {
    std::abort();
  }
  HttpGreeting greeting(auth, kMaxHead), again(auth, kMaxHead);
  if (!(mpsdscope::testing::greet(greeting, said, size) ==
        mpsdscope::testing::greet(again, said, 1))) {
    std::abort();
  }
  return 0;
}

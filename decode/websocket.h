// Websockets (RFC 6455) behind an upgrade of HTTP/1: both directions into messages.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "decode/context.h"
#include "decode/stream.h"

namespace mpsdscope {

// permessage-deflate as the server agreed to it (RFC 7692 §7.1).
struct MessageCompression {
  bool agreed = false;
  bool client_takeover = true;  // of what the client sends
  bool server_takeover = true;
};

// Reads the values of Sec-WebSocket-Extensions of the answer, a list.
MessageCompression parse_message_compression(std::string_view extensions);

// What the exchange that opened the websocket tells.
struct WebsocketUpgrade {
  std::string scheme, authority, target;
  std::string authorization;  // of the request: whose websocket it is. A secret
  std::uint32_t stream = 0;   // the exchange's
  MessageCompression compression;

  // Of an exchange with status 101; nullptr if it did not agree on a websocket.
  static std::unique_ptr<WebsocketUpgrade> of(const Exchange& exchange);
};

// Gives each text message to the sink as an exchange of its own (Exchange::Kind), and their end.
// Other messages are counted. A direction that cannot be read any more is given up and counted.
std::unique_ptr<StreamSink> make_websocket_connection(DecodeContext& context, ConnectionInfo& info,
                                                      WebsocketUpgrade upgrade);

}  // namespace mpsdscope

#include "decode/rta_message.h"

#include <simdjson.h>

#include "decode/ascii.h"
#include "decode/json_value.h"
#include "decode/recycle.h"

namespace mpsdscope {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kMaxTaps = 1'024;          // of a message
constexpr std::size_t kMaxResource = 1'024;      // bytes
constexpr std::size_t kKeptCapacity = 64 << 10;  // of a parser, between messages
constexpr std::string_view kSessionResource = "mpsd/session";

dom::parser& parser() {
  static thread_local dom::parser instance;
  return instance;
}

void read_tap(dom::element value, RtaMessage& message) {
  ShoulderTap tap;
  std::string type;
  each_field(value, [&](std::string_view key, dom::element v) {
    if (key == "resourceType") type = text_of(v);
    if (key == "resource") tap.resource = text_of(v, kMaxResource);
    if (key == "branch") tap.branch = text_of(v);
    if (key == "changeNumber") tap.change_number = integer_of(v);
  });
  if (equals_ignoring_case(type, kSessionResource)) message.taps.push_back(std::move(tap));
}

void read_taps(dom::element event, RtaMessage& message) {
  const std::optional<dom::element> taps = field_of(event, "shoulderTaps");
  dom::array list;
  if (!taps || taps->get_array().get(list)) return;
  for (const dom::element tap : list) {
    if (message.taps.size() == kMaxTaps) return;
    read_tap(tap, message);
  }
}

// The elements behind the kind.
void read_element(std::size_t i, dom::element value, RtaMessage& message) {
  const bool server = message.from_server;
  switch (message.kind) {
    case RtaMessage::Kind::subscribe:
      if (i == 1) message.sequence = integer_of(value);
      if (i == 2 && !server) message.uri = text_of(value, kMaxResource);
      if (i == 2 && server) message.code = integer_of(value);
      if (i == 3 && server) message.subscription = integer_of(value);
      if (i == 4 && server) message.connection_id = text_at(value, {"ConnectionId"});
      return;
    case RtaMessage::Kind::unsubscribe:
      if (i == 1) message.sequence = integer_of(value);
      if (i == 2) (server ? message.code : message.subscription) = integer_of(value);
      return;
    case RtaMessage::Kind::event:
      if (i == 1) message.subscription = integer_of(value);
      if (i == 2) read_taps(value, message);
      return;
    default:
      return;
  }
}

}  // namespace

void RtaMessage::clear() {
  kind = Kind::none;
  from_server = false;
  sequence = code = subscription = std::nullopt;
  recycle(uri);
  recycle(connection_id);
  taps.clear();
}

void read_rta_message(std::string_view text, bool from_server, RtaMessage& message) {
  message.from_server = from_server;
  dom::array array;
  if (text.empty() || parser().parse(text.data(), text.size(), true).get_array().get(array)) {
    return;
  }
  std::size_t i = 0;
  for (const dom::element value : array) {
    if (i == 0) {
      const std::int64_t kind = integer_of(value).value_or(0);
      const auto last = static_cast<std::int64_t>(RtaMessage::Kind::resync);
      if (kind < 1 || kind > last) break;
      message.kind = static_cast<RtaMessage::Kind>(kind);
    } else {
      read_element(i, value, message);
    }
    if (++i > 4) break;
  }
  if (parser().capacity() > kKeptCapacity) parser() = dom::parser();
}

}  // namespace mpsdscope

// What Real-Time Activity (RTA), the service's websocket, told a client about changes of sessions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "decode/time.h"
#include "rules/session_name.h"

namespace mpsdscope {

struct Notification {
  enum class Kind : std::uint8_t {
    subscribed,    // a subscription was answered with success
    refused,       // one was answered with an error, `code`
    unsubscribed,  // by the client
    tap,           // a shoulder tap: the session changed
    resync,        // events may have been lost: the client must read again
    closed,        // the connection ended, and with it its subscriptions
    count_
  };
  Kind kind = Kind::tap;
  CaptureTime at{};
  std::uint64_t conn = 0;    // of the websocket
  std::uint32_t stream = 0;  // of the exchange that opened it
  std::string user;          // as rates name users
  std::optional<std::uint32_t> title_id;
  std::string connection_id;  // of the subscription to /connections/; "" unknown
  std::string uri;            // of subscribed and refused, "" unknown
  std::optional<std::int64_t> code;
  // Of tap: as calls spelled it before, else as the tap does, in lower case.
  SessionName session;
  bool member = false;  // of tap: the connection's user has named it to the session
  std::string branch;
  std::optional<std::int64_t> change_number;
};
std::string_view name_of(Notification::Kind kind);  // "subscribed", …

}  // namespace mpsdscope

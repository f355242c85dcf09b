// Messages of Real-Time Activity (RTA), the service's websocket: JSON arrays.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mpsdscope {

// One change of one session. Texts as sent: names come in lower case.
struct ShoulderTap {
  std::string resource;  // "scid~template~name"
  std::string branch;
  std::optional<std::int64_t> change_number;  // the last tap of a session may have none
};

//   client                      server
//   [1,seq,"uri"]               [1,seq,code,subscription,{…}]   subscribe
//   [2,seq,subscription]        [2,seq,code]                    unsubscribe
//                               [3,subscription,{…}]            event
//                               [4]                             resync
struct RtaMessage {
  enum class Kind : std::uint8_t { none, subscribe = 1, unsubscribe, event, resync };
  Kind kind = Kind::none;  // none: not such an array
  bool from_server = false;
  std::optional<std::int64_t> sequence;
  std::optional<std::int64_t> code;  // of an answer; 0 is success
  std::optional<std::int64_t> subscription;
  std::string uri;            // of a client's subscribe
  std::string connection_id;  // of the answer to the one that ends in "/connections/"
  std::vector<ShoulderTap> taps;

  // Back to as constructed. Keeps the memory that ordinary messages need.
  void clear();
};

// Never throws; any bytes are welcome. `message` is as constructed.
void read_rta_message(std::string_view text, bool from_server, RtaMessage& message);

}  // namespace mpsdscope

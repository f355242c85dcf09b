// Tells by its first bytes what a stream is and who sent them.
#pragma once

#include <cstdint>

#include "decode/bytes.h"
#include "decode/stream.h"

namespace mpsdscope {

enum class Protocol : std::uint8_t {
  undecided,  // so far it could be something known: more bytes are needed
  unknown,
  tls,  // begins with a TLS record of any type
  http1,
  http2,
};

struct Signature {
  Protocol protocol = Protocol::undecided;
  bool sender_known =
      false;  // the bytes themselves tell who sent them: a request, a ServerHello, …
  Direction sender = Direction::to_server;
};

// Looks at the beginning of what one side sent.
Signature identify(Bytes first_bytes);

}  // namespace mpsdscope

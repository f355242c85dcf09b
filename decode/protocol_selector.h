// Looks at the first bytes of a stream and hands it to the decoder of what it is: TLS, HTTP/1,
// HTTP/2, or nothing that is known. Used for a TCP stream, for the plaintext of TLS, and for what
// runs inside a CONNECT tunnel.
#pragma once

#include <memory>

#include "decode/context.h"
#include "decode/stream.h"

namespace mpsdscope {

std::unique_ptr<StreamSink> make_protocol_selector(DecodeContext& context, ConnectionInfo& info);

}  // namespace mpsdscope

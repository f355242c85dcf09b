// One HTTP/2 connection (RFC 9113): both directions in, exchanges out.
#pragma once

#include <memory>

#include "decode/context.h"
#include "decode/stream.h"

namespace mpsdscope {

// Starts at the client's connection preface. Gives exchanges to context.exchanges as they complete.
// Context and info outlive it.
std::unique_ptr<StreamSink> make_http2_connection(DecodeContext& context, ConnectionInfo& info);

}  // namespace mpsdscope

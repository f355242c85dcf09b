// One HTTP/1.x connection (RFC 9112): both directions in, exchanges out.
#pragma once

#include <memory>

#include "decode/context.h"
#include "decode/stream.h"

namespace mpsdscope {

// Gives exchanges to context.exchanges as they complete, in order. After a successful CONNECT the
// rest of the stream goes to a new protocol selector; after another upgrade it is dropped.
// Context and info outlive it.
std::unique_ptr<StreamSink> make_http1_connection(DecodeContext& context, ConnectionInfo& info);

// Likewise, but llhttp reads all heads, also those that are plain (http1_plain_head.h). The same
// comes of it: tests compare the two.
std::unique_ptr<StreamSink> make_llhttp_connection(DecodeContext& context, ConnectionInfo& info);

}  // namespace mpsdscope

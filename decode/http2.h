// One HTTP/2 connection (RFC 9113): both directions in, exchanges out.
#pragma once

#include <memory>

#include "decode/context.h"
#include "decode/exchange_builder.h"
#include "decode/stream.h"

namespace mpsdscope {

// Starts at the client's connection preface, or behind lost bytes of it. Gives exchanges to
// context.exchanges as they complete. Lost bytes of a direction cost what was in them, and fields
// that refer to it (decode/http2_loss.cc); damage that no loss accounts for ends the connection.
// Context and info outlive it.
std::unique_ptr<StreamSink> make_http2_connection(DecodeContext& context, ConnectionInfo& info);
// Goes on from HTTP/1.1 (RFC 7540 §3.2): `request`, none if it was not seen, is answered here, as
// stream 1.
std::unique_ptr<StreamSink> make_upgraded_http2_connection(DecodeContext& context,
                                                           ConnectionInfo& info,
                                                           OpenExchange request);

}  // namespace mpsdscope

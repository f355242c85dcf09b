// Passive decryption of one TLS 1.2 (RFC 5246) or TLS 1.3 (RFC 8446) connection with the secrets of
// a key log.
#pragma once

#include <memory>

#include "decode/context.h"
#include "decode/stream.h"

namespace mpsdscope {

// Takes the record stream of both directions; gives application data (and ends, and gaps where
// records are lost) to `plaintext`. Sets info.sni from the ClientHello, before any data, and
// info.tls. Counts the connection as decrypted or not, with the reason, in context.report, when it
// is known, at the latest when it ends. Context and info outlive it.
std::unique_ptr<StreamSink> make_tls_connection(DecodeContext& context, ConnectionInfo& info,
                                                std::unique_ptr<StreamSink> plaintext);

}  // namespace mpsdscope

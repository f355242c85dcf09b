#include "decode/http2.h"

#include "decode/http2_connection.h"

namespace mpsdscope {

std::unique_ptr<StreamSink> make_http2_connection(DecodeContext& context, ConnectionInfo& info) {
  return std::make_unique<Http2Connection>(context, info);
}

}  // namespace mpsdscope

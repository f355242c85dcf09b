#include "decode/http1.h"

#include "decode/http1_connection.h"

namespace mpsdscope {

std::unique_ptr<StreamSink> make_http1_connection(DecodeContext& context, ConnectionInfo& info) {
  return std::make_unique<Http1Connection>(context, info);
}

}  // namespace mpsdscope

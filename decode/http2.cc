#include "decode/http2.h"

#include <utility>

#include "decode/http2_connection.h"

namespace mpsdscope {

std::unique_ptr<StreamSink> make_http2_connection(DecodeContext& context, ConnectionInfo& info) {
  return std::make_unique<Http2Connection>(context, info);
}

std::unique_ptr<StreamSink> make_upgraded_http2_connection(DecodeContext& context,
                                                           ConnectionInfo& info,
                                                           OpenExchange request) {
  auto connection = std::make_unique<Http2Connection>(context, info);
  connection->adopt(std::move(request));
  return connection;
}

}  // namespace mpsdscope

#include "decode/http1.h"

#include "decode/http1_connection.h"

namespace mpsdscope {

std::unique_ptr<StreamSink> make_http1_connection(DecodeContext& context, ConnectionInfo& info) {
  return std::make_unique<Http1Connection>(context, info, Http1Heads::plain_ones_quickly);
}

std::unique_ptr<StreamSink> make_llhttp_connection(DecodeContext& context, ConnectionInfo& info) {
  return std::make_unique<Http1Connection>(context, info, Http1Heads::by_llhttp);
}

}  // namespace mpsdscope

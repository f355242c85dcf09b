// The first request of a connection to the explicit proxy: CONNECT (RFC 9110 §9.3.6), or a plain
// request, which is left to the Forwarder.
#pragma once

#include "capture/proxy/greeting.h"
#include "capture/proxy/proxy_auth.h"

namespace mpsdscope {

class HttpGreeting final : public Greeting {
 public:
  // `auth` must outlive it.
  HttpGreeting(const ProxyAuth& auth, std::size_t max_head_bytes)
      : auth_(auth), max_head_bytes_(max_head_bytes) {}

  std::size_t read(Bytes bytes, ByteQueue& out) override;
  void connected(ByteQueue& out) override;
  void failed(ConnectFailure failure, std::string_view sentence, ByteQueue& out) override;

 private:
  void read_head(ByteQueue& out);
  void refuse(int status, std::string_view sentence, ByteQueue& out);

  const ProxyAuth& auth_;
  const std::size_t max_head_bytes_;
  std::size_t scanned_ = 0;
};

}  // namespace mpsdscope

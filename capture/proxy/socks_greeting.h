// SOCKS5 (RFC 1928), with user and password (RFC 1929) if asked for. CONNECT is the only command.
#pragma once

#include "capture/proxy/greeting.h"
#include "capture/proxy/proxy_auth.h"

namespace mpsdscope {

class SocksGreeting final : public Greeting {
 public:
  // `auth` must outlive it.
  explicit SocksGreeting(const ProxyAuth& auth) : auth_(auth) {}

  std::size_t read(Bytes bytes, ByteQueue& out) override;
  void connected(ByteQueue& out) override;
  void failed(ConnectFailure failure, std::string_view sentence, ByteQueue& out) override;

 private:
  enum class Step : std::uint8_t { methods, credentials, request };
  void read_message(ByteQueue& out);
  void refuse_version(std::uint8_t first, ByteQueue& out);
  void read_methods(ByteQueue& out);
  void read_credentials(ByteQueue& out);
  void read_request(ByteQueue& out);
  void refuse(std::string_view answer, std::string sentence, ByteQueue& out);

  const ProxyAuth& auth_;
  Step step_ = Step::methods;
};

}  // namespace mpsdscope

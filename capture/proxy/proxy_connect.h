// Asking another proxy for a connection (--upstream-proxy): CONNECT, RFC 9110 §9.3.6.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "capture/proxy/machine.h"
#include "decode/bytes.h"

namespace mpsdscope {

// The field line that logs in to another proxy with "USER:PASS" (Basic, RFC 7617); "" for "".
std::string proxy_authorization(const std::string& credentials);

class ProxyConnect {
 public:
  // `credentials`: as for proxy_authorization().
  ProxyConnect(const Destination& to, const std::string& credentials, std::size_t max_head_bytes);

  const std::string& request() const { return request_; }

  enum class State { reading, connected, refused };
  // Takes bytes of the answer off the front of `bytes`; what is left after it is the destination's.
  State read(Bytes& bytes);
  // Why it was refused: a clause, with the proxy's status.
  const std::string& problem() const { return problem_; }

 private:
  const Destination to_;
  const std::size_t max_head_bytes_;
  std::string request_;
  std::string answer_;
  std::size_t scanned_ = 0;
  std::string problem_;
};

}  // namespace mpsdscope

// A page for programs that come by for it: HTTP/1.1 (RFC 9112), GET and nothing else, on a thread
// of its own.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "decode/address.h"
#include "decode/result.h"

namespace mpsdscope {

struct ServedPage {
  std::string path;  // "/metrics"
  std::string media_type;
  std::function<std::string()> text;  // made anew for each visitor, on the server's thread
};

struct PageServerLimits {
  std::size_t clients = 32;  // at once; one more takes the place of the oldest
  std::size_t head_bytes = 8'192;
  std::chrono::milliseconds patience{10'000};  // from accepting to the end
};

class PageServer {
 public:
  // Listens, and serves nobody yet. Error: what is in the way and what to do; `flag` is the option
  // that tells where to.
  static Result<std::unique_ptr<PageServer>> open(const Endpoint& at, std::string_view flag,
                                                  const PageServerLimits& limits = {});
  // Ends at once, also for those who are being served.
  ~PageServer();
  PageServer(const PageServer&) = delete;
  PageServer& operator=(const PageServer&) = delete;

  // Serves from now on. Once. What the page needs outlives the server.
  void start(ServedPage page);
  const Endpoint& listening() const;  // with its real port

 private:
  class Impl;
  explicit PageServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mpsdscope

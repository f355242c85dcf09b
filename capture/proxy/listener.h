// Listening sockets.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "capture/file_descriptor.h"
#include "capture/proxy/event_loop.h"
#include "decode/address.h"
#include "decode/result.h"

namespace mpsdscope {

// Binds and listens. `transparent`: takes connections to any address (IP_TRANSPARENT), where the
// process may. Error: what is in the way and what to do; `flag`: the option that tells where.
Result<FileDescriptor> listen_at(const Endpoint& endpoint, bool transparent,
                                 std::string_view flag = "--listen");

// Accepts in a loop and passes the sockets on.
class Listener final : public EventLoop::Handler {
 public:
  struct Accepted {
    FileDescriptor socket;
    Endpoint peer;
  };
  // `failed` is told the errno of an accept that failed for want of something; it goes on with
  // retry().
  Listener(FileDescriptor socket, std::function<void(Accepted)> accepted,
           std::function<void(int)> failed);

  const Endpoint& local() const { return local_; }
  bool start(EventLoop& loop);
  void stop(EventLoop& loop);
  void retry() { on_events(0); }
  void on_events(std::uint32_t events) override;

 private:
  FileDescriptor socket_;
  std::function<void(Accepted)> accepted_;
  std::function<void(int)> failed_;
  Endpoint local_;
};

// Where a redirected connection wanted to go: what netfilter noted (SO_ORIGINAL_DST), or the
// address that it was accepted at (TPROXY).
Endpoint original_destination(int socket, const Endpoint& local);

}  // namespace mpsdscope

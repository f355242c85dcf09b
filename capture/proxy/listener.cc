#include "capture/proxy/listener.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>

#include "capture/proxy/socket_address.h"

namespace mpsdscope {
namespace {

constexpr int kBacklog = 4096;
// SO_ORIGINAL_DST of linux/netfilter_ipv4.h and IP6T_SO_ORIGINAL_DST of linux/netfilter_ipv6/:
// these headers cannot be included beside netinet/in.h.
constexpr int kOriginalDestination = 80;

Error cannot_listen(const Endpoint& endpoint, std::string_view flag) {
  const int error = errno;
  std::string message = "cannot listen at " + endpoint.to_string() + ": " + std::strerror(error);
  switch (error) {
    case EADDRINUSE:
      message +=
          ". Another program (perhaps another mpsdscope) has this port: end it, or choose "
          "another port with " +
          std::string(flag);
      break;
    case EADDRNOTAVAIL:
      message += ". This machine has no such address: see `ip address`, or listen at 0.0.0.0 or ::";
      break;
    case EACCES:
      message += ". Ports below 1024 need rights: choose a higher one with " + std::string(flag);
      break;
    default:
      break;
  }
  return Error{message};
}

}  // namespace

Result<FileDescriptor> listen_at(const Endpoint& endpoint, bool transparent,
                                 std::string_view flag) {
  const SocketAddress address(endpoint);
  FileDescriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return cannot_listen(endpoint, flag);
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.family() == AF_INET6) {
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (transparent) {
    // Needs CAP_NET_ADMIN; without it TPROXY does not work, but redirection does.
    if (address.family() == AF_INET6) {
      ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_TRANSPARENT, &on, sizeof on);
    } else {
      ::setsockopt(socket.get(), IPPROTO_IP, IP_TRANSPARENT, &on, sizeof on);
    }
  }
  if (::bind(socket.get(), address.data(), address.length) != 0 ||
      ::listen(socket.get(), kBacklog) != 0) {
    return cannot_listen(endpoint, flag);
  }
  return socket;
}

Listener::Listener(FileDescriptor socket, std::function<void(Accepted)> accepted,
                   std::function<void(int)> failed)
    : socket_(std::move(socket)), accepted_(std::move(accepted)), failed_(std::move(failed)) {
  SocketAddress address;
  if (::getsockname(socket_.get(), address.data(), &address.length) == 0) {
    local_ = address.endpoint();
  }
}

bool Listener::start(EventLoop& loop) {
  return loop.add(socket_.get(), *this).ok();
}

void Listener::stop(EventLoop& loop) {
  loop.forget(*this);
  socket_.reset();
}

void Listener::on_events(std::uint32_t /*events*/) {
  while (socket_) {
    SocketAddress peer;
    FileDescriptor accepted(
        ::accept4(socket_.get(), peer.data(), &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (accepted) {
      accepted_({std::move(accepted), peer.endpoint()});
    } else if (errno != EINTR && errno != ECONNABORTED) {
      if (errno != EAGAIN) failed_(errno);
      return;
    }
  }
}

Endpoint original_destination(int socket, const Endpoint& local) {
  SocketAddress address;
  const bool v4 = local.address.is_v4();
  const int level = v4 ? SOL_IP : SOL_IPV6;
  if (::getsockopt(socket, level, kOriginalDestination, &address.storage, &address.length) == 0) {
    return address.endpoint();
  }
  return local;
}

}  // namespace mpsdscope

#include "capture/proxy/proxy_socket.h"

#include <cerrno>

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "capture/proxy/socket_address.h"

namespace mpsdscope {

bool ProxySocket::open(FileDescriptor socket) {
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  close();
  socket_ = std::move(socket);
  readable_ = writable_ = true;
  return loop_.add(socket_.get(), *this).ok();
}

bool ProxySocket::connect(const Endpoint& to) {
  const SocketAddress address(to);
  FileDescriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return false;
  const int result = ::connect(socket.get(), address.data(), address.length);
  if (result != 0 && errno != EINPROGRESS) return false;
  if (!open(std::move(socket))) return false;
  connecting_ = true;
  readable_ = writable_ = false;
  return true;
}

int ProxySocket::connect_result() {
  if (!writable_ && !hung_up_) return EINPROGRESS;
  connecting_ = false;
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

void ProxySocket::close() {
  if (!socket_) return;
  loop_.forget(*this);
  socket_.reset();
  connecting_ = readable_ = writable_ = hung_up_ = ended_ = failed_ = failure_told_ = shut_ = false;
}

void ProxySocket::reset() {
  if (!socket_) return;
  const linger now{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

Endpoint ProxySocket::local() const {
  SocketAddress address;
  if (::getsockname(socket_.get(), address.data(), &address.length) != 0) return {};
  return address.endpoint();
}

Bytes ProxySocket::read(std::span<std::uint8_t> buffer) {
  const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (count > 0) {
    const auto length = static_cast<std::size_t>(count);
    // A short read has emptied the socket: what comes next is a new event, also an end.
    if (length < buffer.size() && !hung_up_) readable_ = false;
    return buffer.first(length);
  }
  if (count < 0 && (errno == EINTR || (errno == EAGAIN && !failed_))) {
    readable_ = errno == EINTR;
    return {};
  }
  ended_ = true;
  // The failed send has taken the socket's error: after it a reset looks like a FIN.
  end_ = count == 0 && !failed_ ? StreamEnd::closed : StreamEnd::reset;
  return {};
}

bool ProxySocket::send(SocketWishes& wishes) {
  bool sent = false;
  while (writable_ && !failed_ && !wishes.out.empty()) {
    const Bytes bytes = wishes.out.view();
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      sent = true;
      wishes.out.consume(static_cast<std::size_t>(count));
      if (static_cast<std::size_t>(count) < bytes.size()) writable_ = false;
    } else if (errno == EAGAIN) {
      writable_ = false;
    } else if (errno != EINTR) {
      failed_ = readable_ = hung_up_ = true;
    }
  }
  if (failed_) wishes.out.consume(wishes.out.size());
  if (wishes.shutdown && !shut_ && wishes.out.empty() && !failed_) {
    ::shutdown(socket_.get(), SHUT_WR);
    shut_ = true;
  }
  return sent;
}

bool ProxySocket::delivered() const {
  int waiting = 0;
  return failed_ || ::ioctl(socket_.get(), SIOCOUTQ, &waiting) != 0 || waiting == 0;
}

void ProxySocket::on_events(std::uint32_t events) {
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) readable_ = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) hung_up_ = true;
  if ((events & (EPOLLOUT | EPOLLERR)) != 0) writable_ = true;
  on_ready_();
}

}  // namespace mpsdscope

// A non-blocking TCP socket of a connection, in an EventLoop: what epoll said about it, and reading
// and writing as long as that lasts.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <utility>

#include "capture/file_descriptor.h"
#include "capture/proxy/event_loop.h"
#include "capture/proxy/machine.h"
#include "decode/address.h"
#include "decode/bytes.h"
#include "decode/stream.h"

namespace mpsdscope {

class ProxySocket final : public EventLoop::Handler {
 public:
  // `on_ready` is called when there may be something to do.
  ProxySocket(EventLoop& loop, std::function<void()> on_ready)
      : loop_(loop), on_ready_(std::move(on_ready)) {}
  ~ProxySocket() override { close(); }
  ProxySocket(const ProxySocket&) = delete;
  ProxySocket& operator=(const ProxySocket&) = delete;

  // Takes over a connected, non-blocking socket.
  bool open(FileDescriptor socket);
  // Begins to connect. False: it failed at once, see errno.
  bool connect(const Endpoint& to);
  // 0: connected. Otherwise EINPROGRESS or why it failed. Only after connect().
  int connect_result();
  void close();
  void reset();  // closes with RST
  bool is_open() const { return static_cast<bool>(socket_); }
  bool connecting() const { return connecting_; }
  Endpoint local() const;

  // Whether read() may find something.
  bool readable() const { return readable_ && !ended_; }
  bool ended() const { return ended_; }
  // Data, or the end (then empty and ended() is true), or nothing yet.
  Bytes read(std::span<std::uint8_t> buffer);
  StreamEnd end() const { return end_; }

  // Sends what it can; after it all was sent, FIN if it is wished. True when something was sent.
  // Once that failed, what is to be sent is dropped, and read() gives what the peer said before it
  // left, then the end.
  bool send(SocketWishes& wishes);
  bool has_to_send(const SocketWishes& wishes) const {
    return !wishes.out.empty() || (wishes.shutdown && !shut_);
  }
  bool failed() const { return failed_; }  // sending found the connection reset
  bool take_failure() { return failed_ && !std::exchange(failure_told_, true); }
  bool finished() const { return shut_; }  // FIN is sent
  bool delivered() const;                  // the peer has acknowledged all that was sent

  void again() { loop_.again(*this); }
  void on_events(std::uint32_t events) override;

 private:
  EventLoop& loop_;
  std::function<void()> on_ready_;
  FileDescriptor socket_;
  bool connecting_ = false;
  bool readable_ = false;
  bool writable_ = false;
  bool hung_up_ = false;  // the end will come: read until it does
  bool ended_ = false;
  bool failed_ = false;
  bool failure_told_ = false;
  bool shut_ = false;
  StreamEnd end_ = StreamEnd::closed;
};

}  // namespace mpsdscope

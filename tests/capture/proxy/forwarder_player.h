// Plays a connection of plain HTTP through a Forwarder and writes down what comes of it: "connect
// HOST:PORT", "> bytes to upstream", "< bytes to the client", "close", …; neighbours of a kind are
// one line, so that it does not depend on how the bytes were cut.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/proxy/forwarder.h"

namespace mpsdscope::testing {

class ForwarderPlayer {
 public:
  explicit ForwarderPlayer(std::size_t piece, const ProxyAuth& auth = no_auth(),
                           std::size_t max_head = 512,
                           const std::optional<std::string>& next_proxy = {})
      : piece_(piece), forwarder_(io_, options(auth, max_head, next_proxy)) {}

  void client(std::string_view bytes) {
    feed(bytes, [&](Bytes piece) { forwarder_.on_client_data(piece, now); });
  }
  void upstream(std::string_view bytes) {
    feed(bytes, [&](Bytes piece) { forwarder_.on_upstream_data(piece, now); });
  }
  void client_ends(StreamEnd end = StreamEnd::closed) {
    forwarder_.on_client_end(end);
    settle();
  }
  void upstream_ends(StreamEnd end = StreamEnd::closed) {
    connected_ = false;
    forwarder_.on_upstream_end(end);
    settle();
  }
  void connect_fails(ConnectFailure why, std::string_view sentence) {
    forwarder_.on_connect_failed(why, sentence);
    settle();
  }
  void times_out(std::string_view sentence) {
    forwarder_.on_timeout(sentence);
    settle();
  }
  // Sends what waits, as the owner of sockets does.
  void settle() {
    bool moved = true;
    while (moved) {
      moved = take(io_.client.out, "< ");
      if (take(io_.upstream.out, "> ")) moved = true;
      if (moved) forwarder_.on_sent();
      if (io_.connect && !io_.close && !io_.abort) {
        write("connect " + io_.connect->host + ":", std::to_string(io_.connect->port));
        io_.connect.reset();
        connected_ = connects && !failure;
        moved = connected_ || failure;
        if (connected_) forwarder_.on_connected();
        if (failure) forwarder_.on_connect_failed(*failure, "no");
      }
    }
    once(io_.upstream.shutdown, "fin to upstream");
    once(io_.drop_upstream, "drop upstream");
    once(io_.client.shutdown, "fin to client");
    once(io_.abort, "abort");
    once(io_.close && !io_.abort, "close");
  }

  std::vector<std::string> log;
  std::string tapped;                     // "C " and "S " before the bytes of each direction
  std::vector<CaptureTime> times;         // of each part of `tapped`
  CaptureTime now{};                      // at which bytes are read
  std::vector<std::string> problems;      // sentences
  bool connects = true;                   // at once
  std::optional<ConnectFailure> failure;  // at once, in place of a connection
  std::size_t requests = 0;               // heads that the tap was told
  bool sends = true;                      // what waits, at once

  MachineIo& io() { return io_; }
  Forwarder& forwarder() { return forwarder_; }
  bool is_connected() const { return connected_; }
  bool over() const { return io_.close || io_.abort; }

 private:
  static const ProxyAuth& no_auth() {
    static const ProxyAuth none;
    return none;
  }
  ForwarderOptions options(const ProxyAuth& auth, std::size_t max_head,
                           const std::optional<std::string>& next_proxy) {
    return {auth,
            max_head,
            next_proxy,
            [](const Destination& to) {
              return to == Destination{"192.0.2.7", 8888};
            },
            [](std::string_view path) {
              const std::string body = "page " + std::string(path);
              return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
                     "\r\n\r\n" + body;
            },
            [this](Direction direction, CaptureTime time, Bytes bytes) {
              times.push_back(time);
              if (tapped_ != static_cast<int>(direction)) {
                tapped += direction == Direction::to_server ? "[C]" : "[S]";
              }
              tapped_ = static_cast<int>(direction);
              const std::string_view text = as_text(bytes);
              if (direction == Direction::to_server && text.ends_with("\r\n\r\n") &&
                  text.find("://") != std::string_view::npos) {
                ++requests;
              }
              tapped += as_text(bytes);
            },
            [this](ProxyEventKind kind, std::string_view sentence) {
              problems.push_back(std::string(name(kind)) + ": " + std::string(sentence));
            }};
  }
  static std::string_view name(ProxyEventKind kind) {
    if (kind == ProxyEventKind::client_error) return "client";
    return kind == ProxyEventKind::unauthorized ? "unauthorized" : "upstream";
  }
  template <class Give>
  void feed(std::string_view bytes, Give give) {
    while (!bytes.empty() && !over()) {
      const std::vector<std::uint8_t> part(
          as_bytes(bytes).begin(),
          as_bytes(bytes).begin() + static_cast<std::ptrdiff_t>(std::min(piece_, bytes.size())));
      bytes.remove_prefix(part.size());
      give(part);
      if (sends) settle();
    }
  }
  bool take(ByteQueue& queue, std::string_view mark) {
    if (queue.empty()) return false;
    write(mark, as_text(queue.view()));
    queue.clear();
    return true;
  }
  void write(std::string_view kind, std::string_view text) {
    if (log.empty() || log.back().substr(0, kind.size()) != kind) log.emplace_back(kind);
    log.back() += text;
  }
  void once(bool is, const std::string& line) {
    if (is && std::find(log.begin(), log.end(), line) == log.end()) log.push_back(line);
  }

  const std::size_t piece_;
  MachineIo io_;
  Forwarder forwarder_;
  bool connected_ = false;
  int tapped_ = -1;
};

}  // namespace mpsdscope::testing

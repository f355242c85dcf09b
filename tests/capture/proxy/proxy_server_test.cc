#include "capture/proxy/proxy_server.h"

#include <array>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "capture/file_descriptor.h"
#include "capture/proxy/address_policy.h"
#include "capture/proxy/socket_address.h"
#include "tests/capture/testing/proxy_stage.h"

namespace mpsdscope {
namespace {

using testing::ProxyStage;

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr std::string_view kResponse = "HTTP/1.1 204 No Content\r\n\r\n";

// Keeps when content of each connection was told and what was settled at once, and can hold its
// worker.
class TimingTap final : public Tap {
 public:
  struct Told {
    std::uint64_t conn;
    Direction direction;
    CaptureTime time;
  };

  std::unique_ptr<ConnectionTap> begin(unsigned, const TapConnection& connection,
                                       CaptureTime) override {
    return std::make_unique<Connection>(*this, connection.conn);
  }
  void settle(unsigned) override {
    std::unique_lock lock(mutex_);
    if (told_.size() > settled_.back()) settled_.push_back(told_.size());
    changed_.wait(lock, [&] { return told_.size() < unsettled_at_; });
  }
  void on_tick(unsigned, CaptureTime) override {}

  // The worker waits when it tells of this connection, until it is let go.
  void hold_at(std::uint64_t conn) {
    const std::lock_guard lock(mutex_);
    held_ = conn;
  }
  // The worker waits when it settles what was told until then, so often.
  void hold_settling(std::size_t count) {
    const std::lock_guard lock(mutex_);
    unsettled_at_ = count;
  }
  void let_go() {
    hold_at(0);
    hold_settling(kNever);
    changed_.notify_all();
  }
  // How often content had been told, each time that some was settled.
  std::vector<std::size_t> settled() {
    const std::lock_guard lock(mutex_);
    return settled_;
  }
  // Waits until content was told so many times.
  std::vector<Told> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return told_.size() >= count; });
    return told_;
  }

 private:
  class Connection final : public ConnectionTap {
   public:
    Connection(TimingTap& tap, std::uint64_t conn) : tap_(tap), conn_(conn) {}
    void on_wire(Direction, CaptureTime, Bytes) override {}
    void on_secret(CaptureTime, std::string_view) override {}
    void on_data(Direction direction, CaptureTime time, Bytes) override {
      tap_.on_data({conn_, direction, time});
    }
    void on_end(Direction, CaptureTime, StreamEnd) override {}
    bool under_way() const override { return false; }

   private:
    TimingTap& tap_;
    const std::uint64_t conn_;
  };

  void on_data(const Told& told) {
    std::unique_lock lock(mutex_);
    told_.push_back(told);
    changed_.notify_all();
    changed_.wait(lock, [&] { return held_ != told.conn; });
  }

  static constexpr std::size_t kNever = -1;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Told> told_;
  std::vector<std::size_t> settled_{0};
  std::uint64_t held_ = 0;
  std::size_t unsettled_at_ = kNever;
};

FileDescriptor socket_at_loopback() {
  FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return socket;
}

FileDescriptor listening_socket() {
  FileDescriptor socket = socket_at_loopback();
  SocketAddress any(Endpoint{*address_literal("127.0.0.1"), 0});
  EXPECT_EQ(::bind(socket.get(), any.data(), any.length), 0);
  EXPECT_EQ(::listen(socket.get(), 8), 0);
  return socket;
}

Endpoint address_of(const FileDescriptor& socket) {
  SocketAddress address;
  EXPECT_EQ(::getsockname(socket.get(), address.data(), &address.length), 0);
  return address.endpoint();
}

FileDescriptor connected_to(const Endpoint& to) {
  FileDescriptor socket = socket_at_loopback();
  const SocketAddress address(to);
  EXPECT_EQ(::connect(socket.get(), address.data(), address.length), 0);
  return socket;
}

void say(const FileDescriptor& socket, std::string_view text) {
  EXPECT_EQ(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
}

// A proxy with one worker before a service that the test plays.
class ProxyServerTest : public ::testing::Test {
 protected:
  ProxyServerTest() {
    ProxyOptions options;
    options.listen = {Endpoint{*address_literal("127.0.0.1"), 0}};
    options.mode = ProxyMode::reverse;
    options.reverse_tls = false;
    options.reverse_to = {"127.0.0.1", address_of(service_).port};
    auto opened =
        ProxyServer::open(options, {tap_, stage_.events, *stage_.upstream_tls, *stage_.proxy.leaves,
                                    *stage_.proxy.server, *stage_.page});
    EXPECT_TRUE(opened.ok());
    server_ = std::move(opened).value();
    running_ = std::thread([this] { server_->run(); });
  }
  ~ProxyServerTest() override {
    server_->stop();
    server_->stop();
    running_.join();
  }

  struct Pair {
    FileDescriptor client, upstream;
  };
  Pair connect() {
    FileDescriptor client = connected_to(server_->listening().front());
    return {std::move(client), FileDescriptor(::accept(service_.get(), nullptr, nullptr))};
  }

  ProxyStage stage_;
  TimingTap tap_;
  FileDescriptor service_ = listening_socket();
  std::unique_ptr<ProxyServer> server_;
  std::thread running_;
};

void expect_response(const FileDescriptor& client) {
  std::array<char, kResponse.size()> got{};
  EXPECT_EQ(::recv(client.get(), got.data(), got.size(), MSG_WAITALL),
            static_cast<ssize_t>(got.size()));
}

void expect_nothing(const FileDescriptor& client) {
  char got = 0;
  EXPECT_EQ(::recv(client.get(), &got, 1, MSG_DONTWAIT), -1);
}

// Else a client could act upon an answer, through another worker, before the answer was told.
TEST_F(ProxyServerTest, AClientGetsNothingThatTheTapHasNotBeenTold) {
  const Pair pair = connect();
  say(pair.client, kRequest);
  tap_.wait(1);
  tap_.hold_at(1);
  say(pair.upstream, kResponse);
  tap_.wait(2);
  expect_nothing(pair.client);
  tap_.let_go();
  expect_response(pair.client);
}

// Else a client could have an answer that a killed program has not written to its log.
TEST_F(ProxyServerTest, AClientGetsNothingThatTheTapHasNotSettled) {
  const Pair pair = connect();
  say(pair.client, kRequest);
  tap_.wait(1);
  tap_.hold_settling(2);
  say(pair.upstream, kResponse);
  tap_.wait(2);
  expect_nothing(pair.client);
  tap_.let_go();
  expect_response(pair.client);
  EXPECT_EQ(tap_.settled().back(), 2u);
}

TEST_F(ProxyServerTest, TheAnswersOfOneTurnAreSettledTogether) {
  const Pair first = connect(), second = connect(), third = connect();
  say(first.client, kRequest);
  tap_.wait(1);
  say(second.client, kRequest);
  tap_.wait(2);
  tap_.hold_at(3);
  say(third.client, kRequest);
  tap_.wait(3);
  // While the worker is busy, both get their answers.
  say(first.upstream, kResponse);
  say(second.upstream, kResponse);
  tap_.let_go();
  expect_response(first.client);
  expect_response(second.client);
  const std::vector<std::size_t> settled = tap_.settled();
  EXPECT_EQ(settled[settled.size() - 2], 3u);
  EXPECT_EQ(settled.back(), 5u);
}

TEST_F(ProxyServerTest, WhatIsReadInOneTurnHasTheTimesAtWhichItWasRead) {
  const Pair first = connect();
  say(first.client, kRequest);
  tap_.wait(1);
  const Pair second = connect();
  tap_.hold_at(2);
  say(second.client, kRequest);
  tap_.wait(2);
  // While the worker is busy, both sides of the first connection become readable.
  say(first.client, kRequest);
  say(first.upstream, kResponse);
  tap_.let_go();
  const auto told = tap_.wait(4);
  EXPECT_EQ(told[2].direction, Direction::to_server);
  EXPECT_EQ(told[3].direction, Direction::to_client);
  for (std::size_t i = 1; i < told.size(); ++i) EXPECT_LT(told[i - 1].time, told[i].time) << i;
}

}  // namespace
}  // namespace mpsdscope

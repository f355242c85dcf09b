// A thread of the proxy: its loop, its connections, and what these share.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "capture/proxy/address_policy.h"
#include "capture/proxy/connection.h"
#include "capture/proxy/connection_limits.h"
#include "capture/proxy/event_loop.h"
#include "capture/proxy/relay_context.h"

namespace mpsdscope {

// What all workers share.
struct ServerShared {
  const ProxyOptions& options;
  ConnectionCounter& connections;
  LoopGuard& loops;
  Resolver& resolver;
  std::atomic<std::uint64_t> to_server_bytes = 0, to_client_bytes = 0, cut = 0;
};

class Worker {
 public:
  // `on_tick`: called about once a second.
  Worker(std::unique_ptr<EventLoop> loop, ServerShared& shared, const RelayContext& context,
         std::shared_ptr<const AddressPolicy> policy, std::function<void()> on_tick);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Until no connection is left after stop().
  void run();
  EventLoop& loop() { return *loop_; }

  // In the loop's thread, as everything below.
  void adopt(FileDescriptor socket, const RelayClient& client);
  // Ends when its connections have ended; at `deadline` it cuts them.
  void drain(EventLoop::SteadyTime deadline);
  Connection* find(std::uint64_t conn);
  void renew(std::shared_ptr<const AddressPolicy> policy) { policy_ = std::move(policy); }

  // For connections.
  ServerShared& shared() { return shared_; }
  const AddressPolicy& policy() const { return *policy_; }
  const RelayContext& context() const { return context_; }
  std::span<std::uint8_t> read_buffer() { return read_buffer_; }
  // Something was read: what comes of it has this time, whatever else the turn had to do before.
  void stamp();
  // Clients are answered at the end of a turn, when the tap has settled what all connections told
  // in it: so what the tap does for each answer (a write to a file) it does once for all of them.
  bool answering() const { return answering_; }
  void answer_later(Connection& connection) { unanswered_.push_back(&connection); }
  void settle() { context_.tap.settle(context_.worker); }
  // Destroys it at the end of the turn.
  void bury(Connection& connection);

 private:
  void on_turn();
  void answer();
  void tick();

  std::unique_ptr<EventLoop> loop_;
  ServerShared& shared_;
  RelayContext context_;
  std::shared_ptr<const AddressPolicy> policy_;
  const std::function<void()> on_tick_;
  std::vector<std::uint8_t> read_buffer_;
  std::array<std::vector<std::uint8_t>, 2> scratch_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> unanswered_;
  bool answering_ = false;
  std::vector<std::unique_ptr<Connection>> graveyard_;
  EventLoop::SteadyTime next_tick_;
  bool draining_ = false;
  EventLoop::SteadyTime deadline_;
};

}  // namespace mpsdscope

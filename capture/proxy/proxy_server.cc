#include "capture/proxy/proxy_server.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include <sys/resource.h>

#include "capture/proxy/listener.h"
#include "capture/proxy/own_addresses.h"
#include "capture/proxy/proxy_auth.h"
#include "capture/proxy/resolver.h"
#include "capture/proxy/socket_address.h"
#include "capture/proxy/worker.h"
#include "capture/wall_clock.h"

namespace mpsdscope {
namespace {

constexpr unsigned kTicksPerLook = 5;
constexpr std::size_t kDescriptorsPerConnection = 2;
constexpr std::size_t kDescriptorsPerThread = 2;
constexpr std::size_t kOtherDescriptors = 64;

Endpoint local_endpoint(int socket) {
  SocketAddress address;
  if (::getsockname(socket, address.data(), &address.length) != 0) return {};
  return address.endpoint();
}

// As many open files as the limits may need. The most connections that can be had.
std::size_t raise_file_limit(const ProxyOptions& options) {
  const std::size_t connections = options.limits.connections;
  const rlim_t others = kOtherDescriptors + kDescriptorsPerThread * rlim_t{options.threads};
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return connections;
  const rlim_t wanted = connections * kDescriptorsPerConnection + others;
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur >= wanted) return connections;
  return std::max<rlim_t>(limit.rlim_cur - std::min(limit.rlim_cur, others), 2) /
         kDescriptorsPerConnection;
}

// Counts on the way.
class CountingEvents final : public ProxyEvents {
 public:
  explicit CountingEvents(ProxyEvents& next) : next_(next) {}
  void on_event(const ProxyEvent& event) override {
    counts_[static_cast<std::size_t>(event.kind)].fetch_add(1, std::memory_order_relaxed);
    next_.on_event(event);
  }
  std::uint64_t count(std::size_t kind) const { return counts_[kind]; }

 private:
  ProxyEvents& next_;
  std::array<std::atomic<std::uint64_t>, kProxyEventKinds> counts_{};
};

}  // namespace

class ProxyServer::Impl {
 public:
  Impl(ProxyOptions options, ProxyParts parts)
      : options_(std::move(options)),
        parts_(parts),
        events_(parts.events),
        possible_(raise_file_limit(options_)),
        connections_(possible_, options_.limits.connections_per_client) {}

  Result<Done> open();
  void run();
  void stop();
  ProxyCounters counters() const;
  const std::vector<Endpoint>& listening() const { return listening_; }

 private:
  Result<Done> make_policy();
  Result<Done> make_workers();
  void on_accepted(Listener::Accepted accepted);
  void on_accept_failed(int error);
  void refuse(ProxyEventKind kind, const Endpoint& client, std::string message);
  void on_tick();
  void look_at_addresses();
  void accept_waiting();

  const ProxyOptions options_;
  const ProxyParts parts_;
  CountingEvents events_;
  const std::size_t possible_;  // connections, as files may be open
  ProxyAuth auth_;
  std::shared_ptr<const AddressPolicy> policy_;  // of the thread that accepts
  ConnectionCounter connections_;
  LoopGuard loops_;
  DeviceTable devices_;
  RelayCounters counters_;
  std::unique_ptr<ServerShared> shared_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Resolver resolver_;  // behind the workers: its threads call them until it is gone
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<Endpoint> listening_;
  std::atomic<std::uint64_t> accepted_ = 0;
  bool accept_failing_ = false;
  unsigned ticks_ = 0;

  std::mutex mutex_;
  bool stopping_ = false;
};

Result<Done> ProxyServer::Impl::open() {
  if (!options_.proxy_credentials.empty()) {
    Result<ProxyAuth> auth = ProxyAuth::parse(options_.proxy_credentials);
    if (!auth) return auth.error();
    auth_ = std::move(auth).value();
  }
  for (const Endpoint& endpoint : options_.listen) {
    Result<FileDescriptor> socket = listen_at(endpoint, options_.mode == ProxyMode::transparent);
    if (!socket) return socket.error();
    listeners_.push_back(std::make_unique<Listener>(
        std::move(socket).value(),
        [this](Listener::Accepted accepted) { on_accepted(std::move(accepted)); },
        [this](int error) { on_accept_failed(error); }));
    listening_.push_back(listeners_.back()->local());
  }
  if (Result<Done> made = make_policy(); !made) return made;
  return make_workers();
}

Result<Done> ProxyServer::Impl::make_policy() {
  Result<std::vector<IpAddress>> own = own_addresses();
  if (!own) return own.error();
  Result<AddressPolicy> policy = AddressPolicy::make(
      {listening_, std::move(own).value(), options_.allow_clients, options_.allow_destinations});
  if (!policy) return policy.error();
  policy_ = std::make_shared<const AddressPolicy>(std::move(policy).value());
  return Done{};
}

Result<Done> ProxyServer::Impl::make_workers() {
  shared_.reset(new ServerShared{options_, connections_, loops_, resolver_});
  for (unsigned i = 0; i < std::max(options_.threads, 1U); ++i) {
    Result<std::unique_ptr<EventLoop>> loop = EventLoop::create();
    if (!loop) return loop.error();
    RelayContext context{options_,
                         auth_,
                         parts_.upstream_tls,
                         parts_.leaves,
                         parts_.client_tls,
                         parts_.page,
                         devices_,
                         parts_.tap,
                         events_,
                         counters_,
                         i,
                         {},
                         {}};
    // The first one accepts.
    workers_.push_back(
        std::make_unique<Worker>(std::move(loop).value(), *shared_, context, policy_, [this, i] {
          if (i == 0) on_tick();
        }));
  }
  for (const auto& listener : listeners_) {
    if (!listener->start(workers_.front()->loop())) {
      return Error{"cannot wait for connections: " + std::string(std::strerror(errno))};
    }
  }
  return Done{};
}

void ProxyServer::Impl::run() {
  if (possible_ < options_.limits.connections) {
    events_.on_event({ProxyEventKind::limit_reached,
                      0,
                      {},
                      "",
                      "only " + std::to_string(possible_) +
                          " connections are possible at once: raise the limit of open files "
                          "(ulimit -Hn), or lower --max-connections",
                      wall_clock_now()});
  }
  std::vector<std::thread> threads;
  threads.reserve(workers_.size());
  for (const auto& worker : workers_) threads.emplace_back([&worker] { worker->run(); });
  for (std::thread& thread : threads) thread.join();
}

void ProxyServer::Impl::stop() {
  const std::lock_guard lock(mutex_);
  const auto give =
      std::exchange(stopping_, true) ? std::chrono::seconds(0) : options_.limits.drain;
  workers_.front()->loop().post([this, give] {
    for (const auto& listener : listeners_) listener->stop(workers_.front()->loop());
    for (const auto& worker : workers_) {
      worker->loop().post([&worker, give] { worker->drain(worker->loop().steady() + give); });
    }
  });
}

void ProxyServer::Impl::refuse(ProxyEventKind kind, const Endpoint& client, std::string message) {
  events_.on_event({kind, 0, client, "", std::move(message), wall_clock_now()});
}

void ProxyServer::Impl::on_accepted(Listener::Accepted accepted) {
  const Endpoint& peer = accepted.peer;
  if (!policy_->admits_client(peer.address)) {
    return refuse(ProxyEventKind::policy_refusal, peer,
                  "connection of " + peer.address.to_string() +
                      " refused: to let it in, name its address with --allow");
  }
  const Endpoint local = local_endpoint(accepted.socket.get());
  const Endpoint destination = options_.mode == ProxyMode::transparent
                                   ? original_destination(accepted.socket.get(), local)
                                   : local;
  if (loops_.is_own(peer, destination)) {
    return refuse(ProxyEventKind::policy_refusal, peer,
                  "the proxy was made to connect to itself: a request was sent in a circle");
  }
  if (const auto limit = connections_.admit(peer.address)) {
    return refuse(ProxyEventKind::limit_reached, peer, *limit);
  }
  RelayClient client;
  client.conn = ++accepted_;
  client.peer = peer;
  client.local = local;
  if (options_.mode == ProxyMode::transparent) {
    client.original = destination;
    client.asks_itself = policy_->is_own_socket(destination);
  }
  devices_.accepted(peer.address);
  Worker& worker = *workers_[client.conn % workers_.size()];
  if (&worker == workers_.front().get()) return worker.adopt(std::move(accepted.socket), client);
  auto socket = std::make_shared<FileDescriptor>(std::move(accepted.socket));
  worker.loop().post([&worker, socket, client] { worker.adopt(std::move(*socket), client); });
}

void ProxyServer::Impl::on_tick() {
  accept_waiting();
  if (++ticks_ % kTicksPerLook == 0) look_at_addresses();
}

// A machine gets new addresses while it runs: of a VPN, a hotspot, another network.
void ProxyServer::Impl::look_at_addresses() {
  Result<std::vector<IpAddress>> own = own_addresses();
  if (!own || own.value() == policy_->own_addresses()) return;
  policy_ = std::make_shared<const AddressPolicy>(policy_->on_machine_with(std::move(*own)));
  for (const auto& worker : workers_) {
    worker->loop().post([&worker, policy = policy_] { worker->renew(policy); });
  }
}

void ProxyServer::Impl::accept_waiting() {
  if (!std::exchange(accept_failing_, false)) return;
  for (const auto& listener : listeners_) listener->retry();
}

void ProxyServer::Impl::on_accept_failed(int error) {
  accept_failing_ = true;
  refuse(ProxyEventKind::limit_reached, {},
         std::string("cannot accept connections: ") + std::strerror(error) +
             ". Raise the limit of open files (ulimit -n), or lower --max-connections");
}

ProxyCounters ProxyServer::Impl::counters() const {
  ProxyCounters counters;
  counters.accepted = accepted_;
  counters.open = connections_.open();
  counters.intercepted = counters_.intercepted;
  counters.plain = counters_.plain;
  counters.tunnelled = counters_.tunnelled;
  counters.to_server_bytes = shared_->to_server_bytes;
  counters.to_client_bytes = shared_->to_client_bytes;
  counters.cut_by_drain = shared_->cut;
  for (std::size_t i = 0; i < kProxyEventKinds; ++i) counters.events[i] = events_.count(i);
  return counters;
}

ProxyServer::ProxyServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ProxyServer::~ProxyServer() = default;

Result<std::unique_ptr<ProxyServer>> ProxyServer::open(ProxyOptions options, ProxyParts parts) {
  auto impl = std::make_unique<Impl>(std::move(options), parts);
  if (Result<Done> opened = impl->open(); !opened) return opened.error();
  return std::unique_ptr<ProxyServer>(new ProxyServer(std::move(impl)));
}

const std::vector<Endpoint>& ProxyServer::listening() const {
  return impl_->listening();
}
void ProxyServer::run() {
  impl_->run();
}
void ProxyServer::stop() {
  impl_->stop();
}
ProxyCounters ProxyServer::counters() const {
  return impl_->counters();
}

}  // namespace mpsdscope

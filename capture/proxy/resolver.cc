#include "capture/proxy/resolver.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include <netdb.h>

#include "capture/proxy/address_policy.h"
#include "capture/proxy/socket_address.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kMaxQueries = 4096;  // names
constexpr std::size_t kMaxAnswers = 4096;
constexpr std::chrono::seconds kFresh{10};
constexpr std::chrono::seconds kFailureFresh{3};

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

}  // namespace

Result<Resolver::Addresses> Resolver::ask_system(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int result = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (result != 0) {
    return Error{"no such host: " + host + " (" + ::gai_strerror(result) +
                 "): check the name, and that this machine can resolve it"};
  }
  const std::unique_ptr<addrinfo, FreeAddresses> list(found);
  Addresses addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    SocketAddress address;
    if (entry->ai_addrlen > sizeof address.storage) continue;
    std::copy_n(reinterpret_cast<const std::uint8_t*>(entry->ai_addr), entry->ai_addrlen,
                reinterpret_cast<std::uint8_t*>(&address.storage));
    addresses.push_back(address.endpoint().address);
  }
  if (addresses.empty()) return Error{"no such host: " + host + " has no address"};
  return addresses;
}

struct Resolver::State {
  using Time = std::chrono::steady_clock::time_point;
  // A name that is waited for, or being looked up.
  struct Query {
    IpAddress client;  // the one that asked first
    bool running = false;
    std::map<std::uint64_t, Callback> waiting;
  };
  struct Answer {
    Result<Addresses> addresses;
    Time until;
  };
  struct Share {  // of a client
    std::size_t names = 0, running = 0;
  };

  LookUp look_up;
  std::mutex mutex;
  std::condition_variable changed;
  std::unordered_map<std::string, Query> queries;
  std::deque<std::string> queue;  // of those that are not running, the oldest first
  std::map<IpAddress, Share> shares;
  std::unordered_map<std::string, Answer> answers;
  std::uint64_t tickets = 0;
  bool stopping = false;

  void run();
  std::optional<std::string> next();
  void forget(std::unordered_map<std::string, Query>::iterator query);
  void remember(const std::string& host, const Result<Addresses>& found);
};

Resolver::Resolver(LookUp look_up) : state_(std::make_shared<State>()) {
  state_->look_up = std::move(look_up);
  for (std::size_t i = 0; i < kThreads; ++i) {
    std::thread([state = state_] { state->run(); }).detach();
  }
}

Resolver::~Resolver() {
  const std::lock_guard lock(state_->mutex);
  state_->stopping = true;
  state_->queries.clear();
  state_->changed.notify_all();
}

std::uint64_t Resolver::resolve(const std::string& host, const IpAddress& client, Callback done) {
  const auto answer = [&done](const Result<Addresses>& found) {
    done(found);
    return std::uint64_t{0};
  };
  if (const auto literal = address_literal(host)) return answer(Addresses{*literal});
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  const auto known = state.answers.find(host);
  if (known != state.answers.end() && known->second.until > std::chrono::steady_clock::now()) {
    const Result<Addresses> found = known->second.addresses;
    lock.unlock();
    return answer(found);
  }
  auto query = state.queries.find(host);
  if (query == state.queries.end()) {
    const auto share = state.shares.find(client);
    if (state.queries.size() >= kMaxQueries ||
        (share != state.shares.end() && share->second.names >= kNamesPerClient)) {
      lock.unlock();
      return answer(
          Error{"too many names wait to be resolved: the resolver of this machine is slow"});
    }
    query = state.queries.emplace(host, State::Query{client, false, {}}).first;
    ++state.shares[client].names;
    state.queue.push_back(host);
    state.changed.notify_one();
  }
  query->second.waiting.emplace(++state.tickets, std::move(done));
  return state.tickets;
}

void Resolver::cancel(const std::string& host, std::uint64_t ticket) {
  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  const auto query = state.queries.find(host);
  if (query == state.queries.end() || query->second.waiting.erase(ticket) == 0) return;
  if (query->second.running || !query->second.waiting.empty()) return;
  state.queue.erase(std::find(state.queue.begin(), state.queue.end(), host));
  state.forget(query);
}

void Resolver::State::forget(std::unordered_map<std::string, Query>::iterator query) {
  const auto share = shares.find(query->second.client);
  if (--share->second.names == 0) shares.erase(share);
  queries.erase(query);
}

// The oldest name of a client that does not keep its share of the threads busy.
std::optional<std::string> Resolver::State::next() {
  const auto at = std::find_if(queue.begin(), queue.end(), [this](const std::string& host) {
    return shares[queries.at(host).client].running < kThreadsPerClient;
  });
  if (at == queue.end()) return std::nullopt;
  std::string host = std::move(*at);
  queue.erase(at);
  return host;
}

void Resolver::State::remember(const std::string& host, const Result<Addresses>& found) {
  const Time now = std::chrono::steady_clock::now();
  if (answers.size() >= kMaxAnswers) answers.clear();
  answers.insert_or_assign(host, Answer{found, now + (found ? kFresh : kFailureFresh)});
}

void Resolver::State::run() {
  std::unique_lock lock(mutex);
  while (true) {
    std::optional<std::string> host;
    changed.wait(lock, [&] { return stopping || (host = next()); });
    if (stopping) return;
    Query& query = queries.at(*host);
    query.running = true;
    Share& share = shares.at(query.client);
    ++share.running;
    lock.unlock();
    const Result<Addresses> found = look_up(*host);
    lock.lock();
    if (stopping) return;
    remember(*host, found);
    const auto done = queries.find(*host);
    for (const auto& [ticket, tell] : done->second.waiting) tell(found);
    --share.running;
    forget(done);
    changed.notify_one();
  }
}

}  // namespace mpsdscope

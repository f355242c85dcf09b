#include "capture/proxy/resolver.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include <netdb.h>

#include "capture/proxy/address_policy.h"
#include "capture/proxy/socket_address.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kThreads = 4;
constexpr std::size_t kMaxQueries = 4096;
constexpr std::size_t kMaxAnswers = 4096;
constexpr std::chrono::seconds kFresh{10};

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

Result<Resolver::Addresses> look_up(const std::string& host) {
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
  Resolver::Addresses addresses;
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

}  // namespace

struct Resolver::State {
  struct Query {
    std::string host;
    Callback done;
  };
  struct Answer {
    Addresses addresses;
    std::chrono::steady_clock::time_point until;
  };

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Query> queries;
  std::unordered_map<std::string, Answer> answers;
  bool stopping = false;

  void run();
};

Resolver::Resolver() : state_(std::make_shared<State>()) {
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

void Resolver::resolve(const std::string& host, Callback done) {
  if (const auto literal = address_literal(host)) return done(Addresses{*literal});
  std::unique_lock lock(state_->mutex);
  const auto known = state_->answers.find(host);
  if (known != state_->answers.end() && known->second.until > std::chrono::steady_clock::now()) {
    const Addresses addresses = known->second.addresses;
    lock.unlock();
    return done(addresses);
  }
  if (state_->queries.size() >= kMaxQueries) {
    lock.unlock();
    return done(Error{"too many names wait to be resolved: the resolver of this machine is slow"});
  }
  state_->queries.push_back({host, std::move(done)});
  state_->changed.notify_one();
}

void Resolver::State::run() {
  std::unique_lock lock(mutex);
  while (true) {
    changed.wait(lock, [this] { return stopping || !queries.empty(); });
    if (stopping) return;
    const Query query = std::move(queries.front());
    queries.pop_front();
    lock.unlock();
    const Result<Addresses> found = look_up(query.host);
    lock.lock();
    if (stopping) return;
    if (found) {
      if (answers.size() >= kMaxAnswers) answers.clear();
      answers[query.host] = {found.value(), std::chrono::steady_clock::now() + kFresh};
    }
    query.done(found);
  }
}

}  // namespace mpsdscope

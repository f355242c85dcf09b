#include "capture/proxy/connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "capture/proxy/worker.h"

namespace mpsdscope {
namespace {

// How long a client may take to read our last words.
constexpr std::chrono::seconds kLinger{5};
// In the first bytes of a client: it waits for an answer to them.
constexpr std::chrono::seconds kPause{2};
// Reads in a second, of a connection that is worth 66 KiB. A worker has time for few of these.
constexpr std::size_t kBusyReads = 100;
// Between an answer and the next request, when the program ends.
constexpr std::chrono::milliseconds kQuiet{500};

ConnectFailure failure_of(int error) {
  switch (error) {
    case ECONNREFUSED:
      return ConnectFailure::refused;
    case ETIMEDOUT:
      return ConnectFailure::timed_out;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return ConnectFailure::overloaded;
    default:
      return ConnectFailure::unreachable;
  }
}

}  // namespace

Connection::Connection(Worker& worker, const RelayClient& client, FileDescriptor socket)
    : worker_(worker),
      client_info_(client),
      client_(worker.loop(), [this] { service(); }),
      upstream_(worker.loop(), [this] { service(); }),
      machine_(worker.context(), client),
      active_(worker.loop().steady()),
      errand_since_(active_) {
  client_.open(std::move(socket));
}

Connection::~Connection() {
  stop_resolving();
  drop_upstream();
}

void Connection::start() {
  machine_.start();
  if (carry_out()) service();
}

void Connection::service() {
  if (ended_) return;
  if (upstream_.connecting()) check_connect();
  if (ended_) return;
  if (lingering_) return go_on_lingering();
  if (carry_out() && read_client() && read_upstream()) go_on_reading();
}

void Connection::answer() {
  answer_asked_ = false;
  if (ended_) return;
  if (lingering_) return go_on_lingering();
  if (carry_out()) go_on_reading();
}

// In the next turn: the others come first.
void Connection::go_on_reading() {
  const bool more = may_read_client() || (upstream_.readable() && machine_.io().upstream.read);
  if (more) client_.again();
}

bool Connection::may_read_client() {
  // An upstream that takes nothing any more has perhaps said something before: that comes first.
  const bool deaf = upstream_.failed() && machine_.established();
  return client_.readable() && machine_.io().client.read && !deaf;
}

bool Connection::read_client() {
  if (!may_read_client()) return true;
  const Bytes bytes = client_.read(worker_.read_buffer());
  worker_.stamp();
  if (client_.ended()) {
    machine_.on_client_end(client_.end());
  } else if (bytes.empty()) {
    return true;
  } else {
    active_ = worker_.loop().steady();
    ++reads_;
    asked_ = true;
    worker_.shared().to_server_bytes.fetch_add(bytes.size(), std::memory_order_relaxed);
    machine_.on_client_data(bytes);
  }
  return carry_out();
}

bool Connection::read_upstream() {
  if (!upstream_.is_open() || upstream_.connecting()) return true;
  if (!upstream_.readable() || !machine_.io().upstream.read) return true;
  const Bytes bytes = upstream_.read(worker_.read_buffer());
  worker_.stamp();
  if (upstream_.ended()) {
    machine_.on_upstream_end(upstream_.end());
  } else if (bytes.empty()) {
    return true;
  } else {
    active_ = worker_.loop().steady();
    ++reads_;
    asked_ = false;
    worker_.shared().to_client_bytes.fetch_add(bytes.size(), std::memory_order_relaxed);
    machine_.on_upstream_data(bytes);
  }
  return carry_out();
}

bool Connection::carry_out() {
  MachineIo& io = machine_.io();
  while (!ended_) {
    bool sent = upstream_.is_open() && !upstream_.connecting() && upstream_.send(io.upstream);
    machine_.tell();
    sent = send_to_client() || sent;
    if (const std::uint64_t errand = machine_.errand(); errand != errand_) {
      errand_ = errand;
      errand_since_ = worker_.loop().steady();
    }
    if (io.abort || io.close) {
      aborting_ = io.abort;
      linger();
    } else if (std::exchange(io.drop_upstream, false)) {
      drop_upstream();
    } else if (io.connect) {
      begin_connect();
    } else if (client_.take_failure()) {
      machine_.on_client_end(StreamEnd::reset);
    } else if (upstream_.ended() && upstream_.take_failure()) {  // else reading finds the end
      machine_.on_upstream_end(StreamEnd::reset);
    } else if (client_.ended() && upstream_.ended() && client_.finished() && upstream_.finished()) {
      end();
    } else if (sent) {
      machine_.on_sent();
    } else {
      return true;
    }
    if (lingering_) return false;
  }
  return false;
}

// What comes of an answer, on whichever worker, must not be judged before the answer.
bool Connection::send_to_client() {
  const SocketWishes& wishes = machine_.io().client;
  if (!client_.has_to_send(wishes)) return false;
  if (!worker_.answering()) {
    if (!std::exchange(answer_asked_, true)) worker_.answer_later(*this);
    return false;
  }
  worker_.settle();
  return client_.send(machine_.io().client);
}

void Connection::begin_connect() {
  stop_resolving();
  drop_upstream();
  target_ = *std::exchange(machine_.io().connect, std::nullopt);
  addresses_.clear();
  failure_words_.clear();
  resolving_ = true;
  connect_since_ = worker_.loop().steady();
  Worker& worker = worker_;
  if (const Destination* beyond = machine_.beyond_proxy()) {
    const Result<Done> admitted = worker.policy().admits_unresolved(*beyond);
    if (!admitted) {
      resolving_ = false;
      return connect_failed(ConnectFailure::not_allowed, admitted.error().message);
    }
  }
  const std::uint64_t conn = number();
  const std::thread::id here = std::this_thread::get_id();
  const std::uint64_t query = worker.shared().resolver.resolve(
      target_.host, client(),
      [this, &worker, conn, here](const Result<Resolver::Addresses>& found) {
        if (std::this_thread::get_id() == here) return on_resolved(found);
        worker.loop().post([&worker, conn, found] {
          if (Connection* connection = worker.find(conn)) connection->on_resolved(found);
        });
      });
  if (query != 0) query_ = query;
}

void Connection::stop_resolving() {
  resolving_ = false;
  if (query_ == 0) return;
  worker_.shared().resolver.cancel(target_.host, std::exchange(query_, 0));
}

void Connection::on_resolved(const Result<Resolver::Addresses>& found) {
  if (!std::exchange(resolving_, false) || ended_ || lingering_) return;
  if (!found) {
    connect_failed(ConnectFailure::no_such_host, found.error().message);
    return;
  }
  const AddressPolicy& policy = worker_.policy();
  const bool chosen =
      machine_.beyond_proxy() != nullptr || worker_.shared().options.mode == ProxyMode::reverse;
  for (const IpAddress& address : found.value()) {
    const Endpoint endpoint{address, target_.port};
    const Result<Done> admitted = chosen ? policy.admits_chosen(target_, endpoint)
                                         : policy.admits_destination(target_, endpoint);
    if (admitted) {
      addresses_.insert(addresses_.begin(), endpoint);
    } else {
      failure_ = ConnectFailure::not_allowed;
      failure_words_ = admitted.error().message;
    }
  }
  try_next_address();
}

void Connection::try_next_address() {
  while (!addresses_.empty()) {
    upstream_peer_ = addresses_.back();
    addresses_.pop_back();
    connect_since_ = worker_.loop().steady();
    const std::optional<Endpoint> local = worker_.shared().loops.connect(upstream_peer_, [this] {
      return upstream_.connect(upstream_peer_) ? std::optional(upstream_.local()) : std::nullopt;
    });
    if (local) {
      upstream_local_ = *local;
      return;
    }
    failure_ = failure_of(errno);
    failure_words_ = std::strerror(errno);
  }
  if (failure_ == ConnectFailure::not_allowed) return connect_failed(failure_, failure_words_);
  connect_failed(failure_, "cannot connect to " + target_.host + ", port " +
                               std::to_string(target_.port) + " (" + upstream_peer_.to_string() +
                               "): " + failure_words_);
}

void Connection::check_connect() {
  const int error = upstream_.connect_result();
  if (error == EINPROGRESS) return;
  if (error != 0) {
    drop_upstream();
    failure_ = failure_of(error);
    failure_words_ = std::strerror(error);
    return try_next_address();
  }
  addresses_.clear();
  machine_.on_connected(upstream_peer_);
  carry_out();
}

void Connection::connect_failed(ConnectFailure failure, const std::string& why) {
  machine_.on_connect_failed(failure, why);
  if (carry_out()) client_.again();
}

void Connection::drop_upstream() {
  upstream_.close();
  machine_.io().upstream.out.clear();
  machine_.io().upstream.shutdown = false;
  if (upstream_local_.port != 0) {
    worker_.shared().loops.remove(std::exchange(upstream_local_, {}), upstream_peer_);
  }
}

// The client gets the rest and our FIN, and then time to read them: a close with unread data would
// send an RST that may take them away. So would the RST of an abort: it waits until they arrived.
void Connection::linger() {
  lingering_ = true;
  worker_.settle();
  stop_resolving();
  if (aborting_) upstream_.reset();
  drop_upstream();
  machine_.io().client.shutdown = !aborting_;
  active_ = worker_.loop().steady();
  go_on_lingering();
}

void Connection::go_on_lingering() {
  client_.send(machine_.io().client);
  while (client_.readable()) {
    if (client_.read(worker_.read_buffer()).empty()) break;
  }
  if (last_words_said()) end();
}

bool Connection::last_words_said() {
  if (client_.failed()) return true;
  if (!aborting_) return client_.ended() && client_.finished();
  const bool left = client_.ended() && client_.end() != StreamEnd::closed;
  return left || (machine_.io().client.out.empty() && client_.delivered());
}

void Connection::check_time() {
  if (ended_) return;
  const auto now = worker_.loop().steady();
  const ProxyLimits& limits = worker_.shared().options.limits;
  if (lingering_) {
    if (now - active_ >= kLinger || last_words_said()) end();
    return;
  }
  machine_.on_pace(std::exchange(reads_, 0) >= kBusyReads);
  MachineIo& io = machine_.io();
  if (now - active_ >= std::chrono::seconds(2)) {
    io.client.out.release();
    io.upstream.out.release();
  }
  if (upstream_.connecting() && now - connect_since_ >= limits.connect) {
    drop_upstream();
    failure_ = ConnectFailure::timed_out;
    failure_words_ = "no answer within " + std::to_string(limits.connect.count()) + " s";
    return try_next_address();
  }
  // Upstream has said all that it will: a client that does not end its side either only holds on to
  // a dead connection.
  if (upstream_.ended() && io.client.out.empty() && now - active_ >= limits.handshake) return end();
  if (now - active_ >= kPause) {
    machine_.on_pause();
    if (!carry_out()) return;
  }
  if (errand_ == 0 ? now - active_ >= limits.idle : now - errand_since_ >= limits.handshake) {
    machine_.on_timeout();
    if (carry_out()) client_.again();
  }
}

bool Connection::is_quiet() const {
  return !asked_ && !machine_.under_way() && worker_.loop().steady() - active_ >= kQuiet;
}

void Connection::cut() {
  if (ended_) return;
  ended_ = true;
  machine_.finish();
  machine_.tell();
  worker_.shared().connections.release(client());
}

void Connection::end() {
  if (ended_) return;
  aborting_ ? client_.reset() : client_.close();
  upstream_.close();
  cut();
  worker_.bury(*this);
}

}  // namespace mpsdscope

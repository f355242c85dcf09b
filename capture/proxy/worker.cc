#include "capture/proxy/worker.h"

#include <utility>

#include "capture/wall_clock.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kReadBuffer = std::size_t{64} << 10;
// What a read decrypts to, together with a record that was held back before.
constexpr std::size_t kScratch = kReadBuffer + (std::size_t{32} << 10);
constexpr std::chrono::seconds kTick{1};

}  // namespace

Worker::Worker(std::unique_ptr<EventLoop> loop, ServerShared& shared, const RelayContext& context,
               std::shared_ptr<const AddressPolicy> policy, std::function<void()> on_tick)
    : loop_(std::move(loop)),
      shared_(shared),
      context_(context),
      policy_(std::move(policy)),
      on_tick_(std::move(on_tick)),
      read_buffer_(kReadBuffer) {
  for (std::size_t i = 0; i < scratch_.size(); ++i) {
    scratch_[i].resize(kScratch);
    context_.scratch[i] = scratch_[i];
  }
}

Worker::~Worker() = default;

void Worker::run() {
  loop_->run([this] { stamp(); }, [this] { on_turn(); });
  graveyard_.clear();
  settle();
}

void Worker::on_turn() {
  answer();
  graveyard_.clear();
  if (loop_->steady() >= next_tick_) tick();
  if (!draining_) return;
  const bool over = loop_->steady() >= deadline_;
  for (auto at = connections_.begin(); at != connections_.end();) {
    Connection& connection = *at->second;
    if (!over && !connection.is_quiet()) {
      ++at;
      continue;
    }
    if (!connection.is_quiet()) ++shared_.cut;
    connection.cut();
    graveyard_.push_back(std::move(at->second));
    at = connections_.erase(at);
  }
  if (connections_.empty()) loop_->stop();
}

// Those that are buried meanwhile say nothing any more; they are still there.
void Worker::answer() {
  settle();
  answering_ = true;
  for (Connection* connection : unanswered_) connection->answer();
  answering_ = false;
  unanswered_.clear();
}

void Worker::tick() {
  next_tick_ = loop_->steady() + kTick;
  std::vector<Connection*> all;
  all.reserve(connections_.size());
  for (const auto& [number, connection] : connections_) all.push_back(connection.get());
  for (Connection* connection : all) connection->check_time();
  answer();
  context_.tap.on_tick(context_.worker, context_.now);
  on_tick_();
}

void Worker::adopt(FileDescriptor socket, const RelayClient& client) {
  auto made = std::make_unique<Connection>(*this, client, std::move(socket));
  Connection& connection = *made;
  connections_[client.conn] = std::move(made);
  connection.start();
}

void Worker::stamp() {
  context_.now = wall_clock_now();
}

Connection* Worker::find(std::uint64_t conn) {
  const auto found = connections_.find(conn);
  return found == connections_.end() ? nullptr : found->second.get();
}

void Worker::bury(Connection& connection) {
  const auto found = connections_.find(connection.number());
  if (found == connections_.end()) return;
  graveyard_.push_back(std::move(found->second));
  connections_.erase(found);
}

void Worker::drain(EventLoop::SteadyTime deadline) {
  draining_ = true;
  deadline_ = deadline;
}

}  // namespace mpsdscope

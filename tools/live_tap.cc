#include "tools/live_tap.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "capture/tcp_packets.h"
#include "decode/context.h"
#include "decode/protocol_selector.h"
#include "tools/examiner.h"

namespace mpsdscope {
namespace {

constexpr std::array<Direction, 2> kDirections{Direction::to_server, Direction::to_client};
constexpr std::size_t kKeptBlocks = std::size_t{1} << 20;  // bytes of memory for the next packets
// What waits for the end of a turn is handed over before, when there is as much of it.
constexpr std::size_t kCallsAtOnce = 256;
constexpr std::size_t kBlocksAtOnce = kKeptBlocks;

}  // namespace

// The decoder of one worker's connections.
class LiveTap::Worker {
 public:
  Worker(const LiveTapOptions& options, Recorder& recorder)
      : limits_(options.limits),
        recorder_(recorder),
        capture_(options.capture),
        examiner_(options.rules, options.all, limits_, report_),
        context_{no_keys_, false, limits_, report_, examiner_} {
    limits_.max_buffered_total = options.limits.max_buffered_total / options.workers;
    examiner_.collect_in(calls_);
  }

  void enter(Connection& connection, bool tls, CaptureTime time);
  void leave(Connection& connection) { connections_.erase(&connection); }

  // Never runs backwards.
  void set_clock(CaptureTime time) {
    clock_ = std::max(clock_, time);
    examiner_.set_clock(clock_);
  }
  // Has packets saved, in a run that saves: `append` gets where they go and returns how many.
  template <class Append>
  void save(std::string& secrets, Append append) {
    if (capture_ == nullptr) return;
    secrets_.append(secrets);
    secrets.clear();
    packets_ += append(blocks_);
    if (blocks_.size() >= kBlocksAtOnce) write_packets();
  }
  // Something was decoded.
  void decoded() {
    if (calls_.size() >= kCallsAtOnce) settle();
  }
  // Hands over packets and calls. The packets first: what is in a log is in the capture too,
  // wherever the program is killed.
  void settle() {
    if (packets_ > 0) write_packets();
    examiner_.examine_waiting();
    if (calls_.empty()) return;
    recorder_.take(calls_);
    examiner_.recycle(calls_);
  }
  // A connection's decoder holds `now` bytes instead of `before`.
  void account(std::size_t before, std::size_t now);

  DecodeContext& context() { return context_; }
  const DecodeReport& report() const { return report_; }
  // For other threads, as of the last time that they were published.
  DecodeCounters counters() const {
    const std::lock_guard lock(mutex_);
    return counters_;
  }
  void publish() {
    const std::lock_guard lock(mutex_);
    counters_ = report_.counters;
  }
  std::optional<CaptureTime> first() const { return first_; }
  CaptureTime clock() const { return clock_; }

 private:
  void write_packets();

  Limits limits_;
  Recorder& recorder_;
  SavedCapture* const capture_;       // may be null
  std::string secrets_;               // to be saved before blocks_
  std::vector<std::uint8_t> blocks_;  // of packets
  std::uint64_t packets_ = 0;         // in blocks_
  KeyLog no_keys_;
  DecodeReport report_;
  Examiner examiner_;
  DecodeContext context_;
  std::vector<CallPtr> calls_;
  std::set<Connection*> connections_;
  std::size_t buffered_ = 0;
  std::optional<CaptureTime> first_;
  CaptureTime clock_{};
  mutable std::mutex mutex_;
  DecodeCounters counters_{};
};

class LiveTap::Connection final : public ConnectionTap {
 public:
  Connection(const LiveTapOptions& options, Worker& worker, OpenFlows& flows,
             const TapConnection& connection, CaptureTime time)
      : options_(options),
        worker_(worker),
        flows_(options.capture != nullptr ? &flows : nullptr),
        flow_(flows_ != nullptr ? flows_->open(connection.client, connection.server)
                                : OpenFlows::Flow{connection.client, connection.server, 0}),
        packets_(flow_.client, flow_.server, flow_.number),
        time_(time) {
    info_.conn = connection.conn;
    info_.client = connection.client;
    info_.server = connection.server;
    info_.tls = connection.tls;
    info_.sni = connection.server_name;
    decoder_ = make_protocol_selector(worker.context(), info_);
    worker_.enter(*this, connection.tls, time_);
    save([&](auto& blocks) { packets_.begin(time_, blocks); });
  }

  ~Connection() override {
    give_up();
    worker_.leave(*this);
    if (flows_ != nullptr) flows_->close(flow_);
  }

  void on_wire(Direction direction, CaptureTime time, Bytes bytes) override {
    set_time(time);
    save([&](auto& blocks) { packets_.data(direction, time_, bytes, blocks); });
  }

  void on_secret(CaptureTime /*time*/, std::string_view line) override {
    if (options_.secrets) options_.secrets->write(line);
    if (options_.capture) secrets_.append(line) += '\n';
  }

  void on_data(Direction direction, CaptureTime time, Bytes bytes) override {
    set_time(time);
    if (!decoder_) return;
    decoder_->on_data(direction, time_, bytes);
    worker_.decoded();
    account();
  }

  void on_end(Direction direction, CaptureTime time, StreamEnd end) override {
    set_time(time);
    save([&](auto& blocks) { packets_.end(direction, time_, end, blocks); });
    end_decoder(direction, end);
    worker_.decoded();
    account();
  }

  bool under_way() const override { return decoder_ && decoder_->under_way(); }

  std::size_t held() const { return held_; }

  // Decodes no more of it; traffic goes on.
  void give_up() {
    for (const Direction direction : kDirections) end_decoder(direction, StreamEnd::unknown);
    decoder_.reset();
    worker_.decoded();
    account();
  }

 private:
  // What is told later is not of an earlier time, on one connection: bytes that had to wait are
  // told when others have gone on.
  void set_time(CaptureTime time) {
    time_ = std::max(time_, time);
    worker_.set_clock(time_);
  }

  void end_decoder(Direction direction, StreamEnd end) {
    if (!decoder_ || std::exchange(ended_[index_of(direction)], true)) return;
    decoder_->on_end(direction, worker_.clock(), end);
  }

  void account() {
    const std::size_t before = std::exchange(held_, decoder_ ? decoder_->buffered_bytes() : 0);
    if (held_ != before) worker_.account(before, held_);
  }

  template <class Append>
  void save(Append append) {
    worker_.save(secrets_, [&](auto& blocks) {
      const std::uint64_t before = packets_.count();
      append(blocks);
      return packets_.count() - before;
    });
  }

  const LiveTapOptions& options_;
  Worker& worker_;
  ConnectionInfo info_;
  OpenFlows* const flows_;  // of the capture, if there is one
  const OpenFlows::Flow flow_;
  TcpPackets packets_;
  CaptureTime time_;     // of what was told last
  std::string secrets_;  // that are not in the capture yet
  std::unique_ptr<StreamSink> decoder_;
  std::array<bool, 2> ended_{};
  std::size_t held_ = 0;  // as the worker knows it
};

void LiveTap::Worker::enter(Connection& connection, bool tls, CaptureTime time) {
  set_clock(time);
  first_ = std::min(first_.value_or(time), time);
  connections_.insert(&connection);
  report_.add(Counter::tcp_connections);
  if (tls) {
    report_.add(Counter::tls_connections);
    report_.add(Counter::tls_decrypted);
  }
}

void LiveTap::Worker::write_packets() {
  capture_->write(std::exchange(secrets_, {}), blocks_, std::exchange(packets_, 0));
  blocks_.clear();
  if (blocks_.capacity() > kKeptBlocks) blocks_.shrink_to_fit();
}

// Those that hold most are given up. Some room is made at once, because looking for them means
// looking at all.
void LiveTap::Worker::account(std::size_t before, std::size_t now) {
  buffered_ += now - before;
  const std::size_t most = limits_.max_buffered_total;
  if (now <= before || buffered_ <= most) return;
  std::vector<Connection*> holders;
  for (Connection* one : connections_) {
    if (one->held() > 0) holders.push_back(one);
  }
  std::sort(holders.begin(), holders.end(),
            [](const Connection* a, const Connection* b) { return a->held() > b->held(); });
  for (Connection* one : holders) {
    if (buffered_ <= most / 4 * 3) return;
    report_.add(Counter::flows_evicted_memory);
    one->give_up();
  }
}

LiveTap::LiveTap(const LiveTapOptions& options, Recorder& recorder)
    : options_(options), recorder_(recorder) {
  for (unsigned i = 0; i < options.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(options_, recorder));
  }
}

LiveTap::~LiveTap() = default;

std::unique_ptr<ConnectionTap> LiveTap::begin(unsigned worker, const TapConnection& connection,
                                              CaptureTime time) {
  return std::make_unique<Connection>(options_, *workers_[worker], flows_, connection, time);
}

void LiveTap::settle(unsigned worker) {
  workers_[worker]->settle();
}

void LiveTap::on_tick(unsigned worker, CaptureTime time) {
  workers_[worker]->set_clock(time);
  workers_[worker]->publish();
  if (worker > 0) return;
  recorder_.tick(time);
  if (options_.every_second) options_.every_second(time);
}

DecodeCounters LiveTap::counters() const {
  DecodeCounters sum{};
  for (const auto& worker : workers_) {
    const DecodeCounters counters = worker->counters();
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += counters[i];
  }
  return sum;
}

void LiveTap::summarize(RunSummary& summary) const {
  for (const auto& worker : workers_) {
    summary.report.merge(worker->report());
    if (!worker->first()) continue;
    const CaptureTime first = *worker->first();
    const CaptureTime last = worker->clock();
    summary.first_packet = summary.first_packet ? std::min(*summary.first_packet, first) : first;
    summary.last_packet = summary.last_packet ? std::max(*summary.last_packet, last) : last;
  }
}

}  // namespace mpsdscope

#include "tools/pipeline.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "decode/frame.h"
#include "rules/stepping_clock.h"
#include "tools/judge.h"
#include "tools/shard.h"
#include "tools/tap_clocks.h"

namespace mpsdscope {
namespace {

// A batch of packets on its way through the pipeline. Recycled; the exchanges of its last round go
// back to the shards that made them.
struct Work {
  PacketBatch packets;
  Datagrams datagrams;
  std::vector<TcpSegment> segments;
  std::array<SegmentRefs, kShards> shares;  // of the segments
  std::array<std::vector<CallPtr>, kShards> calls;
  CaptureTime clock{};
  bool last = false;                                 // no packets: the flows end
  std::size_t undecoded = 0;                         // shares that are not decoded yet
  std::array<DecodeCounters, kShards + 1> counters;  // of each shard and of the dealer, so far
};

// Packets to segments, dealt out to the shards.
class Dealer {
 public:
  // `several`: inputs, whose clocks may differ.
  Dealer(const Limits& limits, bool several, DecodeReport& report)
      : report_(report), frames_(limits, report), several_(several) {}

  void deal(Work& work) {
    for (auto& share : work.shares) share.clear();
    work.segments.clear();
    work.segments.reserve(work.packets.packets.size());  // they stay where they are
    for (const Packet& packet : work.packets.packets) {
      note_time(packet.time);
      TcpSegment& segment = work.segments.emplace_back();
      if (!frames_.decode(packet, segment, work.datagrams)) {
        work.segments.pop_back();
        continue;
      }
      if (several_) clocks_.note(segment, packet.input);
      work.shares[shard_of(segment)].push_back(&segment);
    }
    if (work.packets.clock) clock_ = std::max(clock_, *work.packets.clock);
  }

  // The input ended.
  void finish() { frames_.finish(); }

  std::optional<CaptureTime> first() const { return first_; }
  std::optional<CaptureTime> last() const {
    return first_ ? std::optional(last_.now()) : std::nullopt;
  }
  CaptureTime clock() const { return clock_; }
  const TapClocks& clocks() const { return clocks_; }
  const DecodeCounters& counters() const { return report_.counters; }

 private:
  void note_time(CaptureTime time) {
    first_ = first_ ? std::min(*first_, time) : time;
    last_.take(time);
    clock_ = std::max(clock_, time);
  }

  const DecodeReport& report_;
  FrameDecoder frames_;
  bool several_;
  TapClocks clocks_;
  std::optional<CaptureTime> first_;
  SteppingClock last_;
  CaptureTime clock_{};
};

class Shards {
 public:
  Shards(const KeyLog& keys, const PipelineOptions& options) {
    ShardOptions share{options.limits, options.rules, options.all, options.live};
    share.limits.max_flows = std::max<std::size_t>(1, options.limits.max_flows / kShards);
    share.limits.max_buffered_total = options.limits.max_buffered_total / kShards;
    share.limits.max_decoded_excess_total = options.limits.max_decoded_excess_total / kShards;
    share.limits.max_call_texts_total = options.limits.max_call_texts_total / kShards;
    for (auto& shard : shards_) shard = std::make_unique<Shard>(keys, share);
  }

  // The share of shard `i`.
  void decode(Work& work, std::size_t i) {
    Shard& shard = *shards_[i];
    shard.recycle(work.calls[i]);
    if (work.last) {
      shard.finish(work.clock, work.calls[i]);
    } else {
      shard.decode(work.shares[i], work.clock, work.calls[i]);
    }
    work.counters[i] = shard.report().counters;
  }

  void report(DecodeReport& report) const {
    for (const auto& shard : shards_) report.merge(shard->report());
  }

 private:
  std::array<std::unique_ptr<Shard>, kShards> shards_;
};

// Last half: calls of all shards in order, to the judge.
class Sorter {
 public:
  Sorter(Judge& judge, const PipelineOptions& options) : judge_(judge), options_(options) {}

  // False: the output takes no more.
  bool judge(Work& work) {
    order_.clear();
    for (auto& calls : work.calls) {
      for (CallPtr& call : calls) order_.push_back(call.get());
    }
    std::sort(order_.begin(), order_.end(), [](const Call* a, const Call* b) {
      const Exchange &x = *a->exchange, &y = *b->exchange;
      return std::tie(x.decided, x.conn, x.index) < std::tie(y.decided, y.conn, y.index);
    });
    judge_.take(order_);
    if (options_.on_counters) options_.on_counters(sum(work.counters));
    return judge_.output_ok();
  }

 private:
  static DecodeCounters sum(const std::array<DecodeCounters, kShards + 1>& all) {
    DecodeCounters sum{};
    for (const DecodeCounters& counters : all) {
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += counters[i];
    }
    return sum;
  }

  Judge& judge_;
  const PipelineOptions& options_;
  std::vector<Call*> order_;
};

// First half: packets out of the source, as segments.
class Feeder {
 public:
  Feeder(PacketSource& source, const PipelineOptions& options, Dealer& dealer)
      : source_(source), options_(options), dealer_(dealer) {}

  void read(Work& work, bool stop) {
    work.packets.packets.clear();
    work.packets.storage.clear();
    work.packets.clock.reset();
    work.datagrams.clear();
    stop = stop || (options_.stop && *options_.stop);
    work.last = stop || source_.next(work.packets) == PacketSource::Status::end;
    if (work.last) {
      dealer_.finish();
    } else {
      dealer_.deal(work);
    }
    work.clock = dealer_.clock();
    work.counters.back() = dealer_.counters();
    if (options_.on_batch) options_.on_batch();
  }

 private:
  PacketSource& source_;
  const PipelineOptions& options_;
  Dealer& dealer_;
};

// Threads that share all steps: reading, decoding by each shard, judging. A step is done by one
// thread at a time and for the works in the order of reading; the number of works bounds what is
// under way. Each thread has a step where it is at home, and takes the one nearest to it that there
// is something to do for: so what a shard or the judge remembers seldom moves from one processor's
// cache to another's, and no thread waits as long as there is anything to do.
class Crew {
 public:
  Crew(Feeder& feeder, Shards& shards, Sorter& sorter, unsigned threads)
      : feeder_(feeder), shards_(shards), sorter_(sorter), threads_(threads) {
    for (unsigned i = 0; i < threads + kSpare; ++i) idle_.push_back(std::make_unique<Work>());
  }

  // To the end of the source, on this thread and others.
  void run() {
    std::vector<std::thread> others;
    for (unsigned i = 1; i < threads_; ++i) others.emplace_back([this, i] { work(i); });
    work(0);
    for (std::thread& other : others) other.join();
  }

 private:
  using Lock = std::unique_lock<std::mutex>;
  static constexpr std::size_t kSteps = 1 + kShards + 1;
  // Works beyond one for each thread: so many were as fast as more.
  static constexpr unsigned kSpare = 5;
  struct Share {
    std::deque<Work*> works;
    bool busy = false;
  };

  void work(unsigned thread) {
    const std::array<std::size_t, kSteps> steps = steps_of(thread);
    Lock lock(mutex_);
    while (!judged_all_) {
      if (std::any_of(steps.begin(), steps.end(), [&](std::size_t i) { return step(i, lock); }) ||
          read(lock)) {
        continue;
      }
      ++waiting_;
      changed_.wait(lock);
      --waiting_;
    }
  }

  // The nearest first. The first thread, which may be the only one, is at home where works end.
  std::array<std::size_t, kSteps> steps_of(unsigned thread) const {
    const std::size_t last = kSteps - 1;
    const std::size_t home = threads_ == 1 ? last : last - thread * last / (threads_ - 1);
    const auto distance = [home](std::size_t i) { return i > home ? i - home : home - i; };
    std::array<std::size_t, kSteps> steps{};
    std::iota(steps.begin(), steps.end(), std::size_t{0});
    std::stable_sort(steps.begin(), steps.end(),
                     [&](std::size_t a, std::size_t b) { return distance(a) < distance(b); });
    return steps;
  }

  // Each step returns false when there is nothing to do for it now; it unlocks while it works.
  // What was read long ago has left the caches, so nobody reads far ahead who has anything else to
  // do.
  bool step(std::size_t i, Lock& lock) {
    if (i == 0) return undecoded_ < threads_ && read(lock);
    return i <= kShards ? decode(i - 1, lock) : judge(lock);
  }

  bool read(Lock& lock) {
    if (reading_ || idle_.empty()) return false;
    reading_ = true;
    std::unique_ptr<Work> work = std::move(idle_.back());
    idle_.pop_back();
    const bool stop = output_failed_;
    lock.unlock();
    feeder_.read(*work, stop);
    lock.lock();
    reading_ = work->last;  // after the last one nobody reads
    work->undecoded = kShards;
    ++undecoded_;
    for (Share& share : shares_) share.works.push_back(work.get());
    under_way_.push_back(std::move(work));
    wake();
    return true;
  }

  bool decode(std::size_t i, Lock& lock) {
    Share& share = shares_[i];
    if (share.busy || share.works.empty()) return false;
    share.busy = true;
    Work* const work = share.works.front();
    share.works.pop_front();
    lock.unlock();
    shards_.decode(*work, i);
    lock.lock();
    share.busy = false;
    if (--work->undecoded == 0) --undecoded_;
    wake();
    return true;
  }

  bool judge(Lock& lock) {
    if (judging_ || under_way_.empty() || under_way_.front()->undecoded > 0) return false;
    judging_ = true;
    std::unique_ptr<Work> work = std::move(under_way_.front());
    under_way_.pop_front();
    lock.unlock();
    const bool ok = sorter_.judge(*work);
    lock.lock();
    judging_ = false;
    output_failed_ = !ok;
    judged_all_ = work->last;
    idle_.push_back(std::move(work));
    wake();
    return true;
  }

  void wake() {
    if (waiting_ > 0) changed_.notify_all();
  }

  Feeder& feeder_;
  Shards& shards_;
  Sorter& sorter_;
  const unsigned threads_;
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  unsigned waiting_ = 0;
  std::vector<std::unique_ptr<Work>> idle_;
  std::deque<std::unique_ptr<Work>> under_way_;  // in the order of reading
  std::array<Share, kShards> shares_;            // works that each shard is to decode, likewise
  std::size_t undecoded_ = 0;                    // works that any shard is to decode
  bool reading_ = false;
  bool judging_ = false;
  bool judged_all_ = false;
  bool output_failed_ = false;
};

}  // namespace

RunSummary run_pipeline(PacketSource& source, const KeyLog& keys, const PipelineOptions& options,
                        Output& output) {
  RunSummary summary;
  const std::vector<std::string> inputs = source.inputs();
  Dealer dealer(options.limits, inputs.size() > 1, summary.report);
  Judge judge(options.rules, options.rates_interval, output);
  Shards shards(keys, options);
  output.begin();
  const unsigned wanted = options.threads ? options.threads : std::thread::hardware_concurrency();
  const auto threads = std::clamp<unsigned>(wanted, 1, kShards);
  Feeder feeder(source, options, dealer);
  Sorter sorter(judge, options);
  Crew(feeder, shards, sorter, threads).run();
  shards.report(summary.report);
  summary.problems = source.problems();
  for (std::string& problem : dealer.clocks().problems(inputs, options.limits.reassembly_grace)) {
    summary.problems.push_back(std::move(problem));
  }
  summary.first_packet = dealer.first();
  summary.last_packet = dealer.last();
  judge.finish(summary);
  judge.tell_sessions(summary.last_packet.value_or(CaptureTime{}), options.session, summary);
  return summary;
}

}  // namespace mpsdscope

#include "tools/pipeline.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "decode/frame.h"
#include "tools/shard.h"

namespace mpsdscope {
namespace {

// A batch of packets on its way through the pipeline. Recycled; the exchanges of its last round go
// back to the shards that made them.
struct Work {
  PacketBatch packets;
  Datagrams datagrams;
  std::array<std::vector<TcpSegment>, kShards> segments;
  std::array<std::vector<CallPtr>, kShards> calls;
  CaptureTime clock{};
  bool last = false;       // no packets: the flows end
  unsigned undecoded = 0;  // decoder threads that have not done their share
};

// First half, on the reading thread: packets to segments, dealt out to the shards.
class Dealer {
 public:
  Dealer(const Limits& limits, DecodeReport& report) : frames_(limits, report) {}

  void deal(Work& work) {
    for (auto& segments : work.segments) segments.clear();
    TcpSegment segment;
    for (const Packet& packet : work.packets.packets) {
      note_time(packet.time);
      if (!frames_.decode(packet, segment, work.datagrams)) continue;
      work.segments[shard_of(segment)].push_back(segment);
    }
    if (work.packets.clock) clock_ = std::max(clock_, *work.packets.clock);
  }

  // The input ended.
  void finish() { frames_.finish(); }

  std::optional<CaptureTime> first() const { return first_; }
  std::optional<CaptureTime> last() const { return first_ ? std::optional(last_) : std::nullopt; }
  CaptureTime clock() const { return clock_; }

 private:
  void note_time(CaptureTime time) {
    first_ = first_ ? std::min(*first_, time) : time;
    last_ = std::max(last_, time);
    clock_ = std::max(clock_, time);
  }

  FrameDecoder frames_;
  std::optional<CaptureTime> first_;
  CaptureTime last_ = CaptureTime::min();
  CaptureTime clock_{};
};

// Second half, on one thread: calls of all shards in order, through the engine, to the output.
class Judge {
 public:
  Judge(const PipelineOptions& options, Output& output)
      : options_(options), engine_(options.rules), output_(output) {}

  void judge(Work& work) {
    order_.clear();
    for (auto& calls : work.calls) {
      for (CallPtr& call : calls) order_.push_back(call.get());
    }
    std::sort(order_.begin(), order_.end(), [](const Call* a, const Call* b) {
      const Exchange &x = *a->exchange, &y = *b->exchange;
      return std::tie(x.decided, x.conn, x.index) < std::tie(y.decided, y.conn, y.index);
    });
    for (Call* call : order_) {
      // Rates are wanted also when other traffic alone moves the clock.
      tell_rates(call->exchange->decided);
      if (call->mpsd) take(*call);
      output_.call(*call);
    }
  }

  bool output_ok() const {
    std::string why;
    return output_.ok(why);
  }

  void summarize(RunSummary& summary) const {
    summary.calls = calls_;
    summary.by_row = by_row_;
    summary.by_rule = by_rule_;
    summary.by_severity = by_severity_;
    summary.forgotten = engine_.forgotten();
    summary.overflowed = engine_.rates().overflowed();
    if (summary.last_packet) summary.rates = engine_.rates().snapshot(*summary.last_packet);
  }

 private:
  void take(Call& call) {
    engine_.judge(call);
    ++calls_;
    if (call.row) ++by_row_[static_cast<std::size_t>(*call.row)];
    for (const Violation& violation : call.violations) {
      ++by_rule_[static_cast<std::size_t>(violation.rule)];
      ++by_severity_[static_cast<std::size_t>(violation.severity)];
    }
  }

  void tell_rates(CaptureTime now) {
    if (!rates_due_) rates_due_ = now + options_.rates_interval;
    if (now < *rates_due_) return;
    // After a pause the intervals without a call are skipped, all but the last.
    const auto missed = (now - *rates_due_) / options_.rates_interval;
    const CaptureTime at = *rates_due_ + missed * options_.rates_interval;
    if (calls_ > 0) output_.rates(at, engine_.rates().snapshot(at));
    rates_due_ = at + options_.rates_interval;
  }

  const PipelineOptions& options_;
  Engine engine_;
  Output& output_;
  std::vector<Call*> order_;
  std::optional<CaptureTime> rates_due_;
  std::uint64_t calls_ = 0;
  std::array<std::uint64_t, kRowCount> by_row_{};
  std::array<std::uint64_t, kRuleCount> by_rule_{};
  std::array<std::uint64_t, 4> by_severity_{};
};

// The shards, and which of them a decoder thread works on.
class Shards {
 public:
  Shards(const KeyLog& keys, const PipelineOptions& options) {
    ShardOptions share{options.limits, options.rules, options.all, options.live};
    share.limits.max_flows = std::max<std::size_t>(1, options.limits.max_flows / kShards);
    share.limits.max_buffered_total = options.limits.max_buffered_total / kShards;
    share.limits.max_decoded_excess_total = options.limits.max_decoded_excess_total / kShards;
    for (auto& shard : shards_) shard = std::make_unique<Shard>(keys, share);
  }

  void decode(Work& work, unsigned thread, unsigned threads) {
    for (std::size_t i = thread; i < kShards; i += threads) {
      shards_[i]->recycle(work.calls[i]);
      if (work.last) {
        shards_[i]->finish(work.clock, work.calls[i]);
      } else {
        shards_[i]->decode(work.segments[i], work.clock, work.calls[i]);
      }
    }
  }

  void report(DecodeReport& report) const {
    for (const auto& shard : shards_) report.merge(shard->report());
  }

 private:
  std::array<std::unique_ptr<Shard>, kShards> shards_;
};

// Decoder threads and the judging thread behind the reading thread. Work flows in the order of
// submission; a bounded number of works makes the reader wait.
class Crew {
 public:
  Crew(Shards& shards, Judge& judge, unsigned threads)
      : shards_(shards), judge_(judge), threads_(threads), queues_(threads) {
    for (unsigned i = 0; i < threads + 3; ++i) idle_.push_back(std::make_unique<Work>());
    for (unsigned i = 0; i < threads; ++i) crew_.emplace_back([this, i] { decode_all(i); });
    crew_.emplace_back([this] { judge_all(); });
  }

  // A free work; waits for one.
  std::unique_ptr<Work> take() {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [this] { return !idle_.empty(); });
    std::unique_ptr<Work> work = std::move(idle_.back());
    idle_.pop_back();
    return work;
  }

  void submit(std::unique_ptr<Work> work) {
    const std::lock_guard lock(mutex_);
    work->undecoded = threads_;
    for (auto& queue : queues_) queue.push_back(work.get());
    to_judge_.push_back(std::move(work));
    submitted_.notify_all();
  }

  bool output_failed() const { return output_failed_; }

  // After the last work was submitted.
  void join() {
    for (std::thread& thread : crew_) thread.join();
  }

 private:
  void decode_all(unsigned thread) {
    for (bool last = false; !last;) {
      Work* work = nullptr;
      {
        std::unique_lock lock(mutex_);
        submitted_.wait(lock, [&] { return !queues_[thread].empty(); });
        work = queues_[thread].front();
        queues_[thread].pop_front();
      }
      last = work->last;
      shards_.decode(*work, thread, threads_);
      const std::lock_guard lock(mutex_);
      if (--work->undecoded == 0) decoded_.notify_one();
    }
  }

  void judge_all() {
    for (bool last = false; !last;) {
      std::unique_ptr<Work> work;
      {
        std::unique_lock lock(mutex_);
        decoded_.wait(lock,
                      [&] { return !to_judge_.empty() && to_judge_.front()->undecoded == 0; });
        work = std::move(to_judge_.front());
        to_judge_.pop_front();
      }
      last = work->last;
      judge_.judge(*work);
      if (!judge_.output_ok()) output_failed_ = true;
      const std::lock_guard lock(mutex_);
      idle_.push_back(std::move(work));
      returned_.notify_one();
    }
  }

  Shards& shards_;
  Judge& judge_;
  const unsigned threads_;
  std::mutex mutex_;
  std::condition_variable submitted_;  // for the decoders
  std::condition_variable decoded_;    // for the judge
  std::condition_variable returned_;   // for the reader
  std::vector<std::unique_ptr<Work>> idle_;
  std::deque<std::unique_ptr<Work>> to_judge_;
  std::vector<std::deque<Work*>> queues_;  // by decoder thread
  std::atomic<bool> output_failed_ = false;
  std::vector<std::thread> crew_;
};

// Does everything at once, on the reading thread.
class Alone {
 public:
  Alone(Shards& shards, Judge& judge) : shards_(shards), judge_(judge) {}

  std::unique_ptr<Work> take() { return work_ ? std::move(work_) : std::make_unique<Work>(); }
  void submit(std::unique_ptr<Work> work) {
    shards_.decode(*work, 0, 1);
    judge_.judge(*work);
    work_ = std::move(work);
  }
  bool output_failed() const { return !judge_.output_ok(); }
  void join() {}

 private:
  Shards& shards_;
  Judge& judge_;
  std::unique_ptr<Work> work_;
};

template <class Workers>
void pump(PacketSource& source, const PipelineOptions& options, Dealer& dealer, Workers& workers) {
  for (bool last = false; !last;) {
    std::unique_ptr<Work> work = workers.take();
    work->packets.packets.clear();
    work->packets.storage.clear();
    work->packets.clock.reset();
    work->datagrams.clear();
    const bool stop = (options.stop && *options.stop) || workers.output_failed();
    last = stop || source.next(work->packets) == PacketSource::Status::end;
    if (last) {
      dealer.finish();
    } else {
      dealer.deal(*work);
    }
    work->last = last;
    work->clock = dealer.clock();
    workers.submit(std::move(work));
    if (options.on_batch) options.on_batch();
  }
  workers.join();
}

}  // namespace

RunSummary run_pipeline(PacketSource& source, const KeyLog& keys, const PipelineOptions& options,
                        Output& output) {
  RunSummary summary;
  Dealer dealer(options.limits, summary.report);
  Judge judge(options, output);
  Shards shards(keys, options);
  output.begin();
  const unsigned wanted = options.threads ? options.threads : std::thread::hardware_concurrency();
  const auto threads = std::clamp<unsigned>(wanted, 1, kShards);
  if (threads == 1) {
    Alone workers(shards, judge);
    pump(source, options, dealer, workers);
  } else {
    Crew workers(shards, judge, threads);
    pump(source, options, dealer, workers);
  }
  shards.report(summary.report);
  summary.problems = source.problems();
  summary.first_packet = dealer.first();
  summary.last_packet = dealer.last();
  judge.summarize(summary);
  return summary;
}

}  // namespace mpsdscope

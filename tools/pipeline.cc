#include "tools/pipeline.h"

#include <algorithm>
#include <array>
#include <memory>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "tools/crew.h"
#include "tools/dealer.h"
#include "tools/judge.h"
#include "tools/shard.h"
#include "tools/work.h"

namespace mpsdscope {
namespace {

// Packets out of the source, as segments.
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

// Calls of all shards in order, to the judge.
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

class PipelineSteps final : public Steps {
 public:
  PipelineSteps(Feeder& feeder, Shards& shards, Sorter& sorter)
      : feeder_(feeder), shards_(shards), sorter_(sorter) {}

  void read(Work& work, bool stop) override { feeder_.read(work, stop); }
  void decode(Work& work, std::size_t shard) override { shards_.decode(work, shard); }
  bool judge(Work& work) override { return sorter_.judge(work); }

 private:
  Feeder& feeder_;
  Shards& shards_;
  Sorter& sorter_;
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
  PipelineSteps steps(feeder, shards, sorter);
  Crew(steps, threads).run();
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

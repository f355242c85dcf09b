// One share of the flows, decoded on one thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "decode/context.h"
#include "decode/flow_table.h"
#include "decode/segment.h"
#include "rules/engine.h"

namespace mpsdscope {

// How many shards the flows are spread over, whatever the number of threads: limits and evictions
// work within a shard, so the output must not depend on the threads.
constexpr std::size_t kShards = 8;

std::size_t shard_of(const TcpSegment& segment);

struct ShardOptions {
  Limits limits;  // of one shard
  const RuleSettings& rules;
  bool all = false;  // keep the exchanges of other hosts too
  bool keys_may_grow = false;
};

// Segments in, examined calls out. Settings and keys outlive it.
class Shard final : private ExchangeSink {
 public:
  Shard(const KeyLog& keys, const ShardOptions& options);

  // Decodes `segments`, then lets time pass until `clock`. Appends to `calls`.
  void decode(const std::vector<TcpSegment>& segments, CaptureTime clock,
              std::vector<CallPtr>& calls);
  // Ends all flows. Appends to `calls`.
  void finish(CaptureTime clock, std::vector<CallPtr>& calls);

  // Takes calls back that were given out before, to use their memory again. Empties `calls`.
  void recycle(std::vector<CallPtr>& calls);

  const DecodeReport& report() const { return report_; }

 private:
  ExchangePtr make_exchange() override;
  bool wants_bodies(const Exchange& exchange) override;
  void on_exchange(ExchangePtr exchange) override;
  CallPtr make_call();
  void free_call(CallPtr call);
  void count_host(const std::string& authority);

  ShardOptions options_;
  DecodeReport report_;
  DecodeContext context_;
  FlowTable flows_;
  CaptureTime clock_{};
  // Used before, at most as many as were under way at once; the calls without exchanges.
  std::vector<CallPtr> free_calls_;
  std::vector<ExchangePtr> free_exchanges_;
  std::string last_authority_;
  std::string last_host_;
  std::vector<CallPtr>* calls_ = nullptr;
};

}  // namespace mpsdscope

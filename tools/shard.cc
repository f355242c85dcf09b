#include "tools/shard.h"

#include <algorithm>
#include <utility>

#include "decode/flow_key.h"

namespace mpsdscope {

std::size_t shard_of(const TcpSegment& segment) {
  return FlowKeyHash()(FlowKey::of(segment)) >> 32 & (kShards - 1);
}

Shard::Shard(const KeyLog& keys, const ShardOptions& options)
    : options_(options),
      context_{keys, options.keys_may_grow, options_.limits, report_, *this},
      flows_(context_) {}

void Shard::decode(const std::vector<TcpSegment>& segments, CaptureTime clock,
                   std::vector<CallPtr>& calls) {
  calls_ = &calls;
  for (const TcpSegment& segment : segments) {
    clock_ = std::max(clock_, segment.time);
    flows_.on_segment(segment);
  }
  clock_ = std::max(clock_, clock);
  flows_.advance(clock_);
}

void Shard::finish(CaptureTime clock, std::vector<CallPtr>& calls) {
  calls_ = &calls;
  clock_ = std::max(clock_, clock);
  flows_.finish(clock_);
}

void Shard::recycle(std::vector<CallPtr>& calls) {
  constexpr std::size_t kOrdinaryHead = std::size_t{16} << 10;
  for (const CallPtr& call : calls) {
    const Exchange& exchange = *call->exchange;
    const std::size_t heads = exchange.request.fields.byte_size() +
                              exchange.response.fields.byte_size() +
                              exchange.response.trailers.byte_size();
    if (heads <= kOrdinaryHead) free_.push_back(std::move(call->exchange));
  }
  calls.clear();
}

ExchangePtr Shard::make_exchange() {
  if (free_.empty()) return std::make_unique<Exchange>();
  ExchangePtr exchange = std::move(free_.back());
  free_.pop_back();
  exchange->clear();
  return exchange;
}

bool Shard::wants_bodies(const Exchange& exchange) {
  return is_mpsd(exchange, options_.rules);
}

void Shard::on_exchange(ExchangePtr exchange) {
  exchange->decided = clock_;
  report_.add(Counter::exchanges);
  count_host(exchange->request.authority);
  CallPtr call = examine(std::move(exchange), options_.rules);
  if (call->mpsd || options_.all) calls_->push_back(std::move(call));
}

// The host alone, in lower case. Connections talk to one host, so the last one is the likeliest.
void Shard::count_host(const std::string& authority) {
  if (authority != last_authority_ || last_host_.empty()) {
    last_authority_ = authority;
    const std::size_t colon = authority.rfind(':');
    const bool port = colon != authority.npos && authority.find(']', colon) == authority.npos;
    last_host_ =
        authority.empty() ? "(no host)" : authority.substr(0, port ? colon : authority.npos);
    for (char& c : last_host_) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
  }
  report_.add_host(last_host_);
}

}  // namespace mpsdscope

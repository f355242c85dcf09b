#include "tools/examiner.h"

#include <utility>

namespace mpsdscope {
namespace {

constexpr std::size_t kOrdinaryHeads = std::size_t{16} << 10;

std::size_t head_bytes(const Exchange& exchange) {
  return exchange.request.fields.byte_size() + exchange.response.fields.byte_size() +
         exchange.response.trailers.byte_size();
}

// A compressed header list of a few bytes can stand for many kilobytes; once it has been examined,
// a call must not hold them on its way to the output.
void drop_large_heads(Call& call) {
  if (head_bytes(*call.exchange) <= kOrdinaryHeads) return;
  call.correlation_id = {};
  call.exchange->request.fields = {};
  call.exchange->response.fields = {};
  call.exchange->response.trailers = {};
}

}  // namespace

void Examiner::recycle(std::vector<CallPtr>& calls) {
  for (CallPtr& call : calls) free_call(std::move(call));
  calls.clear();
}

ExchangePtr Examiner::make_exchange() {
  if (free_exchanges_.empty()) return std::make_unique<Exchange>();
  ExchangePtr exchange = std::move(free_exchanges_.back());
  free_exchanges_.pop_back();
  exchange->clear();
  return exchange;
}

CallPtr Examiner::make_call() {
  if (free_calls_.empty()) return std::make_unique<Call>();
  CallPtr call = std::move(free_calls_.back());
  free_calls_.pop_back();
  call->clear();
  return call;
}

void Examiner::free_call(CallPtr call) {
  free_exchanges_.push_back(std::move(call->exchange));
  free_calls_.push_back(std::move(call));
}

bool Examiner::wants_bodies(const Exchange& exchange) {
  return is_mpsd(exchange, rules_);
}

void Examiner::on_exchange(ExchangePtr exchange) {
  exchange->decided = clock_;
  report_.add(Counter::exchanges);
  count_host(exchange->request.authority);
  CallPtr call = make_call();
  call->exchange = std::move(exchange);
  examine(*call, rules_);
  drop_large_heads(*call);
  if (call->mpsd || all_) {
    calls_->push_back(std::move(call));
  } else {
    free_call(std::move(call));
  }
}

// The host alone, in lower case. Connections talk to one host, so the last one is the likeliest.
void Examiner::count_host(const std::string& authority) {
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

#include "tools/examiner.h"

#include <memory>
#include <utility>

#include "decode/ascii.h"
#include "decode/recycle.h"
#include "rules/rta/rta.h"

namespace mpsdscope {
namespace {

std::size_t head_bytes(const Exchange& exchange) {
  return exchange.request.fields.byte_size() + exchange.response.fields.byte_size() +
         exchange.response.trailers.byte_size();
}

// A compressed header list of a few bytes can stand for many kilobytes; once it has been examined,
// a call must not hold them on its way to the output.
void drop_large_heads(Call& call) {
  if (head_bytes(*call.exchange) <= kOrdinaryText) return;
  call.correlation_id = {};
  call.exchange->request.fields = {};
  call.exchange->response.fields = {};
  call.exchange->response.trailers = {};
}

// One that was used before, cleared; else a new one.
template <class T>
std::unique_ptr<T> take(std::vector<std::unique_ptr<T>>& used) {
  if (used.empty()) return std::make_unique<T>();
  std::unique_ptr<T> taken = std::move(used.back());
  used.pop_back();
  taken->clear();
  return taken;
}

}  // namespace

void Examiner::recycle(std::vector<CallPtr>& calls) {
  for (CallPtr& call : calls) free_call(std::move(call));
  calls.clear();
}

ExchangePtr Examiner::make_exchange() {
  return take(free_exchanges_);
}

void Examiner::free_call(CallPtr call) {
  free_exchanges_.push_back(std::move(call->exchange));
  free_calls_.push_back(std::move(call));
}

bool Examiner::wants_bodies(const Exchange& exchange) {
  return is_mpsd(exchange, rules_);
}

bool Examiner::wants_messages(const Exchange& upgrade) {
  return is_rta(upgrade);
}

void Examiner::on_message(ExchangePtr exchange) {
  const bool message = exchange->kind == Exchange::Kind::message;
  CallPtr call = take(free_calls_);
  call->exchange = std::move(exchange);
  examine(*call, rules_);
  if (message && call->rta.kind == RtaMessage::Kind::none) report_.add(Counter::rta_unread);
  calls_->push_back(std::move(call));
}

void Examiner::on_exchange(ExchangePtr exchange) {
  exchange->decided = clock_;
  if (exchange->kind != Exchange::Kind::http) return on_message(std::move(exchange));
  report_.add(Counter::exchanges);
  count_host(exchange->request.authority);
  CallPtr call = take(free_calls_);
  call->exchange = std::move(exchange);
  examine(*call, rules_);
  drop_large_heads(*call);
  call->listed = call->mpsd || all_;
  if (call->listed || call->bucket) {
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
    last_host_ = authority.empty() ? "(no host)"
                                   : lower_case(authority.substr(0, port ? colon : authority.npos));
  }
  report_.add_host(last_host_);
}

}  // namespace mpsdscope

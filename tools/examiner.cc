#include "tools/examiner.h"

#include <memory>
#include <tuple>
#include <utility>

#include "decode/ascii.h"
#include "decode/recycle.h"
#include "rules/rta/rta.h"
#include "tools/prefetch_call.h"

namespace mpsdscope {
namespace {

// What an ordinary call has of texts beside its heads, and in one of them.
constexpr std::size_t kOrdinaryTexts = 2'048, kOrdinaryName = 256;
// Calls that are under way at once in an ordinary decoder; no more are kept to be used again.
constexpr std::size_t kMostFree = 1'024;
// Exchanges that wait, and bytes of them that may: ordinary ones are far less.
constexpr std::size_t kMostWaiting = 12, kMostWaitingBytes = std::size_t{128} << 10;

// Texts that come from the traffic as they are.
auto names_of(Exchange& exchange) {
  return std::tie(exchange.request.method, exchange.request.scheme, exchange.request.authority,
                  exchange.response.reason, exchange.malformed);
}
auto names_of(Call& call) {
  return std::tie(call.target.scid, call.target.template_name, call.target.session,
                  call.target.element, call.target.handle, call.etag, call.correlation_id);
}

template <class Named>
std::size_t size_of_names(Named& named) {
  return std::apply([](const auto&... names) { return (names.size() + ...); }, names_of(named));
}

std::size_t heads_of(Exchange& exchange) {
  return exchange.request.target.size() + exchange.request.fields.byte_size() +
         exchange.response.fields.byte_size() + exchange.response.trailers.byte_size() +
         size_of_names(exchange);
}

std::size_t texts_of(Call& call) {
  std::size_t size = heads_of(*call.exchange) + size_of_names(call);
  for (const Violation& violation : call.violations) size += violation.message.size();
  return size + call.request_document->text_size + call.response_document->text_size;
}

void drop(std::string& text) {
  std::string().swap(text);
}

void drop_if_long(std::string& name) {
  if (name.size() > kOrdinaryName) drop(name);
}

void drop_long_texts(Call& call) {
  // Whole segments of a path: half a secret might not be known for one.
  std::string& target = call.exchange->request.target;
  if (target.size() > kOrdinaryName) {
    target = target.substr(0, target.find('?')).substr(0, kOrdinaryName);
    target = target.substr(0, target.rfind('/') + 1);
  }
  const auto drop_long = [](auto&... names) { (drop_if_long(names), ...); };
  std::apply(drop_long, names_of(*call.exchange));
  std::apply(drop_long, names_of(call));
  call.exchange->request.fields = {};
  call.exchange->response.fields = {};
  call.exchange->response.trailers = {};
  for (SharedFacts* facts : {&call.request_document, &call.response_document}) {
    if ((*facts)->text_size == 0) continue;
    DocumentFacts rest = **facts;
    std::vector<HandleFacts>().swap(rest.results);
    drop(rest.problem);
    drop(rest.missing_fields);
    *facts = SharedFacts(std::move(rest));
  }
}

// One that was used before, cleared; else a new one.
template <class T>
std::unique_ptr<T> take(std::vector<std::unique_ptr<T>>& used) {
  if (used.empty()) return std::make_unique<T>();
  std::unique_ptr<T> taken = std::move(used.back());
  used.pop_back();
  // Another thread's processor had them last.
  if (used.size() > 1) prefetch_object(used[used.size() - 2].get());
  if (!used.empty()) prefetch_texts(*used.back());
  taken->clear();
  return taken;
}

}  // namespace

void Examiner::recycle(std::vector<CallPtr>& calls) {
  texts_ = 0;
  for (CallPtr& call : calls) free_call(std::move(call));
  calls.clear();
}

ExchangePtr Examiner::make_exchange() {
  return take(free_exchanges_);
}

void Examiner::bound(Call& call) {
  const std::size_t size = texts_of(call);
  if (size <= kOrdinaryTexts) return;
  if (size - kOrdinaryTexts > limits_.max_call_texts_total - texts_) {
    drop_long_texts(call);
    return report_.add(Counter::calls_cut);
  }
  texts_ += size - kOrdinaryTexts;
}

void Examiner::free_call(CallPtr call) {
  if (free_calls_.size() >= kMostFree) return;
  free_exchanges_.push_back(std::move(call->exchange));
  free_calls_.push_back(std::move(call));
}

// Of a response without a request the host may become known later.
bool Examiner::wants_bodies(const Exchange& exchange) {
  const HttpRequest& request = exchange.request;
  return is_service(exchange, host_of(request.authority)) ||
         (!request.present && request.authority.empty());
}

// A 429 tells the limit.
bool Examiner::wants_response_body(const Exchange& exchange) {
  const HttpRequest& request = exchange.request;
  return exchange.response.status == 429 &&
         rules_.limits.bucket_of_host(request.authority, request.method, request.target);
}

bool Examiner::wants_messages(const Exchange& upgrade) {
  return is_rta(upgrade);
}

void Examiner::on_message(ExchangePtr exchange) {
  const bool message = exchange->kind == Exchange::Kind::message;
  CallPtr call = take(free_calls_);
  call->exchange = std::move(exchange);
  examine(*call, rules_, false);
  if (message && call->rta.kind == RtaMessage::Kind::none) report_.add(Counter::rta_unread);
  calls_->push_back(std::move(call));
}

void Examiner::on_exchange(ExchangePtr exchange) {
  exchange->decided = clock_;
  waiting_bytes_ +=
      heads_of(*exchange) + exchange->request.body.size() + exchange->response.body.size();
  waiting_.push_back(std::move(exchange));
  if (waiting_.size() >= kMostWaiting || waiting_bytes_ > kMostWaitingBytes) examine_waiting();
}

void Examiner::examine_waiting() {
  for (ExchangePtr& exchange : waiting_) examine_one(std::move(exchange));
  waiting_.clear();
  waiting_bytes_ = 0;
}

void Examiner::examine_one(ExchangePtr exchange) {
  if (exchange->kind != Exchange::Kind::http) return on_message(std::move(exchange));
  report_.add(Counter::exchanges);
  const HttpRequest& request = exchange->request;
  Host& host = host_of(request.authority);
  if (host.exchanges == nullptr) host.exchanges = &report_.count_of_host(host.name);
  ++*host.exchanges;
  CallPtr call = take(free_calls_);
  const bool mpsd = is_service(*exchange, host);
  if (!mpsd && request.authority.empty() && exchange->defects.has(Defect::request_missing)) {
    report_.add(Counter::responses_placeless);
  }
  call->exchange = std::move(exchange);
  examine(*call, rules_, mpsd);
  bound(*call);
  call->listed = call->mpsd || all_;
  if (call->listed || call->bucket) {
    calls_->push_back(std::move(call));
  } else {
    free_call(std::move(call));
  }
}

// Connections talk to one host, so the last one is the likeliest.
Examiner::Host& Examiner::host_of(const std::string& authority) {
  Host& host = last_host_;
  if (authority == host.authority && !host.name.empty()) return host;
  const std::size_t colon = authority.rfind(':');
  const bool port = colon != authority.npos && authority.find(']', colon) == authority.npos;
  host.authority = authority;
  host.name = authority.empty() ? "(no host)"
                                : lower_case(authority.substr(0, port ? colon : authority.npos));
  host.mpsd = is_mpsd_host(authority, rules_);
  host.exchanges = nullptr;
  return host;
}

bool Examiner::is_service(const Exchange& exchange, const Host& host) const {
  return host.mpsd && exchange.request.method != "CONNECT" ? *host.mpsd : is_mpsd(exchange, rules_);
}

}  // namespace mpsdscope

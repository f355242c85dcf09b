#include "tools/examiner.h"

#include <memory>
#include <tuple>
#include <utility>

#include "decode/ascii.h"
#include "decode/recycle.h"
#include "rules/rta/rta.h"

namespace mpsdscope {
namespace {

// What an ordinary call has of texts beside its heads, and in one of them.
constexpr std::size_t kOrdinaryTexts = 2'048, kOrdinaryName = 256;
// Calls that are under way at once in an ordinary decoder; no more are kept to be used again.
constexpr std::size_t kMostFree = 1'024;

template <class... Texts>
std::size_t sizes_of(const Texts&... texts) {
  return (texts.size() + ...);
}

std::size_t size_of(const DocumentFacts& facts) {
  std::size_t size =
      sizes_of(facts.problem, facts.missing_fields, facts.title_id, facts.xuid, facts.element_xuid,
               facts.owner_xuid, facts.scid, facts.handle_id, facts.ref_scid, facts.ref_template,
               facts.ref_session, facts.limit_type);
  for (const HandleFacts& handle : facts.results) {
    size +=
        sizeof(HandleFacts) + sizes_of(handle.id, handle.title_id, handle.owner_xuid,
                                       handle.ref_scid, handle.ref_template, handle.ref_session);
  }
  return size;
}

// Texts that come from the traffic as they are.
auto names_of(Call& call) {
  Exchange& exchange = *call.exchange;
  return std::tie(exchange.request.method, exchange.request.scheme, exchange.request.authority,
                  exchange.response.reason, exchange.malformed, call.target.scid,
                  call.target.template_name, call.target.session, call.target.element,
                  call.target.handle, call.etag, call.correlation_id);
}

std::size_t texts_of(Call& call) {
  const Exchange& exchange = *call.exchange;
  std::size_t size = exchange.request.target.size() + exchange.request.fields.byte_size() +
                     exchange.response.fields.byte_size() + exchange.response.trailers.byte_size();
  size += std::apply([](const auto&... names) { return sizes_of(names...); }, names_of(call));
  for (const Violation& violation : call.violations) size += violation.message.size();
  return size + size_of(call.request_document) + size_of(call.response_document);
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
  std::apply([](auto&... names) { (drop_if_long(names), ...); }, names_of(call));
  call.exchange->request.fields = {};
  call.exchange->response.fields = {};
  call.exchange->response.trailers = {};
  for (DocumentFacts* facts : {&call.request_document, &call.response_document}) {
    std::vector<HandleFacts>().swap(facts->results);
    drop(facts->problem);
    drop(facts->missing_fields);
  }
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
  return is_mpsd(exchange, rules_) || (!request.present && request.authority.empty());
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
  examine(*call, rules_);
  if (message && call->rta.kind == RtaMessage::Kind::none) report_.add(Counter::rta_unread);
  calls_->push_back(std::move(call));
}

void Examiner::on_exchange(ExchangePtr exchange) {
  exchange->decided = clock_;
  if (exchange->kind != Exchange::Kind::http) return on_message(std::move(exchange));
  report_.add(Counter::exchanges);
  const HttpRequest& request = exchange->request;
  if (request.authority.empty() && exchange->defects.has(Defect::request_missing)) {
    report_.add(Counter::responses_placeless);
  }
  count_host(request.authority);
  CallPtr call = take(free_calls_);
  call->exchange = std::move(exchange);
  examine(*call, rules_);
  bound(*call);
  call->listed = call->mpsd || all_;
  if (call->listed || call->bucket) {
    calls_->push_back(std::move(call));
  } else {
    free_call(std::move(call));
  }
}

// The host alone, in lower case. Connections talk to one host, so the last one is the likeliest.
void Examiner::count_host(const std::string& authority) {
  if (authority != last_authority_ || last_count_ == nullptr) {
    last_authority_ = authority;
    const std::size_t colon = authority.rfind(':');
    const bool port = colon != authority.npos && authority.find(']', colon) == authority.npos;
    last_count_ = &report_.count_of_host(
        authority.empty() ? "(no host)"
                          : lower_case(authority.substr(0, port ? colon : authority.npos)));
  }
  ++*last_count_;
}

}  // namespace mpsdscope

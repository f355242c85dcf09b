#include "decode/exchange_builder.h"

#include <algorithm>
#include <utility>

#include "decode/ascii.h"
#include "decode/content_coding.h"
#include "decode/http_fields.h"

namespace mpsdscope {
namespace {

// RFC 9112 §3.2.2 absolute-form: takes scheme and authority out of "http://host/path".
bool read_absolute_form(HttpRequest& request) {
  const std::string_view target = request.target;
  if (target.empty() || target.front() == '/') return false;
  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos || colon == 0) return false;
  if (target.substr(0, colon).find_first_of("/?#") != std::string_view::npos) return false;
  const std::string_view rest = target.substr(colon + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.empty()) return false;
  request.scheme = lower_case(target.substr(0, colon));
  request.authority = without_userinfo(authority);
  return true;
}

// RFC 9110 §5.3: several lines of a list field are one list.
void append_list(std::string& list, const FieldLines& fields, FieldName field) {
  if (!fields.contains(field)) return;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const FieldLines::Line line = fields[i];
    if (line.field != field) continue;
    if (!list.empty()) list += ", ";
    list += line.value;
  }
}

// All codings of a body in the order applied: content codings, then transfer codings (RFC 9112
// §6.1) but for chunked, which the reader of messages took off.
std::string codings_of(const FieldLines& fields) {
  constexpr std::string_view kChunked = "chunked";
  std::string list;
  append_list(list, fields, FieldName::content_encoding);
  if (!fields.contains(FieldName::transfer_encoding)) return list;
  std::string transfer;
  append_list(transfer, fields, FieldName::transfer_encoding);
  const std::string_view all = trim_ows(transfer);
  const std::string_view last = all.substr(all.size() - std::min(all.size(), kChunked.size()));
  const bool chunked = equals_ignoring_case(last, kChunked);
  const std::string_view others = chunked ? all.substr(0, all.size() - kChunked.size()) : all;
  if (others.empty()) return list;
  if (!list.empty()) list += ", ";
  return list.append(others);
}

}  // namespace

std::string_view without_userinfo(std::string_view authority) {
  if (authority.find('@') == std::string_view::npos) return authority;  // nearly always, and quick
  return authority.substr(authority.rfind('@') + 1);
}

// An eighth of a connection's memory stays free for the layers below.
ExchangeBuilder::ExchangeBuilder(DecodeContext& context, ConnectionInfo& info)
    : context_(context),
      info_(info),
      body_budget_(context.limits.max_buffered_per_flow -
                   context.limits.max_buffered_per_flow / 8) {}

OpenExchange ExchangeBuilder::begin() const {
  OpenExchange open;
  open.exchange = context_.exchanges.make_exchange();
  open.exchange->conn = info_.conn;
  open.exchange->client = info_.client;
  open.exchange->server = info_.server;
  open.exchange->tls = info_.tls;
  return open;
}

void ExchangeBuilder::request_head(OpenExchange& open) {
  HttpRequest& request = open.exchange->request;
  if (request.authority.empty() && !read_absolute_form(request)) {
    if (request.method == "CONNECT") {
      request.authority = without_userinfo(request.target);
    } else if (const auto host = request.fields.find(FieldName::host)) {
      request.authority = without_userinfo(*host);
    }
  }
  if (!request.present) {
    complete_unread(request);
  } else {
    if (request.scheme.empty()) request.scheme = info_.tls ? "https" : "http";
    if (request.authority.empty()) {
      request.authority = info_.connect_authority.empty() ? info_.sni : info_.connect_authority;
    } else if (request.method != "CONNECT") {
      if (authority_ != request.authority) authority_ = request.authority;
      if (scheme_ != request.scheme) scheme_ = request.scheme;
      if (!placeless_.empty()) give_on_placeless();
    }
  }
  hold(open, request.fields.byte_size() + request.target.size());
  open.keep_bodies = context_.exchanges.wants_bodies(*open.exchange);
}

// Nobody knows whom the request named: most likely whom the one before it named.
void ExchangeBuilder::complete_unread(HttpRequest& request) const {
  const bool as_before = request.authority.empty() && !authority_.empty();
  if (as_before) {
    request.authority = authority_;
    request.authority_guessed = info_.sni.empty() || !authority_.starts_with(info_.sni);
  } else if (request.authority.empty()) {
    request.authority = info_.connect_authority.empty() ? info_.sni : info_.connect_authority;
  }
  if (!request.scheme.empty()) return;
  request.scheme = as_before ? scheme_ : info_.tls ? "https" : "http";
}

void ExchangeBuilder::response_head(OpenExchange& open) {
  complete_unread(open.exchange->request);
  open.keep_bodies = context_.exchanges.wants_bodies(*open.exchange);
}

void ExchangeBuilder::hold(OpenExchange& open, std::size_t bytes) {
  open.held += bytes;
  held_ += bytes;
}

void ExchangeBuilder::request_body(OpenExchange& open, std::string_view piece) {
  open.exchange->request.body_length += piece.size();
  if (open.keep_bodies) {
    append(open, open.exchange->request.body, piece, Defect::request_body_cut);
  }
}

void ExchangeBuilder::response_body(OpenExchange& open, std::string_view piece) {
  if (!open.keep_bodies && open.exchange->response.body_length == 0) {
    open.keep_response = context_.exchanges.wants_response_body(*open.exchange);
  }
  open.exchange->response.body_length += piece.size();
  if (open.keep_bodies || open.keep_response) {
    append(open, open.exchange->response.body, piece, Defect::response_body_cut);
  }
}

void ExchangeBuilder::append(OpenExchange& open, std::string& body, std::string_view piece,
                             Defect cut) {
  Defects& defects = open.exchange->defects;
  if (defects.has(cut)) return;
  const std::size_t own = context_.limits.max_body_bytes - body.size();
  const std::size_t shared = body_budget_ - std::min(held_, body_budget_);
  if (piece.size() > std::min(own, shared)) {
    piece = piece.substr(0, std::min(own, shared));
    defects.add(cut);
    context_.report.add(Counter::http_bodies_cut);
  }
  body.append(piece);
  hold(open, piece.size());
}

void ExchangeBuilder::decode(std::string& body, const FieldLines& fields, bool complete,
                             Exchange& exchange, Defect undecoded) {
  if (body.empty()) return;
  const std::string codings = codings_of(fields);
  if (codings.empty()) return;
  if (!complete) {
    if (equals_ignoring_case(codings, "identity")) return;
    exchange.defects.add(undecoded);
    return context_.report.add(Counter::http_bodies_undecoded);
  }
  const Limits& limits = context_.limits;
  const std::uint64_t usual = std::uint64_t{body.size()} * limits.max_decoded_ratio;
  const std::uint64_t spare =
      limits.max_decoded_excess_total -
      std::min<std::uint64_t>(context_.decoded_excess, limits.max_decoded_excess_total);
  const auto cap = static_cast<std::size_t>(
      std::min<std::uint64_t>(limits.max_decoded_body_bytes, usual + spare));
  DecodedContent decoded = decode_content(codings, body, cap);
  context_.decoded_excess += decoded.produced - std::min(decoded.produced, usual);
  if (decoded.outcome == DecodedContent::Outcome::decoded) {
    body = std::move(decoded.body);
    return;
  }
  const bool of_request = undecoded == Defect::request_body_undecoded;
  exchange.defects.add(undecoded);
  if (decoded.outcome == DecodedContent::Outcome::over_limit) {
    exchange.defects.add(of_request ? Defect::request_body_over_limit
                                    : Defect::response_body_over_limit);
    context_.report.add(Counter::http_bodies_over_limit);
  } else {
    context_.report.add(Counter::http_bodies_undecoded);
  }
  if (!exchange.malformed.empty()) return;
  exchange.malformed = std::string(of_request ? "request" : "response") + " body: ";
  exchange.malformed += decoded.reason;
}

void ExchangeBuilder::hand_over(OpenExchange open, std::uint32_t stream) {
  const Exchange& exchange = *open.exchange;
  const bool placeless =
      exchange.defects.has(Defect::request_missing) && exchange.request.authority.empty();
  if (!placeless || requests_ended_) {
    return give_on(std::move(open), stream);
  }
  placeless_.push_back({std::move(open), stream});
  if (placeless_.size() > kMostPlaceless || held_ > body_budget_ / 2) give_on_placeless();
}

void ExchangeBuilder::give_on_placeless() {
  for (Placeless& placeless : std::exchange(placeless_, {})) {
    complete_unread(placeless.open.exchange->request);
    give_on(std::move(placeless.open), placeless.stream);
  }
}

void ExchangeBuilder::end_requests() {
  requests_ended_ = true;
  give_on_placeless();
}

void ExchangeBuilder::give_on(OpenExchange open, std::uint32_t stream) {
  held_ -= open.held;
  Exchange& exchange = *open.exchange;
  const Defects& defects = exchange.defects;
  const bool request_whole = open.request_done && !defects.has(Defect::request_gap) &&
                             !defects.has(Defect::request_truncated) &&
                             !defects.has(Defect::request_malformed) &&
                             !defects.has(Defect::request_body_cut);
  const bool response_whole =
      open.response_done && !defects.has(Defect::response_gap) &&
      !defects.has(Defect::response_truncated) && !defects.has(Defect::response_unseen) &&
      !defects.has(Defect::response_malformed) && !defects.has(Defect::response_body_cut);
  decode(exchange.request.body, exchange.request.fields, request_whole, exchange,
         Defect::request_body_undecoded);
  decode(exchange.response.body, exchange.response.fields, response_whole, exchange,
         Defect::response_body_undecoded);
  exchange.stream = stream;
  exchange.index = info_.next_index++;
  context_.exchanges.on_exchange(std::move(open.exchange));
}

void ExchangeBuilder::malformed(Exchange& exchange, Defect defect, std::string reason) {
  if (exchange.malformed.empty()) exchange.malformed = std::move(reason);
  if (exchange.defects.has(defect)) return;
  exchange.defects.add(defect);
  context_.report.add(Counter::http_malformed);
}

void ExchangeBuilder::head_over_limit(Exchange& exchange, Defect malformed, std::string reason) {
  if (exchange.malformed.empty()) exchange.malformed = std::move(reason);
  exchange.defects.add(malformed);
  exchange.defects.add(malformed == Defect::request_malformed ? Defect::request_head_over_limit
                                                              : Defect::response_head_over_limit);
}

void ExchangeBuilder::ambiguous(Exchange& exchange, Defect defect, std::string_view reason) {
  if (reason.empty()) return;
  if (exchange.malformed.empty()) exchange.malformed = reason;
  if (exchange.defects.has(defect)) return;
  exchange.defects.add(defect);
  context_.report.add(Counter::http_ambiguous);
}

}  // namespace mpsdscope

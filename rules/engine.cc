#include "rules/engine.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "decode/ascii.h"
#include "decode/http_fields.h"
#include "decode/recycle.h"
#include "rules/host_pattern.h"
#include "rules/identity.h"
#include "rules/known_fields.h"
#include "rules/service_rules.h"

namespace mpsdscope {
namespace {

int contract_version_of(const KnownFields& fields) {
  if (!fields.contract_version) return 0;
  const std::string_view text = trim_ows(*fields.contract_version);
  int version = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, version);
  return error == std::errc() && stop == end ? version : 0;
}

bool request_body_known(const Exchange& exchange) {
  const Defects& defects = exchange.defects;
  return exchange.request.present &&
         (defects.none() ||
          (!defects.has(Defect::request_gap) && !defects.has(Defect::request_body_cut) &&
           !defects.has(Defect::request_body_undecoded)));
}

void read_documents(Call& call, const KnownFields& fields) {
  const Exchange& exchange = *call.exchange;
  const int contract = contract_version_of(fields);
  const auto read = [contract](const std::string& body, DocumentFacts& facts) {
    if (!body.empty()) read_document_into(facts, body, contract, body.capacity());
  };
  if (request_body_known(exchange)) read(exchange.request.body, call.request_document);
  // Not decoded, the bytes are no document; cut or with a gap they are one that is damaged.
  if (exchange.response.present && !exchange.defects.has(Defect::response_body_undecoded)) {
    read(exchange.response.body, call.response_document);
  }
}

// HTTP/2 without a valid :status: there is nothing to tag, its defect says what is wrong.
bool has_status(const Exchange& exchange) {
  return exchange.response.status != 0 || !exchange.defects.has(Defect::response_malformed);
}

// The media type decides between two rows, and may stand where the head could not be read.
bool is_undecided(const Call& call, const KnownFields& fields) {
  const HttpResponse& response = call.exchange->response;
  return response.head_cut && !fields.content_type && !call.response_document.json_object &&
         (response.status == 403 || response.status == 412);
}

void tag(Call& call, const KnownFields& fields) {
  if (is_undecided(call, fields)) return;
  call.row =
      classify(call.exchange->response.status, media_type_of(fields.content_type.value_or("")),
               call.response_document.json_object);
  if (call.row == Row::r204) {
    call.variant = variant_of(call.exchange->request.method, call.target.kind);
  }
}

bool by_handle(const Target& target) {
  return target.kind == TargetKind::session_by_handle ||
         target.kind == TargetKind::element_by_handle || target.kind == TargetKind::handle;
}

void fill(std::string& empty, const std::string& known) {
  if (empty.empty()) empty = known;
}

}  // namespace

void Call::clear() {
  mpsd = false;
  target.clear();
  row.reset();
  variant = Variant204::none;
  retry_after_s.reset();
  for (std::string* text : {&etag, &correlation_id, &user_id, &user_hash}) recycle(*text);
  request_document.clear();
  response_document.clear();
  title_id.reset();
  user_source = UserSource::none;
  violations.clear();
}

RuleSettings::RuleSettings() {
  for (const RuleInfo& info : rule_table()) {
    severities[static_cast<std::size_t>(info.rule)] = info.severity;
  }
}

bool is_mpsd(const Exchange& exchange, const RuleSettings& settings) {
  const HttpRequest& request = exchange.request;
  if (request.method == "CONNECT") return false;
  const std::string_view host = bare_host(request.authority);
  if (host.empty()) {
    return std::any_of(settings.mpsd_hosts.begin(), settings.mpsd_hosts.end(),
                       [](const std::string& pattern) { return bare_host(pattern) == "*"; }) ||
           parse_target(request.target).kind != TargetKind::unknown;
  }
  return std::any_of(
      settings.mpsd_hosts.begin(), settings.mpsd_hosts.end(),
      [host](const std::string& pattern) { return matches_host(bare_host(pattern), host); });
}

CallPtr examine(ExchangePtr exchange, const RuleSettings& settings) {
  auto call = std::make_unique<Call>();
  call->exchange = std::move(exchange);
  examine(*call, settings);
  return call;
}

void examine(Call& call, const RuleSettings& settings) {
  Exchange& observed = *call.exchange;
  call.mpsd = is_mpsd(observed, settings);
  if (call.mpsd) {
    const KnownFields fields = find_known_fields(observed);
    // Of a malformed head the target is there whole or not at all.
    if (!observed.request.target.empty()) parse_target_into(call.target, observed.request.target);
    read_documents(call, fields);
    if (observed.response.present) {
      if (has_status(observed)) tag(call, fields);
      read_response_fields(call, fields);
    }
    identify(call, fields);
    judge_service_side(call, fields, settings);
  }
  if (!settings.keep_bodies) {
    recycle(observed.request.body);
    recycle(observed.response.body);
  }
}

Engine::Engine(const RuleSettings& settings)
    : handles_(settings.max_remembered_handles), users_(settings.max_remembered_users) {}

void Engine::judge(Call& call) {
  if (!call.mpsd) return;
  complete_target(call);
  complete_user(call);
  learn_handles(call);
  rates_.count(call);
}

void Engine::complete_target(Call& call) {
  if (!by_handle(call.target)) return;
  const HandleMemory* known = handles_.find(lower_case(call.target.handle));
  if (known == nullptr) return;
  if (!call.title_id) call.title_id = known->title_id;
  if (call.target.kind == TargetKind::handle) return;
  fill(call.target.scid, known->scid);
  fill(call.target.template_name, known->template_name);
  fill(call.target.session, known->session);
}

void Engine::learn_handle(std::string_view id, const HandleFacts& facts,
                          std::optional<std::uint32_t> title_id) {
  HandleMemory* memory = handles_.obtain(lower_case(id));
  if (memory == nullptr) return;
  if (title_id) memory->title_id = title_id;
  if (facts.ref_scid.empty()) return;
  memory->scid = facts.ref_scid;
  memory->template_name = facts.ref_template;
  memory->session = facts.ref_session;
}

void Engine::learn_handles(const Call& call) {
  const DocumentFacts& document = call.response_document;
  if (!call.row || call.exchange->response.status >= 300) return;
  if (document.shape == DocumentShape::handle && !document.handle_id.empty()) {
    HandleFacts facts;
    facts.ref_scid = document.ref_scid;
    facts.ref_template = document.ref_template;
    facts.ref_session = document.ref_session;
    learn_handle(document.handle_id, facts, call.title_id);
  }
  for (const HandleFacts& facts : document.results) {
    std::optional<std::uint32_t> title_id = parse_title_id(facts.title_id);
    if (!title_id) title_id = title_id_of_scid(facts.ref_scid);
    learn_handle(facts.id, facts, title_id);
  }
  if (by_handle(call.target) && call.title_id) learn_handle(call.target.handle, {}, call.title_id);
}

void Engine::complete_user(Call& call) {
  if (call.user_hash.empty()) return;
  // A handle's owner need not be who reads it, so it neither teaches nor outweighs memory.
  const bool certain =
      call.user_source == UserSource::debug || call.user_source == UserSource::member ||
      (call.user_source == UserSource::owner && call.target.kind == TargetKind::handles);
  if (certain) {
    std::string* xuid = users_.obtain(call.user_hash);
    if (xuid == nullptr || *xuid == call.user_id) return;
    *xuid = call.user_id;
    rates_.join_user(call.user_hash, call.user_id);
  } else if (const std::string* xuid = users_.find(call.user_hash)) {
    call.user_id = *xuid;
    call.user_source = UserSource::hash;
  }
}

}  // namespace mpsdscope

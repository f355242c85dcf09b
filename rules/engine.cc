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
#include "rules/session_name.h"
#include "rules/user_name.h"

namespace mpsdscope {
namespace {

// Bytes of a handle's id and of each name of its session that are remembered: the service has none
// as long.
constexpr std::size_t kMostHandleText = 256;

std::optional<int> contract_version_of(const KnownFields& fields) {
  if (!fields.contract_version) return std::nullopt;
  const std::string_view text = trim_ows(*fields.contract_version);
  int version = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, version);
  return error == std::errc() && stop == end ? std::optional(version) : std::nullopt;
}

SharedFacts read(const std::string& body, const Call& call) {
  return read_document(body, call.contract_version.value_or(0), body.capacity());
}

void read_response_document(Call& call) {
  const Exchange& exchange = *call.exchange;
  // Not decoded, the bytes are no document; cut or with a gap they are one that is damaged.
  if (!exchange.response.present || exchange.defects.has(Defect::response_body_undecoded)) return;
  call.response_document = read(exchange.response.body, call);
}

void read_documents(Call& call) {
  const Exchange& exchange = *call.exchange;
  if (request_body_known(exchange)) call.request_document = read(exchange.request.body, call);
  read_response_document(call);
}

// HTTP/2 without a valid :status: there is nothing to tag, its defect says what is wrong.
bool has_status(const Exchange& exchange) {
  return exchange.response.status != 0 || !exchange.defects.has(Defect::response_malformed);
}

// The media type decides between two rows, and may stand where the head could not be read.
bool is_undecided(const Call& call, const KnownFields& fields) {
  const HttpResponse& response = call.exchange->response;
  return response.head_cut && !fields.content_type && !call.response_document->json_object &&
         (response.status == 403 || response.status == 412);
}

void tag(Call& call, const KnownFields& fields) {
  if (is_undecided(call, fields)) return;
  call.row =
      classify(call.exchange->response.status, media_type_of(fields.content_type.value_or("")),
               call.response_document->json_object);
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
  listed = true;
  bucket.reset();
  counted.reset();
  target.clear();
  session = {};
  row.reset();
  variant = Variant204::none;
  retry_after_s.reset();
  request.clear();
  contract_version.reset();
  for (std::string* text : {&etag, &correlation_id}) recycle(*text);
  for (UserText* user : {&user_id, &user_hash}) user->clear();
  request_document.clear();
  response_document.clear();
  rta.clear();
  title_id.reset();
  user_source = UserSource::none;
  hash_shared = false;
  violations.clear();
}

std::optional<bool> is_mpsd_host(std::string_view authority, const RuleSettings& settings) {
  const std::string_view host = bare_host(authority);
  if (host.empty()) return std::nullopt;
  return std::any_of(
      settings.mpsd_hosts.begin(), settings.mpsd_hosts.end(),
      [host](const std::string& pattern) { return matches_host(bare_host(pattern), host); });
}

bool is_mpsd(const Exchange& exchange, const RuleSettings& settings) {
  const HttpRequest& request = exchange.request;
  if (request.method == "CONNECT") return false;
  if (const auto known = is_mpsd_host(request.authority, settings)) return *known;
  return std::any_of(settings.mpsd_hosts.begin(), settings.mpsd_hosts.end(),
                     [](const std::string& pattern) { return bare_host(pattern) == "*"; }) ||
         parse_target(request.target).kind != TargetKind::unknown;
}

CallPtr examine(ExchangePtr exchange, const RuleSettings& settings) {
  auto call = std::make_unique<Call>();
  call->exchange = std::move(exchange);
  examine(*call, settings);
  return call;
}

namespace {

void examine_message(Call& call) {
  Exchange& observed = *call.exchange;
  const bool from_server = observed.response.present;
  const std::string& text = from_server ? observed.response.body : observed.request.body;
  if (observed.kind == Exchange::Kind::message) read_rta_message(text, from_server, call.rta);
  identify(call, find_known_fields(observed));
  recycle(observed.request.body);
  recycle(observed.response.body);
}

}  // namespace

void examine(Call& call, const RuleSettings& settings) {
  examine(call, settings, is_mpsd(*call.exchange, settings));
}

void examine(Call& call, const RuleSettings& settings, bool mpsd) {
  Exchange& observed = *call.exchange;
  if (observed.kind != Exchange::Kind::http) return examine_message(call);
  call.mpsd = mpsd;
  if (call.mpsd) {
    const KnownFields fields = find_known_fields(observed);
    // Of a malformed head the target is there whole or not at all.
    if (!observed.request.target.empty()) parse_target_into(call.target, observed.request.target);
    if (call.target.within_session()) call.session = digest_of_session(call.target);
    call.contract_version = contract_version_of(fields);
    read_request_facts(observed, fields, call.request);
    read_documents(call);
    if (observed.response.present) {
      if (has_status(observed)) tag(call, fields);
      read_response_fields(call, fields);
    }
    identify(call, fields);
    judge_service_side(call, fields, settings);
  }
  call.bucket = bucket_of(call, settings.limits);
  if (!call.mpsd) {
    if (call.bucket) identify(call, find_known_fields(observed));
    if (call.bucket && is_throttled(call)) read_response_document(call);
    recycle(observed.response.body);
  }
  keep_beginning(observed.request.body, settings.keep_body_bytes);
  keep_beginning(observed.response.body, settings.keep_body_bytes);
}

Engine::Engine(const RuleSettings& settings)
    : usage_(settings.limits),
      title_side_(settings, &rta_),
      handles_(settings.max_remembered_handles),
      users_(settings.max_remembered_users) {
  if (settings.follow_sessions) stories_.emplace(settings.stories);
}

void Engine::judge(Call& call) {
  if (!call.mpsd && !call.bucket) return;
  // Of calls that were announced all is there; the others wait for it now.
  const bool known = announced(kAhead).call == &call;
  if (call.mpsd) complete_target(call);
  if (known) {
    complete_user(call);
  } else {
    const Expected expected = expected_of(call);
    prefetch(expected);
    prefetch_entries(expected);
    complete_user(call);
    prefetch_details(expected);
  }
  if (call.mpsd) {
    learn_handles(call);
    rta_.learn(call);
  }
  const LimitUse* use = usage_.count(call);
  if (use != nullptr) call.counted = use->within_said_period;
  title_side_.judge(call, use);
  rates_.count(call, use);
  count_conducts();
  if (call.mpsd && stories_) stories_->take(call);
}

// Each step needs what the one before asked for, so another call lies in between.
void Engine::expect(const Call& later) {
  ++announced_;
  prefetch(announced(0) = expected_of(later));
  prefetch_entries(announced(1));
  prefetch_details(announced(2));
}

Engine::Expected Engine::expected_of(const Call& call) {
  Expected expected{&call, call.mpsd, call.user_hash.number(), LimitUsage::key_of(call), {}};
  if (call.mpsd) expected.title = TitleSide::guess(call);
  return expected;
}

void Engine::prefetch(const Expected& expected) const {
  if (expected.user_hash) users_.prefetch(*expected.user_hash);
  usage_.prefetch(expected.usage);
  if (expected.mpsd) title_side_.prefetch(expected.title);
}

void Engine::prefetch_entries(const Expected& expected) const {
  if (expected.user_hash) users_.prefetch_entry(*expected.user_hash);
  usage_.prefetch_user(expected.usage);
  if (expected.mpsd) title_side_.prefetch_entries(expected.title);
}

void Engine::prefetch_details(const Expected& expected) const {
  usage_.prefetch_entries(expected.usage);
  if (expected.mpsd) title_side_.prefetch_details(expected.title);
}

void Engine::finish() {
  title_side_.finish();
  count_conducts();
}

void Engine::count_conducts() {
  for (Conduct& conduct : title_side_.conducts()) {
    // Who was known by a hash when the wait began may have an XUID by now.
    if (const auto hash = hash_in_name(conduct.user)) {
      if (const std::string_view xuid = users_.find(UserText(*hash)); !xuid.empty())
        conduct.user = xuid;
    }
    rates_.count(conduct);
  }
}

const std::vector<Notification>& Engine::hear(Call& message) {
  complete_user(message);
  rta_.hear(message);
  if (stories_) {
    for (const Notification& notification : rta_.notifications()) stories_->take(notification);
  }
  return rta_.notifications();
}

std::vector<TitleRates> Engine::rates_at(CaptureTime now) const {
  std::vector<TitleRates> rates = rates_.snapshot(now);
  for (TitleRates& title : rates) {
    for (auto& [user, summary] : title.users) {
      for (LimitShare& share : summary.limits) complete_share(title, user, share, now);
    }
    for (LimitShare& share : title.total.limits) share.name = usage_.table()[share.bucket].name;
  }
  return rates;
}

// The calls of the last periods; the title's are the most of any user.
void Engine::complete_share(TitleRates& title, std::string_view user, LimitShare& share,
                            CaptureTime now) const {
  share.name = usage_.table()[share.bucket].name;
  const auto total =
      std::find_if(title.total.limits.begin(), title.total.limits.end(),
                   [&](const LimitShare& other) { return other.bucket == share.bucket; });
  for (std::size_t i = 0; i < share.windows.size(); ++i) {
    LimitShare::Window& window = share.windows[i];
    // Of the titles that share an entry the last periods are not told apart.
    window.now =
        title.other ? 0 : usage_.calls(user, title.title_id, share.bucket, window.period, now);
    total->windows[i].now = std::max(total->windows[i].now, window.now);
  }
}

void Engine::complete_target(Call& call) {
  if (!by_handle(call.target)) return;
  const HandleMemory* known = handles_.find(lower_case(call.target.handle));
  if (known == nullptr || known->session.empty()) {
    learn_location(call);
    known = handles_.find(lower_case(call.target.handle));
  }
  if (known == nullptr) return;
  if (!call.title_id) call.title_id = known->title_id;
  if (call.target.kind == TargetKind::handle) return;
  fill(call.target.scid, known->scid);
  fill(call.target.template_name, known->template_name);
  fill(call.target.session, known->session);
  call.session = digest_of_session(call.target);
}

// The answer to a call by handle may name the session by its path.
void Engine::learn_location(const Call& call) {
  if (!call.target.within_session()) return;
  const auto location = call.exchange->response.fields.find(FieldName::content_location);
  if (!location) return;
  Target named = parse_target(*location);
  if (named.session.empty()) return;
  HandleFacts facts;
  facts.ref_scid = std::move(named.scid);
  facts.ref_template = std::move(named.template_name);
  facts.ref_session = std::move(named.session);
  learn_handle(call.target.handle, facts, title_id_of_scid(facts.ref_scid));
}

void Engine::learn_handle(std::string_view id, const HandleFacts& facts,
                          std::optional<std::uint32_t> title_id) {
  for (const std::string_view text :
       {id, std::string_view(facts.ref_scid), std::string_view(facts.ref_template),
        std::string_view(facts.ref_session)}) {
    if (text.size() <= kMostHandleText) continue;
    ++unkept_;
    return;
  }
  HandleMemory* memory = handles_.obtain(lower_case(id));
  if (memory == nullptr) return;
  if (title_id) memory->title_id = title_id;
  if (facts.ref_scid.empty()) return;
  memory->scid = facts.ref_scid;
  memory->template_name = facts.ref_template;
  memory->session = facts.ref_session;
}

void Engine::learn_handles(const Call& call) {
  const DocumentFacts& document = *call.response_document;
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
  const std::string_view xuid = users_.find(call.user_hash);
  if (certain) {
    if (call.user_id == xuid) return;
    // The service itself says that it is somebody else.
    call.hash_shared = !xuid.empty() && call.user_source == UserSource::debug;
    if (call.hash_shared) return;
    if (!users_.learn(call.user_hash, call.user_id)) return;
    rates_.join_user(call.user_hash, call.user_id);
    title_side_.join_user(call.user_hash, call.user_id);
    usage_.join_user(call.user_hash, call.user_id);
    return;
  }
  if (xuid.empty()) return;
  call.user_id = xuid;
  call.user_source = UserSource::hash;
}

}  // namespace mpsdscope

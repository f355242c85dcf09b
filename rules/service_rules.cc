#include "rules/service_rules.h"

#include <algorithm>
#include <array>

#include "decode/http_fields.h"
#include "decode/recycle.h"
#include "rules/completeness.h"
#include "rules/quoted.h"

namespace mpsdscope {
namespace {

std::int64_t seconds_of(CaptureTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

// When the response says it was made, else when it was complete (RFC 9110 §6.6.1).
std::int64_t made_at(const Exchange& exchange, const KnownFields& fields) {
  const std::int64_t completed = seconds_of(exchange.completed());
  if (!fields.date) return completed;
  return parse_http_date(trim_ows(*fields.date), completed).value_or(completed);
}

class Judge {
 public:
  Judge(Call& call, const KnownFields& fields, const RuleSettings& settings)
      : call_(call),
        fields_(fields),
        exchange_(*call.exchange),
        response_(exchange_.response),
        request_(exchange_.request),
        settings_(settings),
        row_(call.row ? status_row_of(*call.row) : nullptr),
        body_known_(response_body_known(exchange_)) {}

  void run();

 private:
  // `most`: the severity is at most this, whatever is configured.
  void report(Rule rule, std::string message, Severity most = Severity::error) {
    const Severity severity = std::min(settings_.severities[static_cast<std::size_t>(rule)], most);
    if (severity != Severity::off) call_.violations.push_back({rule, severity, std::move(message)});
  }

  bool is(Row row) const { return call_.row == row; }
  bool success() const { return is(Row::r200) || is(Row::r201); }
  bool method_is(std::string_view method) const { return request_.method == method; }
  bool may_have_body() const { return request_.present && !method_is("HEAD"); }
  // Does the table demand an entire session of this response?
  bool owes_session() const {
    return row_ != nullptr && row_->body == BodyDemand::session &&
           (success() ? call_.target.answers_session() : call_.target.within_session());
  }
  std::string status() const { return std::to_string(response_.status); }
  std::string undecoded_body() const;

  void partial_session_4xx();
  void no_retry_after();
  void retry_after_malformed();
  void session_malformed();
  void etags();
  void content_type_mismatch();
  void body_presence();
  void body_malformed_429();
  void status_method_mismatch();
  void status_unlisted();
  void http_malformed();
  void response_missing();
  void precondition_mismatch();

  Call& call_;
  const KnownFields& fields_;
  const Exchange& exchange_;
  const HttpResponse& response_;
  const HttpRequest& request_;
  const RuleSettings& settings_;
  const StatusRow* row_;
  bool body_known_;
};

// For a body whose coding is damaged or unknown.
std::string Judge::undecoded_body() const {
  const auto content = response_.fields.find(FieldName::content_encoding);
  const auto transfer = response_.fields.find(FieldName::transfer_encoding);
  return "the body of the " + status() + " (" + std::to_string(response_.body_length) +
         " bytes) cannot be decoded, its " +
         (content ? "Content-Encoding " + quoted(*content)
                  : "Transfer-Encoding " + quoted(transfer.value_or(""))) +
         " is damaged or unknown: no client can read it";
}

void Judge::partial_session_4xx() {
  if (!is(Row::r403_session) && !is(Row::r412_session)) return;
  if (!owes_session() || !may_have_body()) return;
  if (coding_damaged(exchange_)) return report(Rule::partial_session_4xx, undecoded_body());
  if (!body_known_ && !body_truncated_only(exchange_)) return;
  const DocumentFacts& document = *call_.response_document;
  const std::string_view demand =
      call_.target.answers_session()
          ? ": the table demands the entire session"
          : ": the table demands the entire session, even for the URI of an element";
  if (document.shape == DocumentShape::session) {
    if (document.missing_fields.empty()) return;
    report(Rule::partial_session_4xx,
           "the session in the " + status() + " lacks " + document.missing_fields +
               ", which its contract version promises; it is entire otherwise",
           Severity::info);
    return;
  }
  if (!body_known_ || document.shape == DocumentShape::none) {
    const std::string found =
        body_known_ ? "empty"
                    : "truncated after " + std::to_string(response_.body_length) + " bytes";
    report(Rule::partial_session_4xx,
           "the body of the " + status() + " is " + found + std::string(demand));
    return;
  }
  report(Rule::partial_session_4xx,
         "the body of the " + status() + " (" + std::to_string(response_.body.size()) +
             " bytes) is not an entire session, " + document.problem + std::string(demand));
}

void Judge::no_retry_after() {
  if (fields_.retry_after || response_.head_cut) return;
  if (is(Row::r503)) {
    report(Rule::no_retry_after_503,
           "the 503 has no Retry-After: the table says it carries one that clients honour");
  }
  if (is(Row::r429)) {
    report(Rule::no_retry_after_429,
           "the 429 has no Retry-After: the client cannot know when its limit is over");
  }
}

void Judge::retry_after_malformed() {
  if (!fields_.retry_after) return;
  std::optional<std::string_view> first;
  for (std::size_t i = 0; i < response_.fields.size(); ++i) {
    const FieldLines::Line line = response_.fields[i];
    if (line.field != FieldName::retry_after) continue;
    if (!first) {
      first = trim_ows(line.value);
    } else if (*first != trim_ows(line.value)) {
      report(Rule::retry_after_malformed, "Retry-After occurs twice, as " + quoted(*first) +
                                              " and as " + quoted(trim_ows(line.value)) +
                                              ": it may have one value");
      return;
    }
  }
  const RetryAfter parsed = parse_retry_after(*first, made_at(exchange_, fields_));
  if (parsed.form == RetryAfter::Form::malformed) {
    report(Rule::retry_after_malformed,
           "Retry-After is " + quoted(*first) +
               ": neither a number of seconds nor an HTTP-date (RFC 9110 §10.2.3)");
  } else if (parsed.form == RetryAfter::Form::date) {
    report(Rule::retry_after_malformed,
           "Retry-After is a date (" + quoted(*first) + ", in " + std::to_string(parsed.seconds) +
               " s): legal, but the stock client reads whole seconds only",
           Severity::info);
  }
}

void Judge::session_malformed() {
  if (!success() || !owes_session() || !may_have_body()) return;
  if (coding_damaged(exchange_)) return report(Rule::session_malformed, undecoded_body());
  if (!body_known_) return;
  const DocumentFacts& document = *call_.response_document;
  if (document.shape != DocumentShape::session) {
    report(Rule::session_malformed,
           document.shape == DocumentShape::none
               ? "the body of the " + status() + " is empty: the table demands the session"
               : "the body of the " + status() + " (" + std::to_string(response_.body.size()) +
                     " bytes) is not an entire session: " + document.problem);
  } else if (!document.missing_fields.empty()) {
    report(Rule::session_malformed,
           "the session lacks " + document.missing_fields +
               ", which its contract version promises; it is entire otherwise",
           Severity::info);
  }
}

void Judge::etags() {
  if (!call_.etag.empty() || response_.head_cut) return;
  if (is(Row::r412_session)) {
    report(Rule::no_etag_412,
           "the 412 returns a session without an ETag: the table says it carries the current one");
  }
  // A dry run changes no session, so it has no ETag to tell of.
  if (success() && call_.target.answers_session() && !is_dry_run(call_)) {
    report(Rule::session_no_etag, "the " + status() + " answers with a session but has no ETag");
  }
}

void Judge::content_type_mismatch() {
  if (row_ == nullptr || (response_.head_cut && !fields_.content_type)) return;
  // The media type decides the row, but not what the body is.
  if ((is(Row::r403_message) || is(Row::r412_bare)) &&
      call_.response_document->shape == DocumentShape::session) {
    report(Rule::content_type_mismatch,
           "the media type of the " + status() + " is " +
               quoted(media_type_of(fields_.content_type.value_or(""))) +
               ", but its body is a session: application/json was expected, clients do not adopt "
               "the session otherwise");
    return;
  }
  if (row_->media_type.empty()) return;
  const bool has_body = !response_.body.empty() || response_.body_length > 0;
  if (success() && !call_.target.answers_session()) {
    // Other targets answer with JSON of their own, or with nothing.
    if (call_.target.kind == TargetKind::unknown || !has_body) return;
  }
  if (fields_.content_type == row_->media_type) return;
  const std::string_view media_type = media_type_of(fields_.content_type.value_or(""));
  if (equals_ignoring_case(media_type, row_->media_type)) return;
  if (media_type.empty()) {
    if (!has_body || row_->body == BodyDemand::none) return;
    report(Rule::content_type_mismatch, "the " + status() + " has a body but no Content-Type: " +
                                            std::string(row_->media_type) + " was expected");
    return;
  }
  report(Rule::content_type_mismatch, "the media type of the " + status() + " is " +
                                          quoted(media_type) + ": " +
                                          std::string(row_->media_type) + " was expected");
}

void Judge::body_presence() {
  if (row_ == nullptr) return;
  if (row_->body == BodyDemand::none) {
    const std::uint64_t length =
        std::max<std::uint64_t>(response_.body_length, response_.body.size());
    if (length == 0 || (request_.present && method_is("HEAD"))) return;
    report(Rule::body_unexpected, "the " + status() + " carries a body of " +
                                      std::to_string(length) + " bytes: the table has none for it");
    return;
  }
  if (!body_known_ || !response_.body.empty() || !may_have_body()) return;
  if (row_->body == BodyDemand::message) {
    report(Rule::body_missing, "the " + status() + " has no body: the table has a message in " +
                                   std::string(row_->media_type));
  } else if (owes_session()) {
    report(Rule::body_missing, "the " + status() + " has no body: the table has the session");
  }
}

void Judge::body_malformed_429() {
  if (!is(Row::r429) || !body_known_ || response_.body.empty()) return;
  if (request_.present && method_is("HEAD")) return;
  const DocumentFacts& document = *call_.response_document;
  const std::int64_t most = document.max_requests.value_or(-1);
  const std::int64_t period = document.period_in_seconds.value_or(0);
  if (most >= 0 && period > 0) return;
  std::string found = " is not a JSON object";
  if (document.json_object) {
    found = !document.max_requests        ? " has no numeric maxRequests"
            : !document.period_in_seconds ? " has no numeric periodInSeconds"
                                          : " has maxRequests " + std::to_string(most) +
                                                " and periodInSeconds " + std::to_string(period);
  }
  report(Rule::body_malformed_429, "the body of the 429 (" + std::to_string(response_.body.size()) +
                                       " bytes)" + found + ": it does not say which limit was hit");
}

// 412, by the precondition that the request carried (RFC 9110 §13.1).
void Judge::precondition_mismatch() {
  const bool if_match = fields_.if_match.has_value();
  const bool if_none_match = fields_.if_none_match.has_value();
  if (is(Row::r412_session) && method_is("GET")) {
    report(Rule::status_method_mismatch,
           if_match || if_none_match
               ? "412 with a session to a GET: the table has it for PUT and DELETE"
               : "412 with a session to a GET that has neither If-Match nor If-None-Match: the "
                 "table has it for PUT and DELETE with If-Match");
  } else if (!if_match && request_.fields.contains(FieldName::if_unmodified_since)) {
    return;
  } else if (!if_match && !if_none_match) {
    report(Rule::status_method_mismatch,
           "412 to a " + word(request_.method) +
               " that has neither If-Match nor If-None-Match: there is no precondition to fail");
  } else if (!if_match && method_is("GET")) {
    report(Rule::status_method_mismatch,
           "412 to a GET that has only If-None-Match and lacks If-Match: a GET whose "
           "If-None-Match does not hold is answered with 304");
  }
}

void Judge::status_method_mismatch() {
  if (!request_.present || !call_.row) return;
  const bool read = method_is("GET") || method_is("HEAD");
  if (is(Row::r201) && (read || method_is("DELETE"))) {
    report(Rule::status_method_mismatch,
           "201 to a " + request_.method + ": only a PUT or POST can create");
  } else if (is(Row::r304) && !method_is("GET")) {
    report(Rule::status_method_mismatch,
           "304 to a " + word(request_.method) + ": only a GET with If-None-Match can get it");
  } else if (is(Row::r304) && !fields_.if_none_match.has_value()) {
    report(Rule::status_method_mismatch,
           "304 to a GET without If-None-Match: there is nothing that could be unchanged");
  } else if (is(Row::r412_bare) || is(Row::r412_session)) {
    precondition_mismatch();
  } else if (is(Row::r405) && supports(call_.target.kind, request_.method)) {
    report(Rule::status_method_mismatch,
           "405 to a " + request_.method + " of target " + std::string(name_of(call_.target.kind)) +
               ", which supports " + std::string(methods_of(call_.target.kind)));
  }
}

void Judge::status_unlisted() {
  if (!is(Row::unlisted)) return;
  const std::string_view meaning = generic_meaning_of(response_.status);
  std::string message = "status " + status() + " is not in the table";
  if (!meaning.empty()) message += "; elsewhere on Xbox services it means: " + std::string(meaning);
  report(Rule::status_unlisted, std::move(message));
}

void Judge::http_malformed() {
  struct Kind {
    Defect defect;
    std::string_view words;
  };
  static constexpr std::array<Kind, 6> kKinds{{
      {Defect::request_malformed, "the request is malformed"},
      {Defect::request_ambiguous, "where the request ends is ambiguous"},
      {Defect::response_malformed, "the response is malformed"},
      {Defect::response_ambiguous, "where the response ends is ambiguous"},
      {Defect::request_truncated, "the connection ended in the middle of the request"},
      {Defect::response_truncated, "the connection ended in the middle of the response"},
  }};
  if (exchange_.defects.none()) return;
  // For our limits alone: the message may well be sound.
  const auto excused = [this](Defect defect) {
    return (defect == Defect::request_malformed &&
            exchange_.defects.has(Defect::request_head_over_limit)) ||
           (defect == Defect::response_malformed &&
            exchange_.defects.has(Defect::response_head_over_limit));
  };
  std::string message;
  for (const Kind& kind : kKinds) {
    if (!exchange_.defects.has(kind.defect) || excused(kind.defect)) continue;
    if (kind.defect == Defect::request_truncated && answered(exchange_)) continue;
    if (!message.empty()) message += "; ";
    message += kind.words;
    if (kind.defect == Defect::response_truncated) {
      message += ", after " + std::to_string(response_.body_length) + " bytes of its body";
    }
  }
  if (message.empty()) return;
  if (!exchange_.malformed.empty()) message += " (" + exchange_.malformed + ")";
  report(Rule::http_malformed, std::move(message));
}

void Judge::response_missing() {
  if (!exchange_.defects.has(Defect::response_missing)) return;
  report(Rule::response_missing,
         "the connection ended without a response: whether the request was "
         "carried out is unknown");
}

void Judge::run() {
  if (response_.present) {
    partial_session_4xx();
    no_retry_after();
    retry_after_malformed();
    session_malformed();
    etags();
    content_type_mismatch();
    body_presence();
    body_malformed_429();
    status_method_mismatch();
    status_unlisted();
  }
  http_malformed();
  response_missing();
}

}  // namespace

void read_response_fields(Call& call, const KnownFields& fields) {
  if (fields.retry_after) {
    const RetryAfter parsed =
        parse_retry_after(*fields.retry_after, made_at(*call.exchange, fields));
    if (parsed.form != RetryAfter::Form::malformed) call.retry_after_s = parsed.seconds;
  }
  if (fields.etag) overwrite(call.etag, trim_ows(*fields.etag));
  constexpr std::size_t kMaxCorrelationId = 128;
  if (fields.correlation_id && fields.correlation_id->size() <= kMaxCorrelationId) {
    overwrite(call.correlation_id, trim_ows(*fields.correlation_id));
  }
}

void judge_service_side(Call& call, const KnownFields& fields, const RuleSettings& settings) {
  Judge(call, fields, settings).run();
}

}  // namespace mpsdscope

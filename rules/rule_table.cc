#include "rules/rule_table.h"

#include <algorithm>
#include <array>

#include "decode/exchange.h"

namespace mpsdscope {
namespace {

constexpr std::array<std::string_view, 4> kSeverityNames{"off", "info", "warning", "error"};

constexpr std::array<RuleInfo, kRuleCount> kRules{{
    {Rule::partial_session_4xx, "4xx-partial-session", Side::service, Severity::error,
     "403 or 412 with application/json whose body is not an entire session",
     "After a refusal a client adopts the session in the answer and goes on from there. The "
     "service "
     "owes it the entire session, even when the URI addresses only an element: with less, the "
     "client's picture of the session is wrong from then on. Report the call with its correlation "
     "id to the service, and have the client check what it adopts.",
     "MPSD status table, rows 403 and 412 and the note on 4xx"},
    {Rule::no_retry_after_503, "503-no-retry-after", Side::service, Severity::error,
     "503 without Retry-After",
     "An overloaded service says when to come back. Without that, every client guesses, many at "
     "once, and the overload lasts. A client should fall back to growing pauses.",
     "MPSD status table, row 503; RFC 9110 §15.6.4"},
    {Rule::no_retry_after_429, "429-no-retry-after", Side::service, Severity::error,
     "429 without Retry-After",
     "A throttled client needs to know when its period ends. If it calls again too early, the call "
     "is rejected and still counts towards the sustained limit, so guessing makes things worse.",
     "MPSD fine-grained rate limiting; RFC 6585 §4"},
    {Rule::retry_after_malformed, "retry-after-malformed", Side::service, Severity::warning,
     "Retry-After is neither delta-seconds nor an HTTP-date (a date is noted as info)",
     "A client that cannot read the value waits for a time of its own choice. A date is legal and "
     "only noted: the stock client library reads whole seconds and ignores it.",
     "RFC 9110 §10.2.3; stock client library"},
    {Rule::session_malformed, "session-malformed", Side::service, Severity::error,
     "200 or 201 of a session whose body is not an entire session",
     "The client takes the body as the truth about the session. If it is damaged or a part is "
     "missing, members or properties vanish from the game without an error. An entire session that "
     "lacks fields which its contract version promises is noted as info. A body whose "
     "Content-Encoding cannot be undone is not an entire session either.",
     "MPSD status table, rows 200 and 201; session document"},
    {Rule::no_etag_412, "412-no-etag", Side::service, Severity::error,
     "412 with a session but without ETag",
     "The session comes with its current ETag so that the client can write again at once. Without "
     "it the client has to read the session first, or will be refused again with the old one.",
     "MPSD status table, row 412 with session"},
    {Rule::session_no_etag, "session-no-etag", Side::service, Severity::info,
     "200 or 201 of a session without ETag",
     "Without an ETag the client can neither guard its next write with If-Match nor ask for "
     "changes "
     "with If-None-Match.",
     "Recorded traffic; RFC 9110 §8.8.3"},
    {Rule::content_type_mismatch, "content-type-mismatch", Side::service, Severity::warning,
     "The media type is not the one of the status table's row, or is missing",
     "Clients choose their reader by media type: JSON under text/plain is not read at all, text "
     "under "
     "application/json is refused as damaged. Parameters such as charset do not matter.",
     "MPSD status table, column Content-Type; RFC 9110 §8.3"},
    {Rule::body_unexpected, "body-unexpected", Side::service, Severity::warning,
     "A body where the status table's row has none",
     "A row without a body tells the client everything by its status. Whatever comes along is not "
     "read, and is a sign that something else than the service answered.",
     "MPSD status table, column body"},
    {Rule::body_missing, "body-missing", Side::service, Severity::warning,
     "No body where the status table's row has one",
     "The body says what was wrong, what the limits are or what the session is now. Without it the "
     "client has only the status to go by.",
     "MPSD status table, column body"},
    {Rule::body_malformed_429, "429-body-malformed", Side::service, Severity::warning,
     "429 whose body does not give the limit (maxRequests, periodInSeconds)",
     "The body of a 429 says which limit was reached and over which period. Without these numbers "
     "nobody can tell which calls to save. Often the answer came from something before the "
     "service.",
     "MPSD fine-grained rate limiting"},
    {Rule::status_method_mismatch, "status-method-mismatch", Side::service, Severity::warning,
     "The row cannot answer this method or target",
     "201 to a GET or DELETE, 304 to anything but a GET with If-None-Match, 412 without a "
     "precondition, 412 with a session to a GET, 405 for a method that the target supports: the "
     "client's state machine has no place for such an answer. Look for a proxy or a mock in "
     "between.",
     "MPSD status table, column meaning; RFC 9110 §13.1, §15.4.5"},
    {Rule::status_unlisted, "status-unlisted", Side::service, Severity::warning,
     "The status is not in the status table",
     "A session request can be answered outside of the table, by a gateway or by the "
     "authentication before the service. The client needs a default for it.",
     "MPSD status table"},
    {Rule::http_malformed, "http-malformed", Side::service, Severity::error,
     "HTTP syntax error, truncated message or wrong length",
     "The message breaks the syntax of HTTP or ends before its length is reached. Different "
     "readers make different things of it. A request whose end is missing is none of this when its "
     "final response came first: then the client need not send the rest.",
     "RFC 9112 §2.2, §6.3, §8, §9.6; RFC 9113 §8.1.1; RFC 9110 §10.1.1"},
    {Rule::response_missing, "response-missing", Side::service, Severity::warning,
     "The connection ended without a response",
     "The client cannot know whether the service did what it was asked. Before it repeats a write "
     "it "
     "should read the session.",
     "RFC 9112 §9.3.1"},
    {Rule::retry_after_ignored, "retry-after-ignored", Side::title, Severity::error,
     "The same kind of call again before the Retry-After of a 429 or 503 was over",
     "The service said when to come back, to this user of this title. A call before that is "
     "rejected again and still counts towards the sustained limit, so the throttling lasts longer; "
     "after a 503 it prolongs the overload. Calls that were under way when the answer came are "
     "innocent. With the same Signature field it is the client library's automatic retry, with "
     "another one the title called again; the library itself never retries the PUT of a session, "
     "nor anything that is to wait 15 s or longer.",
     "MPSD status table, row 503; MPSD fine-grained rate limiting; RFC 9110 §10.2.3"},
    {Rule::retry_after_ignored_bucket, "retry-after-ignored-bucket", Side::title, Severity::warning,
     "Another kind of call of the same limit before Retry-After was over",
     "Calls of a service count towards one limit, whatever they read or write. While a user of a "
     "title is told to wait, every other call to it is likely to be rejected too, and counts.",
     "MPSD fine-grained rate limiting; RFC 9110 §10.2.3"},
    {Rule::throttle_loop, "throttle-loop", Side::title, Severity::warning,
     "Three or more 429s in a row for one user and title without growing pauses",
     "A loop that calls again at the same pace never gets below its limit, as rejected calls count "
     "too. Wait as long as Retry-After says, or twice as long each time. A pause that is a tenth "
     "longer than the one before is growing; who waits as long as told is in no loop, however "
     "often it is told again (our reading).",
     "MPSD fine-grained rate limiting; retry of the stock client library"},
    {Rule::stale_etag_retry, "stale-etag-retry", Side::title, Severity::error,
     "After a 412, a write to the same session with the ETag that was refused",
     "The session has changed and will not get its old ETag back: the write cannot succeed. The "
     "412 returns the current session and its ETag; adopt them, apply the change to that session "
     "and write with the new ETag.",
     "MPSD status table, row 412 with session; RFC 9110 §13.1.1"},
    {Rule::blind_overwrite, "blind-overwrite", Side::title, Severity::info,
     "After a 412, a write with If-Match: * or without precondition, and no read between",
     "The 412 said that another writer was faster. To write without a precondition instead throws "
     "away what that writer did, without having looked at it.",
     "MPSD write modes; RFC 9110 §13.1.1"},
    {Rule::contract_version, "contract-version", Side::title, Severity::warning,
     "x-xbl-contract-version is missing or below 104",
     "The version decides which fields the service sends and how it reads yours. Without it, or "
     "with an old one, the answers have another shape than the code expects.",
     "MPSD REST reference; recorded traffic"},
    {Rule::rate_burst, "rate-burst", Side::title, Severity::warning,
     "More calls of a user and title within 15 s than the burst limit allows",
     "The service counts per user and title in fixed periods whose beginning nobody else knows. "
     "More calls than the limit within any 15 s may be throttled, more than twice the limit are "
     "for certain.",
     "MPSD fine-grained rate limiting"},
    {Rule::rate_sustained, "rate-sustained", Side::title, Severity::warning,
     "More calls of a user and title within 300 s than the sustained limit allows",
     "As with the burst limit, over 300 s; here rejected calls count too. More than the limit is a "
     "risk, more than twice the limit is throttled for certain.",
     "MPSD fine-grained rate limiting"},
    {Rule::rate_certification, "rate-certification", Side::title, Severity::error,
     "10 times the sustained limit within 300 s",
     "A title that calls a service this often fails certification.",
     "MPSD fine-grained rate limiting; certification requirement"},
    {Rule::polling, "polling", Side::title, Severity::warning,
     "Five or more GETs of one session at equal distances",
     "A session that is read again and again by the clock costs calls whether it changed or not, "
     "and the title still learns of changes late. Subscribe to change notifications and read when "
     "one comes.",
     "MPSD change notifications; MPSD best practices"},
    {Rule::repeated_call, "repeated-call", Side::title, Severity::info,
     "The same method, target and body within 5 s, not a retry after 412, 429 or 5xx",
     "The first answer still holds or the write has already happened: the second call costs a part "
     "of the limits and brings nothing. Often two parts of a game ask for the same thing.",
     "MPSD best practices; fine-grained rate limiting"},
    {Rule::small_batch, "small-batch", Side::title, Severity::info,
     "A batch or handle query for fewer than two users",
     "A batch query is made for many users at once. For one user a plain query does, or the users "
     "of several batches could have been asked for in one.",
     "MPSD best practices; fine-grained rate limiting"},
    {Rule::batch_frequency, "batch-frequency", Side::title, Severity::info,
     "Two or more batches within 2 s that one could have served",
     "Each of them counts towards the limits. Collect the users for a moment and ask for all of "
     "them in one batch.",
     "MPSD best practices; fine-grained rate limiting"},
}};

}  // namespace

std::string_view name_of(Severity severity) {
  return kSeverityNames[static_cast<std::size_t>(severity)];
}

std::optional<Severity> parse_severity(std::string_view text) {
  for (std::size_t i = 0; i < kSeverityNames.size(); ++i) {
    if (equals_ignoring_case(text, kSeverityNames[i])) return static_cast<Severity>(i);
  }
  return std::nullopt;
}

std::span<const RuleInfo> rule_table() {
  return kRules;
}

const RuleInfo& info_of(Rule rule) {
  return kRules[static_cast<std::size_t>(rule)];
}

const RuleInfo* find_rule(std::string_view id) {
  const auto found = std::find_if(kRules.begin(), kRules.end(),
                                  [id](const RuleInfo& rule) { return rule.id == id; });
  return found == kRules.end() ? nullptr : &*found;
}

}  // namespace mpsdscope

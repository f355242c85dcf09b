#include "rules/title/repeats.h"

#include "rules/title/wording.h"

namespace mpsdscope {
namespace {

// Captures may show packets a little out of order.
constexpr Duration kStep = std::chrono::seconds(1);

Duration apart(const Observed& seen, const LastCall& last) {
  return std::chrono::abs(seen.begin - last.begin);
}

// What a client may try again.
bool unserved(int status) {
  return status == 0 || status == 401 || status == 408 || status == 412 || status == 429 ||
         status >= 500;
}

// Calls come in the order of their answers. One that was answered before an earlier one was, by its
// own date, shows that the clock was set back, or that a date is wrong.
bool is_from_another_clock(const Observed& seen, const LastCall& last) {
  return seen.is_ahead(last.begin) || seen.clock.was_set_back() ||
         (seen.status() != 0 && seen.ref.ts + kStep < last.ts);
}

std::string users_text(const Observed& seen) {
  const std::size_t users = *seen.call.request_document->users;
  return std::to_string(users) + (users == 1 ? " user" : " users");
}

}  // namespace

bool comparable(const Observed& seen) {
  return seen.begun && seen.call.request.body_known && seen.call.target.kind != TargetKind::unknown;
}

bool is_batch(const Observed& seen) {
  const TargetKind kind = seen.call.target.kind;
  return (kind == TargetKind::batch_query || kind == TargetKind::handle_query) &&
         seen.method_is("POST") && seen.call.request_document->users.has_value();
}

Digest digest_of_call(const Call& call, const Who& who) {
  Digest digest;
  digest.add(call.request.target);
  digest.add(call.request.body);
  who.add_to(digest);
  return digest;
}

Digest digest_of_batch(const Observed& seen) {
  const DocumentFacts& document = *seen.call.request_document;
  Digest digest;
  digest.add(seen.call.request.target);
  digest.add(hash_of(document.scid));
  digest.add(hash_of(document.type));
  seen.who.add_to(digest);
  return digest;
}

bool is_retry(const Observed& seen, const LastCall& last) {
  if (seen.begin >= last.begin) return seen.begin >= last.ts && unserved(last.status);
  return last.begin >= seen.answered && unserved(seen.status());
}

void repeated_call(const Observed& seen, const LastCall& last, const TitleThresholds& thresholds,
                   Findings& findings) {
  if (apart(seen, last) > thresholds.repeated_call || is_retry(seen, last)) return;
  if (!findings.wanted(Rule::repeated_call)) return;
  findings.report(
      Rule::repeated_call,
      "the same " + kind_text(seen.call.exchange->request.method, seen.call.target.kind) +
          (seen.call.request.body != 0 ? " with the same body, " : ", ") +
          seconds_text(apart(seen, last)) + (seen.begin < last.begin ? " before" : " after") +
          " one that was answered with " +
          (last.status == 0 ? "nothing" : std::to_string(last.status)),
      "keep the answer for whoever asks again, and let one part of the title ask", {last.ref()});
}

void batch_frequency(const Observed& seen, const LastCall& last, bool identical,
                     const TitleThresholds& thresholds, Findings& findings) {
  if (apart(seen, last) > thresholds.batch_window || is_retry(seen, last)) return;
  if (!findings.wanted(Rule::batch_frequency)) return;
  findings.report(Rule::batch_frequency,
                  kind_text(seen.call.exchange->request.method, seen.call.target.kind) + " for " +
                      users_text(seen) + " " + seconds_text(apart(seen, last)) +
                      " apart from another one that asks the same of " +
                      (identical ? "the same users" : "other users"),
                  identical ? "keep the answer for whoever asks again"
                            : "collect the users for a moment and ask for all of them in one batch",
                  {last.ref()});
}

void remember(const Observed& seen, LastCall& last) {
  // Of calls that overtook each other the one that began last counts.
  if (seen.begin < last.begin && !is_from_another_clock(seen, last)) return;
  last.conn = seen.ref.conn;
  last.stream = seen.ref.stream;
  last.ts = seen.ref.ts;
  last.begin = seen.begin;
  last.status = static_cast<std::uint16_t>(seen.status());
}

}  // namespace mpsdscope

#include "rules/title/conflicts.h"

#include <algorithm>
#include <string_view>

#include "rules/title/wording.h"

namespace mpsdscope {
namespace {

bool refused(const Observed& seen) {
  return seen.call.row == Row::r412_bare || seen.call.row == Row::r412_session;
}

void forget_etag(Refusal& memory, std::string_view etag) {
  std::erase_if(memory.stale, [etag](const Refusal::Stale& one) { return one.etag == etag; });
}

bool writes_after(const Observed& seen, CaptureTime time) {
  return seen.writes() && seen.begun && seen.begin > time;
}

}  // namespace

void forget_ahead(const Observed& seen, Refusal& memory) {
  if (seen.is_ahead(memory.newest)) {
    std::erase_if(memory.stale, [&](const Refusal::Stale& one) { return seen.is_ahead(one.at); });
    memory.newest = {};
    for (const Refusal::Stale& one : memory.stale) memory.newest = std::max(memory.newest, one.at);
  }
  if (seen.is_ahead(memory.met_at)) memory.open = false;
}

void stale_etag_retry(const Observed& seen, const Refusal& memory, Findings& findings) {
  const RequestFacts& request = seen.call.request;
  if (request.guard != Guard::etag) return;
  const auto stale =
      std::find_if(memory.stale.begin(), memory.stale.end(),
                   [&](const Refusal::Stale& one) { return one.etag == request.if_match; });
  if (stale == memory.stale.end() || !writes_after(seen, stale->at)) return;
  if (!findings.wanted(Rule::stale_etag_retry)) return;
  const std::string offered = stale->offered.empty() ? "" : " " + etag_text(stale->offered);
  findings.report(
      Rule::stale_etag_retry,
      kind_text(seen.call.exchange->request.method, seen.call.target.kind) + " with If-Match " +
          etag_text(stale->etag) + ", begun " + seconds_text(seen.begin - stale->answered) +
          " after a 412 refused that ETag" + (offered.empty() ? "" : " and returned" + offered),
      "adopt the session that the 412 returns, apply the change to it and write with its ETag" +
          offered,
      {stale->by});
}

void blind_overwrite(const Observed& seen, const Refusal& memory, Findings& findings) {
  const Guard guard = seen.call.request.guard;
  if (!memory.open || (guard != Guard::any && guard != Guard::none)) return;
  if (!writes_after(seen, memory.met_at)) return;
  if (memory.read_at && *memory.read_at <= seen.begin) return;
  if (!findings.wanted(Rule::blind_overwrite)) return;
  findings.report(
      Rule::blind_overwrite,
      kind_text(seen.call.exchange->request.method, seen.call.target.kind) +
          (guard == Guard::any ? " with If-Match: *" : " without a precondition") + ", begun " +
          seconds_text(seen.begin - memory.met_answered) +
          " after a 412, and the session was not read in between",
      "look at the session that the 412 returns or read it, and write with If-Match and its ETag",
      {memory.met_by});
}

bool begins_conflict(const Observed& seen) {
  return seen.writes() && refused(seen);
}

void remember(const Observed& seen, Refusal& memory) {
  if (begins_conflict(seen)) {
    memory.open = true;
    memory.met_by = seen.ref;
    memory.met_at = seen.completed;
    memory.met_answered = seen.answered;
    memory.read_at.reset();
    const RequestFacts& request = seen.call.request;
    const std::string& current = seen.call.etag;
    // Whoever is offered an ETag that was refused cannot do better than to use it.
    forget_etag(memory, current);
    if (request.guard != Guard::etag || request.if_match.empty() || request.if_match == current) {
      return;
    }
    forget_etag(memory, request.if_match);
    if (memory.stale.size() >= kMostStale) memory.stale.erase(memory.stale.begin());
    memory.stale.push_back({request.if_match, current.size() <= kMostEtag ? current : "", seen.ref,
                            seen.completed, seen.answered});
    memory.newest = std::max(memory.newest, seen.completed);
    return;
  }
  if (seen.dry_run()) return;
  const bool read = seen.reads() && (seen.status() == 200 || seen.status() == 304);
  if (read && memory.open && !memory.read_at) memory.read_at = seen.completed;
  if (seen.writes() && seen.succeeded()) memory.open = false;
  if (read || seen.succeeded()) forget_etag(memory, seen.call.etag);
}

}  // namespace mpsdscope

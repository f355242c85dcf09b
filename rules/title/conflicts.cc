#include "rules/title/conflicts.h"

#include "rules/title/wording.h"

namespace mpsdscope {
namespace {

bool refused(const Observed& seen) {
  return seen.call.row == Row::r412_bare || seen.call.row == Row::r412_session;
}

bool writes_after(const Observed& seen, CaptureTime time) {
  return seen.writes() && seen.begun && seen.begin > time;
}

}  // namespace

void stale_etag_retry(const Observed& seen, const Refusal& memory, Findings& findings) {
  const RequestFacts& request = seen.call.request;
  if (memory.refused.empty() || request.guard != Guard::etag) return;
  if (request.if_match != memory.refused || !writes_after(seen, memory.refused_at)) return;
  if (!findings.wanted(Rule::stale_etag_retry)) return;
  const std::string offered = memory.offered.empty() ? "" : " " + etag_text(memory.offered);
  findings.report(
      Rule::stale_etag_retry,
      kind_text(seen.call.exchange->request.method, seen.call.target.kind) + " with If-Match " +
          etag_text(memory.refused) + ", begun " + seconds_text(seen.begin - memory.refused_at) +
          " after a 412 refused that ETag" + (offered.empty() ? "" : " and returned" + offered),
      "adopt the session that the 412 returns, apply the change to it and write with its ETag" +
          offered,
      {memory.refused_by});
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
          seconds_text(seen.begin - memory.met_at) +
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
    memory.read_at.reset();
    const RequestFacts& request = seen.call.request;
    // Whoever is offered the ETag that was refused cannot do better than to use it.
    if (request.guard == Guard::etag && request.if_match != seen.call.etag) {
      memory.refused = request.if_match;
      memory.offered = seen.call.etag;
      memory.refused_by = seen.ref;
      memory.refused_at = seen.completed;
    }
    return;
  }
  if (seen.dry_run()) return;
  const bool read = seen.reads() && (seen.status() == 200 || seen.status() == 304);
  if (read && memory.open && !memory.read_at) memory.read_at = seen.completed;
  if (seen.writes() && seen.succeeded()) memory.open = false;
  if ((read || seen.succeeded()) && seen.call.etag == memory.refused) memory.refused.clear();
}

}  // namespace mpsdscope

// After a 412: what does the writer do that came too late?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/title/findings.h"
#include "rules/title/observed.h"

namespace mpsdscope {

// What a user of a title knows of a session that somebody else was faster to write.
struct Refusal {
  // An If-Match that was refused. An ETag that is gone does not come back.
  struct Stale {
    std::string etag;
    std::string offered;  // the ETag that the 412 returned instead, "" none
    ExchangeRef by;
    CaptureTime at{};        // what began until then was under way
    CaptureTime answered{};  // when the 412 was there by its own date
  };
  std::vector<Stale> stale;  // the last kMostStale, each ETag once
  CaptureTime newest{};      // the latest `at` of them
  // The 412 that no successful write followed yet.
  bool open = false;
  ExchangeRef met_by;
  CaptureTime met_at{};
  CaptureTime met_answered{};
  std::optional<CaptureTime> read_at;  // when the first read since then was answered
};

constexpr std::size_t kMostStale = 8;

// Drops what is from before the clock was set back, or has a wrong date.
void forget_ahead(const Observed& seen, Refusal& memory);

// Both judge writes that began when the 412 was there: what began before could not know. Dry runs
// write nothing and teach nothing.
void stale_etag_retry(const Observed& seen, const Refusal& memory, Findings& findings);
void blind_overwrite(const Observed& seen, const Refusal& memory, Findings& findings);

// Is this the first 412, which there is nothing yet to remember of?
bool begins_conflict(const Observed& seen);
void remember(const Observed& seen, Refusal& memory);

}  // namespace mpsdscope

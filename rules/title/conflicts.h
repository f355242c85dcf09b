// After a 412: what does the writer do that came too late?
#pragma once

#include <optional>
#include <string>

#include "rules/title/findings.h"
#include "rules/title/observed.h"

namespace mpsdscope {

// What a user of a title knows of a session that somebody else was faster to write.
struct Refusal {
  // The last If-Match that was refused; "" none. An ETag that is gone does not come back.
  std::string refused;
  std::string offered;  // the ETag that the 412 returned instead, "" none
  ExchangeRef refused_by;
  CaptureTime refused_at{};
  // The 412 that no successful write followed yet.
  bool open = false;
  ExchangeRef met_by;
  CaptureTime met_at{};
  std::optional<CaptureTime> read_at;  // when the first read since then was answered
};

// Both judge writes that began when the 412 was there: what began before could not know. Dry runs
// write nothing and teach nothing.
void stale_etag_retry(const Observed& seen, const Refusal& memory, Findings& findings);
void blind_overwrite(const Observed& seen, const Refusal& memory, Findings& findings);

// Is this the first 412, which there is nothing yet to remember of?
bool begins_conflict(const Observed& seen);
void remember(const Observed& seen, Refusal& memory);

}  // namespace mpsdscope

// Records made by hand, for tests of the screen.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "tools/record.h"

namespace mpsdscope::testing {

// 2026-11-23T08:11:39.000000Z plus seconds.
inline CaptureTime second(std::int64_t seconds) {
  constexpr std::chrono::seconds kBegin{1'795'421'499};
  return CaptureTime(kBegin + std::chrono::seconds(seconds));
}

// A GET of a session that was answered so long after the first one.
inline Record exchange(std::int64_t seconds, int status = 200, std::string row = "200") {
  Record record;
  record.kind = RecordKind::exchange;
  record.type = "exchange";
  record.time = second(seconds);
  record.host = "sessiondirectory.xboxlive.com";
  record.method = "GET";
  record.uri =
      "https://sessiondirectory.xboxlive.com/serviceconfigs/7492baca/sessiontemplates/quick/"
      "sessions/foundry";
  record.status = status;
  record.row = std::move(row);
  record.target = "session";
  record.scid = "7492baca";
  record.template_name = "quick";
  record.session = "foundry";
  record.title_id = 0x0A6D2730;
  record.user_id = "2533274908811003";
  record.elapsed = std::chrono::milliseconds(35);
  record.client = "192.0.2.1:50000";
  record.server = "198.51.100.1:443";
  record.conn = 7;
  record.stream = 1;
  return record;
}

inline Record throttled(std::int64_t seconds) {
  return exchange(seconds, 429, "429");
}

inline Record with_finding(Record record, std::string rule, Severity severity,
                           std::string message = "what was found") {
  record.findings.push_back({std::move(rule), severity, std::move(message), {}, {}});
  return record;
}

}  // namespace mpsdscope::testing

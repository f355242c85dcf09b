// Calls and summaries made by hand, for tests of the outputs.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tools/output.h"
#include "tools/text_sink.h"

namespace mpsdscope::testing {

inline constexpr std::string_view kScid = "7492baca-c1b4-440d-a391-b7ef364a8d40";
inline constexpr std::string_view kSession = "5e5c5b0a-41e7-4a2b-9b9c-0d3f1ad2f3a1";

// 2026-11-23T08:11:39.123456Z plus milliseconds.
CaptureTime at(std::int64_t milliseconds = 0);

// A PUT of a session that was answered 201 after 12.345 ms.
Call created_session();
// A GET of the same session, with a response of that status and row.
Call read_session(int status, Row row, std::int64_t milliseconds = 0);
// Not a call of the service.
Call other_exchange();

// Counts of a run of one title with one user, with something of everything.
RunSummary full_summary();

// Collects what an output writes.
struct Collected {
  std::string text;
  TextSink sink{[this](std::string_view piece) {
                  text += piece;
                  return 0;
                },
                true};
};

}  // namespace mpsdscope::testing

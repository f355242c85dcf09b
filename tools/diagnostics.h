// Messages for the person at the keyboard, on standard error, apart from the data.
#pragma once

#include <cstdint>
#include <string_view>

namespace mpsdscope {

enum class Loudness : std::uint8_t { quiet, normal, verbose };

// quiet: errors only; verbose: details as well.
void set_up_diagnostics(Loudness loudness, bool colour);

// A message of one line; what is not printable in it is escaped. Thread-safe.
void report_error(std::string_view message);
void report_warning(std::string_view message);
void report_note(std::string_view message);
void report_detail(std::string_view message);

// While it lives, a thread of its own writes the messages: who reports never waits for a reader of
// standard error. Messages without room are counted and told. Made and destroyed while nobody else
// reports.
class QueuedDiagnostics {
 public:
  explicit QueuedDiagnostics(bool colour);
  // Waits as TextQueue::finish().
  ~QueuedDiagnostics();
  QueuedDiagnostics(const QueuedDiagnostics&) = delete;
  QueuedDiagnostics& operator=(const QueuedDiagnostics&) = delete;
};

}  // namespace mpsdscope

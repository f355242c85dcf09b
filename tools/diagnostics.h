// Messages for the person at the keyboard, on standard error, apart from the data.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "rules/rule_table.h"

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

// While it lives, messages go there instead of to standard error, which belongs to a screen. One at
// a time.
class DivertedDiagnostics {
 public:
  // Called from any thread, by one at a time; details come as Severity::off. Must not report.
  using Take = std::function<void(Severity severity, std::string_view message)>;
  explicit DivertedDiagnostics(Take take);
  // As end().
  ~DivertedDiagnostics();
  DivertedDiagnostics(const DivertedDiagnostics&) = delete;
  DivertedDiagnostics& operator=(const DivertedDiagnostics&) = delete;

  // Standard error is free again: the latest warnings and errors are told there too. Once is
  // enough.
  void end();
};

}  // namespace mpsdscope

// The last stage of every door: calls in order, through the engine, to the output.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "rules/engine.h"
#include "tools/output.h"

namespace mpsdscope {

// Not thread-safe. Settings and output outlive it.
class Judge {
 public:
  // `rates_interval`: of capture time, between rates records.
  Judge(const RuleSettings& rules, Duration rates_interval, Output& output)
      : engine_(rules), rates_interval_(rates_interval), output_(output) {}

  // The next calls, and messages of websockets: none may have been decided before the one before
  // it. Calls are judged, then written, as many together as nothing else is told in between: of
  // work on many, one after the other, only the first waits for its code to come into the
  // processor's cache.
  void take(std::span<Call* const> calls);

  bool output_ok() const;
  // No more calls come. Tells how what is open ended, and fills in what the calls added up to; the
  // rates as of summary.last_packet.
  void finish(RunSummary& summary);
  // Writes the stories of the sessions, as of `now`: of all of them, or of those that `only` names
  // (name, or scid~template~name, in any case). Nothing unless the rules follow sessions.
  void tell_sessions(CaptureTime now, std::string_view only, RunSummary& summary);

 private:
  void take_one(Call& call);
  void judge(Call& call);
  void tell_rates(CaptureTime now);
  void write_judged();

  Engine engine_;
  SteppingClock clock_;
  Duration rates_interval_;
  Output& output_;
  std::optional<CaptureTime> rates_due_;
  std::vector<const Call*> judged_;  // and not written yet
  std::uint64_t calls_ = 0;
  std::array<std::uint64_t, kRowCount> by_row_{};
  std::array<std::uint64_t, kRuleCount> by_rule_{};
  std::array<std::uint64_t, 4> by_severity_{};
};

}  // namespace mpsdscope

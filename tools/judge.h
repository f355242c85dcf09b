// The last stage of every door: calls in order, through the engine, to the output.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "rules/engine.h"
#include "tools/output.h"

namespace mpsdscope {

// Not thread-safe. Settings and output outlive it.
class Judge {
 public:
  // `rates_interval`: of capture time, between rates records.
  Judge(const RuleSettings& rules, Duration rates_interval, Output& output)
      : engine_(rules), rates_interval_(rates_interval), output_(output) {}

  // A call that comes later: see Engine::expect.
  void expect(const Call& later) { engine_.expect(later); }
  // The next call, or message of a websocket: none may have been decided before the last one.
  void take(Call& call);

  bool output_ok() const;
  // No more calls come. Tells how what is open ended, and fills in what the calls added up to; the
  // rates as of summary.last_packet.
  void finish(RunSummary& summary);
  // Writes the stories of the sessions, as of `now`: of all of them, or of those that `only` names
  // (name, or scid~template~name, in any case). Nothing unless the rules follow sessions.
  void tell_sessions(CaptureTime now, std::string_view only, RunSummary& summary);

 private:
  void judge(Call& call);
  void tell_rates(CaptureTime now);

  Engine engine_;
  SteppingClock clock_;
  Duration rates_interval_;
  Output& output_;
  std::optional<CaptureTime> rates_due_;
  std::uint64_t calls_ = 0;
  std::array<std::uint64_t, kRowCount> by_row_{};
  std::array<std::uint64_t, kRuleCount> by_rule_{};
  std::array<std::uint64_t, 4> by_severity_{};
};

}  // namespace mpsdscope

// Tells people what the proxy's connections met with: on standard error and in the log. A flood of
// the same is cut short and counted.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>

#include "capture/proxy/proxy_events.h"
#include "decode/report.h"
#include "rules/engine.h"
#include "tools/recorder.h"

namespace mpsdscope {

// Thread-safe. Settings and recorder outlive it.
class EventLog final : public ProxyEvents {
 public:
  // Of one kind within a second; more are counted.
  static constexpr std::uint64_t kMostPerSecond = 20;

  EventLog(const RuleSettings& rules, Recorder& recorder) : rules_(rules), recorder_(recorder) {}

  void on_event(const ProxyEvent& event) override;
  // Says how many were not told since the last time.
  void every_second();

  // Adds the connections that could not be decrypted.
  void summarize(RunSummary& summary) const;
  // True if the service itself could not be reached or trusted at least once.
  bool service_failed() const;

 private:
  const RuleSettings& rules_;
  Recorder& recorder_;
  mutable std::mutex mutex_;
  std::array<std::uint64_t, kProxyEventKinds> told_{};  // within this second
  DecodeReport report_;
  bool service_failed_ = false;
};

}  // namespace mpsdscope

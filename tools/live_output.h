// An output of a run that has no end in sight.
#pragma once

#include "capture/proxy/proxy_events.h"
#include "tools/output.h"

namespace mpsdscope {

class LiveOutput : public Output {
 public:
  // Hands on what was given since the last time. `now`: the capture clock.
  virtual void flush(CaptureTime now) = 0;
  // The user moved the file away: go on in a new one of its name.
  virtual void reopen(CaptureTime now) = 0;
  // The proxy met with something; `now`: when it was told.
  virtual void event(const ProxyEvent& event, CaptureTime now) = 0;
  // Records that did not get where they should; what a screen leaves out is none.
  virtual std::uint64_t lost() const = 0;
};

}  // namespace mpsdscope

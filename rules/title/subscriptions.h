// Who is told of changes of which session: asked by the rules, known to whoever follows websockets.
#pragma once

#include <optional>

#include "rules/call.h"

namespace mpsdscope {

class Subscriptions {
 public:
  virtual ~Subscriptions() = default;
  // Since when the user of the call is told of changes of the call's session; nullopt: not, as far
  // as was seen.
  virtual std::optional<CaptureTime> subscribed_since(const Call& call) const = 0;
};

}  // namespace mpsdscope

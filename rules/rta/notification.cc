#include "rules/rta/notification.h"

#include <array>

namespace mpsdscope {

std::string_view name_of(Notification::Kind kind) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(Notification::Kind::count_)>
      kNames{"subscribed", "refused", "unsubscribed", "tap", "resync", "closed"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace mpsdscope

#include "rules/stories/story.h"

namespace mpsdscope {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(StoryEventKind::count_)> kKinds{
    "created",  "updated", "accepted",  "deleted", "gone",       "read",    "unchanged", "absent",
    "conflict", "refused", "throttled", "failed",  "unanswered", "dry-run", "handle",    "told"};
constexpr std::array<std::string_view, static_cast<std::size_t>(Resolution::count_)> kResolutions{
    "open", "adopted", "refused-again", "stale-retry", "overwritten", "given-up"};

}  // namespace

std::string_view name_of(StoryEventKind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}
std::string_view name_of(Resolution resolution) {
  return kResolutions[static_cast<std::size_t>(resolution)];
}

}  // namespace mpsdscope

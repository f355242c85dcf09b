#include "tools/story_text.h"

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

CaptureTime at(std::int64_t milliseconds) {
  return CaptureTime(std::chrono::milliseconds(milliseconds));
}

StoryEvent event(StoryEventKind kind, int status = 200) {
  StoryEvent made;
  made.at = at(1'000);
  made.kind = kind;
  made.actor.user = "1";
  made.status = status;
  return made;
}

StoryEvent conflict(Resolution resolution, std::string refused = "\"a\"") {
  StoryEvent made = event(StoryEventKind::conflict, 412);
  made.conflict = std::make_unique<Conflict>();
  made.conflict->refused_etag = std::move(refused);
  made.conflict->mover = Mover::writer;
  made.conflict->moved_by.user = "2";
  made.conflict->resolution = resolution;
  made.conflict->resolved_at = at(1'250);
  return made;
}

TEST(StoryText, SaysWhatWasDone) {
  const std::vector<std::pair<StoryEventKind, const char*>> cases{
      {StoryEventKind::created, "created it"},
      {StoryEventKind::updated, "wrote members/me"},
      {StoryEventKind::accepted, "wrote members/me: accepted, not completed yet"},
      {StoryEventKind::deleted, "wrote, which deleted it"},
      {StoryEventKind::gone, "wrote members/me: it was gone"},
      {StoryEventKind::read, "read members/me"},
      {StoryEventKind::unchanged, "read members/me: unchanged"},
      {StoryEventKind::absent, "read members/me: does not exist"},
      {StoryEventKind::refused, "refused with 404"},
      {StoryEventKind::throttled, "throttled (404)"},
      {StoryEventKind::failed, "answered with 404"},
      {StoryEventKind::unanswered, "no answer was seen"},
      {StoryEventKind::dry_run, "dry run, answered with 404: nothing changed"},
      {StoryEventKind::told, "was told that it changed"},
  };
  for (const auto& [kind, text] : cases) {
    StoryEvent made = event(kind, 404);
    made.element = "members/me";
    EXPECT_EQ(event_text(made), text);
  }
  EXPECT_EQ(event_text(event(StoryEventKind::throttled, 503)), "unavailable (503)");
  EXPECT_EQ(event_text(event(StoryEventKind::dry_run, 0)),
            "dry run, answered by nothing: nothing changed");
}

TEST(StoryText, SaysWhoChangedIt) {
  StoryEvent read = event(StoryEventKind::read);
  read.step = ChainStep::moved;
  EXPECT_EQ(event_text(read), "read; changed by a call that was not seen");
  read.mover = Mover::writer;
  read.moved_by.user = "hash:77";
  EXPECT_EQ(event_text(read), "read; changed by a write of #77");
  read.mover = Mover::handle;
  EXPECT_EQ(event_text(read), "read; changed by the handle of #77");
  read.step = ChainStep::earlier;
  EXPECT_EQ(event_text(read), "read; an answer overtook it");
  StoryEvent write = event(StoryEventKind::updated);
  write.step = ChainStep::moved;
  EXPECT_EQ(event_text(write), "wrote");
  write.unseen_before = true;
  write.handle = "h";
  EXPECT_EQ(event_text(write),
            "wrote, by handle; before that, a call that was not seen had changed it");
}

TEST(StoryText, SaysWhoCameAndWent) {
  StoryEvent write = event(StoryEventKind::updated);
  write.joined = {"1"};
  write.left = {"2", "3"};
  write.members = 1;
  write.change_number = 7;
  EXPECT_EQ(event_text(write), "wrote; joined; left: 2, 3; 1 member; change 7");
  write.joined = {"1", "4"};
  write.left = {"1"};
  EXPECT_EQ(event_text(write), "wrote; joined: 1, 4; left; 1 member; change 7");
}

TEST(StoryText, SaysHowAConflictEnded) {
  const std::string wrote = "conflict: wrote on \"a\", which had been changed by a write of 2; ";
  const std::vector<std::pair<Resolution, const char*>> cases{
      {Resolution::adopted, "adopted and rewritten, 250.0 ms later"},
      {Resolution::refused_again, "adopted and written again, refused again, 250.0 ms later"},
      {Resolution::stale_retry, "retried with the refused ETag, 250.0 ms later"},
      {Resolution::overwritten, "overwritten blindly, 250.0 ms later"},
      {Resolution::given_up, "given up"},
      {Resolution::open, "open when the input ended"},
  };
  for (const auto& [resolution, text] : cases) {
    EXPECT_EQ(event_text(conflict(resolution)), wrote + text);
  }
  EXPECT_EQ(event_text(conflict(Resolution::given_up, "*")),
            "conflict: created what existed already; given up");
  EXPECT_EQ(event_text(conflict(Resolution::given_up, "")),
            "conflict: refused without naming an ETag; given up");
}

}  // namespace
}  // namespace mpsdscope

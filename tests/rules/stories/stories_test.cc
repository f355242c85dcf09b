#include "rules/stories/stories.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/engine.h"
#include "tests/rules/testing/exchanges.h"
#include "tests/rules/testing/story.h"

namespace mpsdscope {
namespace {

using testing::at_ms;
using testing::Built;
using ::testing::ElementsAre;
using testing::exchange_of;
using ::testing::IsEmpty;
using testing::kHandle;
using testing::kScid;
using testing::session_path;

const std::string kJoin = "body={\"members\":{\"me\":{}}}";
const std::string kLeave = "body={\"members\":{\"me\":null}}";

RuleSettings following(const StoryLimits& limits = {}) {
  RuleSettings settings;
  settings.follow_sessions = true;
  settings.stories = limits;
  return settings;
}

// Users of transcripts are letters, and XUIDs by them.
std::string letter_of(const std::string& user) {
  if (user.rfind("2814646326226", 0) != 0) return user.empty() ? "-" : user;
  return std::string(1, static_cast<char>(std::stoi(user.substr(13))));
}

void append_users(std::string& out, char sign, const std::vector<std::string>& users) {
  for (const std::string& user : users) out.append(" ").append(1, sign).append(letter_of(user));
}

// "2000 A conflict 2 on 1 by B: adopted@3000"
std::string text_of(const StoryEvent& event) {
  const auto plain = [](std::string etag) {
    std::erase(etag, '"');
    return etag;
  };
  const auto ms = [](CaptureTime time) {
    return std::to_string(time.time_since_epoch() / std::chrono::milliseconds(1));
  };
  std::string text =
      ms(event.at) + " " + letter_of(event.actor.user) + " " + std::string(name_of(event.kind));
  if (!event.element.empty()) text += " " + event.element;
  if (!event.etag.empty()) text += " " + plain(event.etag);
  if (event.step == ChainStep::earlier) text += " earlier";
  if (event.step == ChainStep::same) text += " same";
  const bool reads = event.kind == StoryEventKind::read;
  if (event.step == ChainStep::moved && reads) {
    text += event.mover == Mover::unseen   ? " moved by nobody seen"
            : event.mover == Mover::handle ? " moved by the handle of "
                                           : " moved by ";
    if (event.mover != Mover::unseen) text += letter_of(event.moved_by.user);
  }
  if (event.unseen_before) text += " on an unseen change";
  append_users(text, '+', event.joined);
  append_users(text, '-', event.left);
  if (event.members) text += " =" + std::to_string(*event.members);
  if (event.conflict) {
    const Conflict& conflict = *event.conflict;
    text += " on " + plain(conflict.refused_etag);
    if (conflict.mover != Mover::unseen) text += " by " + letter_of(conflict.moved_by.user);
    text += ": " + std::string(name_of(conflict.resolution));
    if (conflict.resolution != Resolution::open) text += "@" + ms(conflict.resolved_at);
  }
  return text;
}

std::vector<std::string> texts_of(const Story& story) {
  std::vector<std::string> texts;
  for (const StoryEvent& event : story.events) texts.push_back(text_of(event));
  return texts;
}

// What is told of the first session after a transcript (tests/rules/testing/story.h), whose input
// ends 60 s after its last call unless it says so itself: "end MS".
class Told {
 public:
  explicit Told(std::string_view transcript, const RuleSettings& settings = following())
      : engine_(settings) {
    std::istringstream lines{std::string(transcript)};
    std::optional<CaptureTime> end;
    CaptureTime last{};
    for (std::string line; std::getline(lines, line);) {
      if (line.rfind("end ", 0) == 0) {
        end = at_ms(std::stoll(line.substr(4)));
      } else if (!line.empty()) {
        const CallPtr call = examine(exchange_of(line), settings);
        engine_.judge(*call);
        last = call->exchange->completed();
      }
    }
    stories_ = engine_.stories()->tell(end.value_or(last + std::chrono::seconds(60)));
  }
  const Story& operator[](std::size_t i) const { return *stories_.at(i); }
  std::size_t size() const { return stories_.size(); }
  std::vector<std::string> events() const {
    return stories_.empty() ? std::vector<std::string>() : texts_of(*stories_[0]);
  }
  const Stories& stories() { return *engine_.stories(); }

 private:
  Engine engine_;
  std::vector<const Story*> stories_;
};

// The end of the only conflict of A, which is refused with If-Match "1" at 2000 while the session
// is at "2": by what follows.
std::string end_of_conflict(const std::string& what_follows) {
  Told told(
      "0 1000 A PUT s 201 new etag=1\n1100 1200 B PUT s 200 if=1 etag=2\n"
      "1900 2000 A PUT s 412 if=1 etag=2\n" +
      what_follows);
  for (const StoryEvent& event : told[0].events) {
    if (event.conflict && event.at == at_ms(2'000)) {
      const Conflict& conflict = *event.conflict;
      EXPECT_EQ(conflict.refused_etag, "\"1\"");
      EXPECT_EQ(conflict.current_etag, "\"2\"");
      EXPECT_EQ(conflict.mover, Mover::writer);
      EXPECT_EQ(letter_of(conflict.moved_by.user), "B");
      EXPECT_EQ(conflict.moved_at, at_ms(1'200));
      return std::string(name_of(conflict.resolution));
    }
  }
  return "none";
}

TEST(Stories, CreateJoinLeave) {
  Told told(
      "0 50 A GET s 204\n"
      "100 150 A PUT s 201 new etag=1 " +
      kJoin +
      "\n"
      "200 250 B PUT s 200 if=* etag=2 " +
      kJoin +
      "\n"
      "300 350 A GET s 200 etag=2\n"
      "400 450 A PUT s 200 dry etag=9 " +
      kLeave +
      "\n"
      "500 550 A GET s 304\n"
      "600 650 B PUT s 200 etag=3 " +
      kLeave +
      "\n"
      "700 750 A PUT s 204 " +
      kLeave +
      "\n"
      "800 850 A GET s 204\n"
      "900 950 B DELETE s/members/me 204\n");
  EXPECT_THAT(told.events(), ElementsAre("50 A absent", "150 A created 1 +A", "250 B updated 2 +B",
                                         "350 A read 2 same", "450 A dry-run", "550 A unchanged",
                                         "650 B updated 3 -B", "750 A deleted -A", "850 A absent",
                                         "950 B gone members/me"));
  const Story& story = told[0];
  EXPECT_EQ(story.created_at, at_ms(150));
  EXPECT_EQ(letter_of(story.created_by.user), "A");
  EXPECT_EQ(story.deleted_at, at_ms(750));
  EXPECT_EQ(story.changes, 2u);
  ASSERT_EQ(story.writers.size(), 2u);
  EXPECT_EQ(story.writers[0].writes, 2u);
  EXPECT_EQ(story.writers[1].writes, 2u);
  EXPECT_TRUE(story.existed);
}

TEST(Stories, HowAConflictEnds) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"2100 2200 A PUT s 200 if=2 etag=3", "adopted"},
      {"2000 2200 A PUT s 200 if=2 etag=3", "adopted"},  // begun at the very time
      {"2100 2200 A PUT s 412 if=2 etag=4", "refused-again"},
      {"2100 2200 A PUT s 412 if=1 etag=2", "stale-retry"},
      {"2100 2200 A PUT s 200 if=1 etag=3", "stale-retry"},
      {"2100 2200 A PUT s 200 if=* etag=3", "overwritten"},
      {"2100 2200 A PUT s 200 etag=3", "overwritten"},
      {"2100 2200 A GET s 200 etag=2\n2300 2400 A PUT s 200 etag=3", "adopted"},
      {"2100 2200 A GET s 304\n2300 2400 A PUT s 200 if=* etag=3", "adopted"},
      {"2100 2200 A GET s 503\n2300 2400 A PUT s 200 if=* etag=3", "overwritten"},
      {"2100 2200 B GET s 200 etag=2\n2300 2400 A PUT s 200 if=* etag=3", "overwritten"},
      {"2100 2200 A PUT s 503 if=2\n2300 2400 A PUT s 200 if=2 etag=3", "adopted"},
      {"2100 2200 A PUT s 200 etag=3 " + kLeave, "given-up"},
      {"2100 2200 A DELETE s/members/me 204", "given-up"},
      {"2100 2200 B PUT s 204 " + kLeave, "given-up"},
      {"", "given-up"},
      {"end 32000", "open"},
      {"end 32001", "given-up"},
      // Nobody else's call is an answer to it, and no dry run.
      {"2100 2200 B PUT s 200 if=2 etag=3\nend 3000", "open"},
      {"2100 2200 A PUT s2 200 if=* etag=3\nend 3000", "open"},
      {"2100 2200 A PUT s 200 dry if=2 etag=3\nend 3000", "open"},
      {"2100 2200 A PUT s - if=2\nend 3000", "open"},
      // Under way when the 412 came.
      {"1999 2200 A PUT s 200 if=* etag=3\nend 3000", "open"},
      {"1950 2200 A PUT s 412 if=1 etag=2\nend 3000", "open"},
  };
  for (const auto& [what_follows, end] : cases) {
    EXPECT_EQ(end_of_conflict(what_follows), end) << what_follows;
  }
}

TEST(Stories, CountsHowConflictsEnded) {
  Told told(
      "0 10 A PUT s 201 new etag=1\n20 30 B PUT s 200 etag=2\n"
      "40 50 A PUT s 412 if=1 etag=2\n60 70 A PUT s 412 if=1 etag=2\n"
      "80 90 A PUT s 200 if=2 etag=3\n100 110 B PUT s 412 new\nend 200\n");
  EXPECT_THAT(told.events(), ElementsAre("10 A created 1", "30 B updated 2",
                                         "50 A conflict 2 same on 1 by B: stale-retry@70",
                                         "70 A conflict 2 same on 1 by B: adopted@90",
                                         "90 A updated 3", "110 B conflict on * by A: open"));
  const auto ended = [&](Resolution resolution) {
    return told[0].resolutions[static_cast<std::size_t>(resolution)];
  };
  EXPECT_EQ(ended(Resolution::stale_retry), 1u);
  EXPECT_EQ(ended(Resolution::adopted), 1u);
  EXPECT_EQ(ended(Resolution::open), 1u);
}

TEST(Stories, SaysWhoMovedTheEtag) {
  const auto events = [](const std::string& transcript) { return Told(transcript).events(); };
  const std::string created = "0 10 A PUT s 201 new etag=1\n";
  EXPECT_THAT(events(created + "20 30 B GET s 200 etag=2\n"),
              ElementsAre("10 A created 1", "30 B read 2 moved by nobody seen"));
  // A write whose answer has no ETag.
  EXPECT_THAT(events(created + "20 30 B PUT s 200\n40 50 A GET s 200 etag=2\n"),
              ElementsAre("10 A created 1", "30 B updated", "50 A read 2 moved by B"));
  EXPECT_THAT(events(created + "20 30 B PUT s 202\n40 50 A GET s 200 etag=2\n"),
              ElementsAre("10 A created 1", "30 B accepted", "50 A read 2 moved by B"));
  // A write that matched what nobody was seen to make.
  EXPECT_THAT(events(created + "20 30 B PUT s 200 if=2 etag=3\n"),
              ElementsAre("10 A created 1", "30 B updated 3 on an unseen change"));
  // Answers that overtake each other: the read tells of the write before its own answer does.
  EXPECT_THAT(events(created + "20 90 B PUT s 200 if=1 etag=2\n"),
              ElementsAre("10 A created 1", "90 B updated 2"));
  EXPECT_THAT(events(created + "30 40 A GET s 200 etag=2\n20 90 B PUT s 200 if=1 etag=2\n"),
              ElementsAre("10 A created 1", "40 A read 2 moved by B", "90 B updated 2"));
  EXPECT_THAT(events(created + "50 60 A PUT s 200 if=2 etag=3\n20 90 B PUT s 200 if=1 etag=2\n"),
              ElementsAre("10 A created 1", "60 A updated 3", "90 B updated 2 earlier"));
  EXPECT_THAT(events(created + "20 30 B PUT s 200 etag=2\n15 40 A GET s 200 etag=1\n"),
              ElementsAre("10 A created 1", "30 B updated 2", "40 A read 1 earlier"));
  // An element tells of the session's ETag too.
  EXPECT_THAT(
      events(created + "20 30 B PUT s/members/me 200 etag=2\n40 50 A GET s/members/0 200 etag=2\n"),
      ElementsAre("10 A created 1", "30 B updated members/me 2", "50 A read members/0 2 same"));
}

TEST(Stories, OtherAnswersLeaveTheSessionAsItWas) {
  Told told(
      "0 10 A PUT s 400\n20 30 A GET s 404\n40 50 A PUT s 409\n60 70 A GET s 429\n"
      "80 90 A PUT s 503\n100 110 A GET s 500\n120 130 A PUT s -\n140 150 A GET s 412\n");
  EXPECT_THAT(told.events(),
              ElementsAre("10 A refused", "30 A refused", "50 A refused", "70 A throttled",
                          "90 A throttled", "110 A failed", "120 - unanswered", "150 A failed"));
  EXPECT_FALSE(told[0].existed);
  EXPECT_EQ(told[0].changes, 0u);
}

TEST(Stories, ASessionMayBeCreatedAgain) {
  Told told("0 10 A PUT s 201 new etag=1 " + kJoin + "\n20 30 A PUT s 204 " + kLeave +
            "\n"
            "40 50 B PUT s 201 etag=1 " +
            kJoin + "\n60 70 B GET s 200 etag=1\n");
  EXPECT_THAT(told.events(), ElementsAre("10 A created 1 +A", "30 A deleted -A",
                                         "50 B created 1 +B", "70 B read 1 same"));
  EXPECT_EQ(told[0].created_at, at_ms(10));
  EXPECT_FALSE(told[0].deleted_at);
}

TEST(Stories, TellsSessionsApartWithoutCase) {
  Engine engine(following());
  std::int64_t now = 1'000;
  const auto get = [&](const std::string& path) {
    const CallPtr call = examined(Built("GET", path, 204).time(now += 100));
    engine.judge(*call);
  };
  std::string upper = session_path();
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  get(session_path());
  get(upper);
  get(session_path() + "%32");
  get("/serviceconfigs/" + std::string(kScid) + "/sessionTemplates/other/sessions/harbour");
  get("/serviceconfigs/" + std::string(kScid) + "/sessionTemplates/other/sessions");  // of none
  const auto stories = engine.stories()->tell(at_ms(now));
  ASSERT_EQ(stories.size(), 3u);
  EXPECT_EQ(stories[0]->name.session, "harbour");
  EXPECT_EQ(stories[0]->events.size(), 2u);
  EXPECT_EQ(stories[1]->name.session, "harbour2");
  EXPECT_EQ(stories[2]->name.template_name, "other");
}

// A document with the members of those XUIDs.
std::string document(const std::vector<std::string>& xuids, int change) {
  std::string members;
  for (std::size_t i = 0; i < xuids.size(); ++i) {
    members += (i > 0 ? ",\"" : "\"") + std::to_string(i) + R"(":{"next":)" +
               std::to_string(i + 1) + R"(,"constants":{"system":{"xuid":")" + xuids[i] + R"("}}})";
  }
  const std::string count = std::to_string(xuids.size());
  return R"({"membersInfo":{"first":0,"next":)" + count + R"(,"count":)" + count +
         R"(},"constants":{},"properties":{},"members":{)" + members + R"(},"changeNumber":)" +
         std::to_string(change) + "}";
}

TEST(Stories, MembersComeAndGoAsDocumentsTell) {
  Engine engine(following());
  std::int64_t now = 1'000;
  const auto call = [&](const char* method, int status, const std::vector<std::string>& xuids,
                        int change, std::string_view etag) {
    Built built(method, session_path(), status);
    built.time(now += 100).field("ETag", etag).field("X-Xbl-Debug", "user0=1");
    const CallPtr made = examined(built.json(document(xuids, change)));
    engine.judge(*made);
  };
  call("GET", 200, {"1", "2"}, 3, "a");  // who was there before is no news
  call("PUT", 200, {"1", "2", "5"}, 4, "b");
  call("GET", 200, {"1", "2", "5"}, 4, "b");
  call("PUT", 412, {"2", "7"}, 8, "c");
  call("GET", 200, {"1", "2", "5"}, 4, "b");  // overtaken: tells of what was
  call("GET", 200, {}, 9, "d");
  const auto stories = engine.stories()->tell(at_ms(now));
  EXPECT_THAT(texts_of(*stories.at(0)),
              ElementsAre("1100 1 read a =2", "1200 1 updated b +5 =3", "1300 1 read b same",
                          "1400 1 conflict c +7 -1 -5 =2 on : open", "1500 1 read b earlier",
                          "1600 1 read d moved by nobody seen -2 -7 =0"));
  EXPECT_EQ(stories[0]->events[3].change_number, 8);
}

TEST(Stories, HandlesMoveTheEtagAndLeadToTheSession) {
  Engine engine(following());
  std::int64_t now = 1'000;
  const auto judge = [&](Built& built) {
    const CallPtr call = examined(built.time(now += 100).field("X-Xbl-Debug", "user0=1"));
    engine.judge(*call);
  };
  const auto handle = [](std::string_view type) {
    return R"({"id":"1DDD0E5B-97A7-4BF0-951C-08EB21AEC861","type":")" + std::string(type) +
           R"(","version":1,"sessionRef":{"scid":")" + std::string(kScid) +
           R"(","templateName":"lobby","name":"harbour"}})";
  };
  judge(Built("GET", std::string(kHandle) + "/session", 200).field("ETag", "z"));  // of whom?
  judge(Built("PUT", session_path(), 201).field("ETag", "a"));
  judge(Built("POST", "/handles", 201).json(handle("invite")));
  judge(Built("GET", session_path(), 200).field("ETag", "b"));
  judge(Built("POST", "/handles", 201).json(handle("activity")));
  judge(Built("GET", std::string(kHandle) + "/session", 200).field("ETag", "c"));
  judge(Built("POST", "/handles", 201).json(handle("Transfer")));
  judge(Built("PUT", session_path(), 412).field("ETag", "d").ask("If-Match", "c"));
  judge(Built("POST", "/handles", 400).text("no"));
  const auto stories = engine.stories()->tell(at_ms(now));
  ASSERT_EQ(stories.size(), 1u);
  EXPECT_THAT(texts_of(*stories[0]),
              ElementsAre("1200 1 created a", "1300 1 handle", "1400 1 read b moved by nobody seen",
                          "1500 1 handle", "1600 1 read c moved by the handle of 1",
                          "1700 1 handle", "1800 1 conflict d on c by 1: open"));
  EXPECT_EQ(stories[0]->events.back().conflict->mover, Mover::handle);
  EXPECT_EQ(stories[0]->events[3].handle_type, "activity");
  EXPECT_EQ(engine.stories()->unresolved(), 1u);
}

TEST(Stories, AnAnswerByHandleMayNameTheSession) {
  Engine engine(following());
  const auto judge = [&](Built& built) {
    const CallPtr call = examined(built);
    engine.judge(*call);
    return call->target.session;
  };
  Built first("PUT", std::string(kHandle) + "/session/members/me", 200),
      second("GET", std::string(kHandle) + "/session", 200);
  EXPECT_EQ(judge(first.field("Content-Location", session_path())), "harbour");
  EXPECT_EQ(judge(second), "harbour");
  Built other("PUT", "/handles/another/session", 200);
  EXPECT_EQ(judge(other.field("Content-Location", "/handles/another")), "");
  EXPECT_EQ(engine.stories()->unresolved(), 1u);
}

TEST(Stories, BeforeAnXuidIsKnownAConnectionTellsTheUser) {
  const auto conflict = [](const std::string& next) {
    Told told("0 10 B PUT s 201 new etag=2\n20 30 #7 PUT s 412 if=1 etag=2 conn=4\n" + next);
    return std::string(name_of(told[0].events[1].conflict->resolution));
  };
  EXPECT_EQ(conflict("40 50 A PUT s 200 if=2 etag=3 conn=4\n"), "adopted");
  EXPECT_EQ(conflict("40 50 #7 PUT s 200 if=2 etag=3 conn=5\n"), "adopted");
  EXPECT_EQ(conflict("40 50 #8 PUT s 200 if=2 etag=3 conn=5\nend 60"), "open");
}

TEST(Stories, AreBounded) {
  StoryLimits limits;
  limits.max_events_per_session = 3;
  Told long_story(
      "0 10 A PUT s 201 new etag=1\n20 30 A GET s 200 etag=1\n40 50 A GET s 304\n"
      "60 70 A PUT s 412 if=0 etag=1\n80 90 A PUT s 200 if=1 etag=2\n",
      following(limits));
  EXPECT_EQ(long_story[0].events.size(), 3u);
  EXPECT_EQ(long_story[0].dropped, 2u);
  EXPECT_EQ(long_story.stories().events_forgotten(), 2u);
  EXPECT_EQ(long_story[0].created_at, at_ms(10));  // stays known

  limits = {};
  limits.max_events = 3;
  Told two(
      "0 10 A GET s 200 etag=1\n20 30 A GET s 304\n40 50 A GET s2 200 etag=1\n60 70 A GET s2 304\n",
      following(limits));
  ASSERT_EQ(two.size(), 1u);
  EXPECT_EQ(two[0].name.session, "harbour2");
  EXPECT_EQ(two.stories().sessions_forgotten(), 1u);

  limits = {};
  limits.max_sessions = 1;
  Told one("0 10 A GET s 204\n20 30 A GET s2 204\n40 50 A GET s 204\n", following(limits));
  ASSERT_EQ(one.size(), 1u);
  EXPECT_THAT(one.events(), ElementsAre("50 A absent"));
  EXPECT_EQ(one.stories().sessions_forgotten(), 2u);

  limits = {};
  limits.max_age = std::chrono::seconds(10);
  // A date counts once the next one agrees with it.
  const std::string old = "0 10 A GET s 204\n5000 5010 A GET s 204\n";
  const auto events = [&](const std::string& more) {
    return Told(old + more, following(limits)).events();
  };
  EXPECT_THAT(events("10000 10010 A GET s 204\n10020 10030 A GET s 204"),
              ElementsAre("10 A absent", "5010 A absent", "10010 A absent", "10030 A absent"));
  EXPECT_THAT(events("10000 10011 A GET s 204\n10020 10030 A GET s 204"),
              ElementsAre("5010 A absent", "10011 A absent", "10030 A absent"));
  const std::string idle = "0 10 A GET s 204\n0 10 A GET s 204\n";
  EXPECT_EQ(
      Told(idle + "9000 10010 A GET s2 204\n9999 10011 A GET s2 204", following(limits)).size(),
      2u);
  EXPECT_EQ(
      Told(idle + "9000 10011 A GET s2 204\n9999 10012 A GET s2 204", following(limits)).size(),
      1u);
}

TEST(Stories, TheFirstDateIsNotOld) {
  Told told("1773500000000 1773500000010 A GET s 204\n1773500000020 1773500000030 A GET s2 204\n");
  EXPECT_EQ(told.size(), 2u);
}

// One date a year ahead, of another session or of this one, makes nothing old.
TEST(Stories, AStrayDateForgetsNothing) {
  for (const std::string stray :
       {"31536000000 31536000010 A GET s2 204\n", "31536000000 31536000010 A GET s 204\n"}) {
    Told told("0 10 A PUT s 201 new etag=1\n20 30 A PUT s 200 if=1 etag=2\n" + stray +
              "40 50 A PUT s 200 if=2 etag=3\n60 70 A GET s 200 etag=3\n");
    const std::vector<std::string> events = told.events();
    ASSERT_GE(events.size(), 4u) << stray;
    EXPECT_EQ(events.front(), "10 A created 1") << stray;
    EXPECT_EQ(events.back(), "70 A read 3 same") << stray;
    EXPECT_EQ(told[0].dropped, 0u) << stray;
    EXPECT_EQ(told.stories().sessions_forgotten(), 0u) << stray;
  }
}

TEST(Stories, OnlyAPutCanBeADryRun) {
  Told told(
      "0 10 A PUT s 201 new etag=1\n20 30 A PUT s 200 dry etag=7\n40 50 A GET s 200 dry etag=2\n"
      "60 70 A DELETE s/members/me 204 dry\n");
  EXPECT_THAT(told.events(),
              ElementsAre("10 A created 1", "30 A dry-run", "50 A read 2 moved by nobody seen",
                          "70 A updated members/me -A"));
}

// Somebody created it anew: what is asked after the deletion shows it.
TEST(Stories, ADeletedSessionCanBeSeenAgain) {
  const std::string deleted = "0 10 A PUT s 201 new etag=1\n20 100 A PUT s 204 " + kLeave + "\n";
  const std::vector<std::pair<std::string, bool>> cases{
      {"110 120 A GET s 200 etag=5", true},
      {"100 120 A GET s 304", true},
      {"110 120 A PUT s 200 etag=6", true},
      {"110 120 A PUT s 412 if=1 etag=6", true},
      {"99 120 A GET s 200 etag=1", false},  // was under way
      {"110 120 A GET s 204", false},
      {"110 120 A GET s 404", false},
      {"110 120 A PUT s 202", false},
      {"110 120 A PUT s 200 dry etag=6", false},
      {"110 120 A DELETE s/members/me 204", false},
  };
  for (const auto& [what_follows, exists] : cases) {
    const Told told(deleted + what_follows);
    EXPECT_EQ(!told[0].deleted_at, exists) << what_follows;
    EXPECT_EQ(told[0].created_at, at_ms(10)) << what_follows;
  }
}

TEST(Stories, AConflictWhoseEventWasForgottenIsOpen) {
  StoryLimits limits;
  limits.max_events_per_session = 2;
  Told told(
      "0 10 A PUT s 412 if=1 etag=2\n20 30 B GET s 304\n40 50 B GET s 304\n"
      "60 70 A PUT s 200 if=2 etag=3\n",
      following(limits));
  EXPECT_EQ(told[0].resolutions[static_cast<std::size_t>(Resolution::open)], 1u);
  EXPECT_EQ(told[0].resolutions[static_cast<std::size_t>(Resolution::adopted)], 0u);
}

TEST(Stories, AreNotKeptUnlessAskedFor) {
  Engine engine{RuleSettings()};
  const CallPtr call = examined(Built("GET", session_path(), 204));
  engine.judge(*call);
  EXPECT_EQ(engine.stories(), nullptr);
}

TEST(SessionName, KeysAreInLowerCaseAndComeApartAgain) {
  EXPECT_EQ(session_key("A", "b C", "D~e"), "a~b c~d~e");
  EXPECT_EQ(session_key("A", "", "D"), "");
  const SessionName name = parse_session_key("A~b C~D~e");
  EXPECT_EQ(name.scid, "A");
  EXPECT_EQ(name.template_name, "b C");
  EXPECT_EQ(name.session, "D~e");
  for (const char* wrong : {"", "a", "a~b", "~b~c", "a~~c", "a~b~"}) {
    EXPECT_FALSE(parse_session_key(wrong).known()) << wrong;
  }
}

}  // namespace
}  // namespace mpsdscope

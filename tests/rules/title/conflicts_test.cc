// stale-etag-retry and blind-overwrite.
#include "rules/title/conflicts.h"

#include <gtest/gtest.h>

#include "tests/rules/testing/story.h"

namespace mpsdscope::testing {
namespace {

const RuleSettings kSettings = only({Rule::stale_etag_retry, Rule::blind_overwrite});

struct Case {
  const char* name;
  const char* story;
};

class Conflicts : public ::testing::TestWithParam<Case> {};

TEST_P(Conflicts, AreJudgedAsTheStorySays) {
  EXPECT_EQ(judged(GetParam().story, kSettings), GetParam().story);
}

INSTANTIATE_TEST_SUITE_P(StaleEtag, Conflicts,
                         ::testing::Values(Case{"TheRefusedEtagAgain", R"(
0 100 A PUT s 412 if=1 etag=2
101 200 A PUT s 412 if=1 etag=2 ! stale-etag-retry
300 400 A PUT s 412 if=1 etag=3 ! stale-etag-retry
)"},
                                           Case{"UnderWayWhenItWasRefused", R"(
0 100 A PUT s 412 if=1 etag=2
100 200 A PUT s 412 if=1 etag=2
)"},
                                           Case{"TheNewEtag", R"(
0 100 A PUT s 412 if=1 etag=2
101 200 A PUT s 200 if=2 etag=3
)"},
                                           Case{"AnElementIsTheSameSession", R"(
0 100 A PUT s/properties 412 if=1 etag=2
200 300 A DELETE s/members/me 412 if=1 etag=2 ! stale-etag-retry
)"},
                                           Case{"AnotherSession", R"(
0 100 A PUT s 412 if=1 etag=2
200 300 A PUT s2 200 if=1
)"},
                                           Case{"AnotherUserKnowsNothingOfIt", R"(
0 100 A PUT s 412 if=1 etag=2
200 300 B PUT s 412 if=1 etag=2
)"},
                                           Case{"AnotherConnectionOfTheUser", R"(
0 100 A PUT s 412 if=1 etag=2 conn=1
200 300 A PUT s 412 if=1 etag=2 conn=2 ! stale-etag-retry
)"},
                                           Case{"StillStaleAfterAWriteWithTheNewOne", R"(
0 100 A PUT s 412 if=1 etag=2
200 300 A PUT s 200 if=2 etag=3
400 500 A PUT s 412 if=1 etag=3 ! stale-etag-retry
)"},
                                           Case{"ReadsAreNoWrites", R"(
0 100 A PUT s 412 if=1 etag=2
200 300 A GET s 412 if=1
)"},
                                           Case{"TheServiceOfferedTheRefusedOne", R"(
0 100 A PUT s 412 if=1 etag=1
200 300 A PUT s 200 if=1 etag=2
)"},
                                           Case{"TheServiceShowsItAsTheCurrentOne", R"(
0 100 A PUT s 412 if=1 etag=2
200 300 A GET s 200 etag=1
400 500 A PUT s 200 if=1 etag=3
)"},
                                           Case{"DryRunsNeitherTeachNorCount", R"(
0 100 A PUT s 412 if=1 etag=2 dry
200 300 A PUT s 412 if=1 etag=2
400 500 A PUT s 412 if=1 etag=2 dry
)"},
                                           Case{"ARefusedCreationHasNoEtag", R"(
0 100 A PUT s 412 new
200 300 A PUT s 200 if=1
)"},
                                           Case{"EachOfSeveral", R"(
0 100 A PUT s 412 if=1 etag=2
200 300 A PUT s 412 if=2 etag=3
400 500 A PUT s 412 if=1 etag=3 ! stale-etag-retry
600 700 A PUT s 412 if=2 etag=3 ! stale-etag-retry
800 900 A PUT s 200 if=3 etag=4
)"},
                                           Case{"OneOfSeveralIsOfferedAgain", R"(
0 100 A PUT s 412 if=1 etag=2
200 300 A PUT s 412 if=2 etag=1
400 500 A PUT s 412 if=1 etag=3
600 700 A PUT s 412 if=2 etag=3 ! stale-etag-retry
)"},
                                           Case{"OfTheLastEight", R"(
0 10 A PUT s 412 if=1 etag=90
20 30 A PUT s 412 if=2 etag=90
40 50 A PUT s 412 if=3 etag=90
60 70 A PUT s 412 if=4 etag=90
80 90 A PUT s 412 if=5 etag=90
100 110 A PUT s 412 if=6 etag=90
120 130 A PUT s 412 if=7 etag=90
140 150 A PUT s 412 if=8 etag=90
160 170 A PUT s 412 if=1 etag=90 ! stale-etag-retry
180 190 A PUT s 412 if=9 etag=90
200 210 A PUT s 412 if=2 etag=90
220 230 A PUT s 412 if=1 etag=90 ! stale-etag-retry
)"},
                                           Case{"UnderWayWhenTheClockWasSetBack", R"(
0 100000 B GET s2 200
90000 90100 A PUT s 412 if=1 etag=2
99000 99100 A PUT s 412 if=1 etag=2
100001 100100 A PUT s 412 if=1 etag=2 ! stale-etag-retry
)"},
                                           Case{"FromBeforeTheClockWasSetFarBack", R"(
3600000 3600100 A PUT s 412 if=1 etag=2
1000 1100 A PUT s 412 if=1 etag=2
1200 1300 A PUT s 412 if=1 etag=2 ! stale-etag-retry
)"},
                                           Case{"WithoutAnAnswerItWasStillStale", R"(
0 100 #1 PUT s 412 if=1 etag=2
200 300 #1 PUT s - if=1 ! stale-etag-retry
)"},
                                           Case{"ByTheSameUnknownHandle", R"(
0 100 A PUT h 412 if=1 etag=2
200 300 A PUT h 412 if=1 etag=2 ! stale-etag-retry
)"}),
                         [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(BlindOverwrite, Conflicts,
                         ::testing::Values(Case{"WithoutPrecondition", R"(
0 100 A PUT s 412 if=1 etag=2
101 200 A PUT s 200 ! blind-overwrite
)"},
                                           Case{"IfMatchAny", R"(
0 100 A PUT s 412 if=1 etag=2
101 200 A PUT s 200 if=* ! blind-overwrite
)"},
                                           Case{"UnderWay", R"(
0 100 A PUT s 412 if=1 etag=2
100 200 A PUT s 200 if=*
)"},
                                           Case{"ReadBetween", R"(
0 100 A PUT s 412 if=1 etag=2
150 200 A GET s 200 etag=2
200 300 A PUT s 200
)"},
                                           Case{"ReadTooLate", R"(
0 100 A PUT s 412 if=1 etag=2
150 200 A GET s 200 etag=2
199 300 A PUT s 200 ! blind-overwrite
)"},
                                           Case{"UnchangedIsReadToo", R"(
0 100 A PUT s 412 if=1 etag=2
150 200 A GET s 304
300 400 A PUT s 200
)"},
                                           Case{"AnElementWasRead", R"(
0 100 A PUT s 412 if=1 etag=2
150 200 A GET s/properties 200
300 400 A PUT s 200
)"},
                                           Case{"AReadThatFailedIsNone", R"(
0 100 A PUT s 412 if=1 etag=2
150 200 A GET s 500
300 400 A PUT s 200 ! blind-overwrite
)"},
                                           Case{"OnlyAnotherUserRead", R"(
0 100 A PUT s 412 if=1 etag=2
150 200 B GET s 200 etag=2
300 400 A PUT s 200 ! blind-overwrite
)"},
                                           Case{"CreateNewOverwritesNothing", R"(
0 100 A PUT s 412 if=1 etag=2
200 300 A PUT s 412 new
)"},
                                           Case{"SynchronizedUpdateResolvesIt", R"(
0 100 A PUT s 412 if=1 etag=2
200 300 A PUT s 200 if=2 etag=3
400 500 A PUT s 200
)"},
                                           Case{"OnceWrittenItIsOver", R"(
0 100 A PUT s 412 if=1 etag=2
200 300 A PUT s 200 ! blind-overwrite
400 500 A PUT s 200 if=* body=x
)"},
                                           Case{"EachUntilItSucceeds", R"(
0 100 A PUT s 412 if=1 etag=2
200 300 A PUT s 500 ! blind-overwrite
400 500 A PUT s 200 ! blind-overwrite
)"},
                                           Case{"ADryRunWritesNothing", R"(
0 100 A PUT s 412 if=1 etag=2
200 300 A PUT s 200 dry
)"},
                                           Case{"ADryRunReadsNothing", R"(
0 100 A PUT s 412 if=1 etag=2
150 200 A PUT s 200 dry
300 400 A PUT s 200 ! blind-overwrite
)"},
                                           Case{"FromBeforeTheClockWasSetFarBack", R"(
3600000 3600100 A PUT s 412 if=1 etag=2
1000 1100 A PUT s 200
3600200 3600300 A PUT s 200 if=*
)"},
                                           Case{"WithoutA412ItIsAWriteMode", R"(
0 100 A PUT s 200
200 300 A PUT s 200 if=* body=x
)"}),
                         [](const auto& test) { return std::string(test.param.name); });

// What was under way goes by the latest time, how long it is since by the answer's own.
TEST(Conflicts, CountFromTheAnswer) {
  const std::string told = messages(R"(
0 100000 B GET s2 200
90000 90100 A PUT s 412 if=1 etag=2
100100 100200 A PUT s 412 if=1 etag=2
100300 100400 A PUT s 200
)",
                                    kSettings);
  EXPECT_NE(told.find("begun 10 s after a 412 refused that ETag"), std::string::npos) << told;
  EXPECT_NE(told.find("begun 0.1 s after a 412, and"), std::string::npos) << told;
}

TEST(Conflicts, SayWhatWasDoneAndWhatToDo) {
  EXPECT_EQ(
      messages(R"(
0 100 A PUT s 412 if=1 etag=2
900 1000 A PUT s 412 if=1 etag=2
1100 1200 A PUT s 200 if=*
)",
               kSettings),
      "PUT session with If-Match \"1\", begun 0.8 s after a 412 refused that ETag and "
      "returned \"2\"\n"
      "  adopt the session that the 412 returns, apply the change to it and write with its "
      "ETag \"2\"\n"
      "PUT session with If-Match: *, begun 0.1 s after a 412, and the session was not read in "
      "between\n"
      "  look at the session that the 412 returns or read it, and write with If-Match and its "
      "ETag\n");
}

}  // namespace
}  // namespace mpsdscope::testing

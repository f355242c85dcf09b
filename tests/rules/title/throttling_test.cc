// retry-after-ignored, retry-after-ignored-bucket, throttle-loop, and how waits end. Edges as in
// "Was Retry-After honoured?" of the facts: (t, t + N).
#include "rules/title/throttling.h"

#include <gtest/gtest.h>

#include "tests/rules/testing/exchanges.h"
#include "tests/rules/testing/story.h"

namespace mpsdscope::testing {
namespace {

const RuleSettings kSettings =
    only({Rule::retry_after_ignored, Rule::retry_after_ignored_bucket, Rule::throttle_loop});

struct Case {
  const char* name;
  const char* story;
};

class Waiting : public ::testing::TestWithParam<Case> {};

TEST_P(Waiting, IsJudgedAsTheStorySays) {
  EXPECT_EQ(judged(GetParam().story, kSettings), GetParam().story);
}

INSTANTIATE_TEST_SUITE_P(RetryAfter, Waiting,
                         ::testing::Values(Case{"AtOnceAtTheAnswerIsInnocent", R"(
1000 2000 A PUT s 429 wait=5
2000 2100 A PUT s 200
end ~ open
)"},
                                           Case{"AMillisecondAfterTheAnswer", R"(
1000 2000 A PUT s 429 wait=5
2001 2100 A PUT s 200 ! retry-after-ignored ~ ignored
)"},
                                           Case{"AMillisecondTooEarly", R"(
1000 2000 A PUT s 429 wait=5
6999 7100 A PUT s 200 ! retry-after-ignored ~ ignored
)"},
                                           Case{"InTime", R"(
1000 2000 A PUT s 429 wait=5
7000 7100 A PUT s 200 ~ honoured
)"},
                                           Case{"UnderWayIsInnocent", R"(
1000 2000 A PUT s 429 wait=5
1999 2500 A PUT s 200
7000 7100 A PUT s 200 ~ honoured
)"},
                                           Case{"AnotherKindOfTheSameLimit", R"(
1000 2000 A PUT s 429 wait=5
3000 3100 A GET s 200 ! retry-after-ignored-bucket ~ ignored
4000 4100 A PUT s2 200 ! retry-after-ignored
)"},
                                           Case{"AnotherTargetKindIsAnotherKind", R"(
1000 2000 A PUT s 429 wait=5
3000 3100 A PUT s/properties 200 ! retry-after-ignored-bucket ~ ignored
)"},
                                           Case{"AnotherUserTitleOrLimit", R"(
1000 2000 A PUT s 429 wait=5
3000 3100 B PUT s 200
3000 3200 A PUT s 200 title=77
3000 3300 A POST query 200 body={"type":"search"}
end ~ open
)"},
                                           Case{"NoneOfA429WithoutRetryAfter", R"(
1000 2000 A PUT s 429
3000 3100 A PUT s 200
)"},
                                           Case{"A503Too", R"(
1000 2000 A GET s 503 wait=2
3999 4100 A GET s 200 ! retry-after-ignored ~ ignored
)"},
                                           Case{"OtherStatusesAskForNothing", R"(
1000 2000 A GET s 404 wait=2
2500 2600 A GET s 200
)"},
                                           Case{"ZeroSecondsAreOverAtOnce", R"(
1000 2000 A GET s 429 wait=0
2001 2100 A GET s 200 ~ honoured
)"},
                                           Case{"EveryAnswerOfABurstEnds", R"(
1000 2000 A PUT s 429 wait=5
1100 2100 A PUT s 429 wait=5
1200 2200 A PUT s 429 wait=1
7050 7100 A PUT s 200 ! retry-after-ignored ~ honoured ignored honoured
)"},
                                           Case{"TheOneThatLastsLongestIsNamedOnce", R"(
1000 2000 A PUT s 429 wait=60
2500 3000 A PUT s 429 wait=5 ! retry-after-ignored ~ ignored
4000 4500 A PUT s 200 ! retry-after-ignored ~ ignored
62000 62100 A PUT s 200
)"},
                                           Case{"ASlowRequestCorrectsWhatWasSaid", R"(
1000 2000 A PUT s 429 wait=5
7500 7600 A PUT s 200 ~ honoured
6000 9000 A PUT s 200 ! retry-after-ignored ~ honoured->ignored
)"},
                                           Case{"WithoutAResponseItWasStillBegun", R"(
1000 2000 #17 PUT s 429 wait=5
3000 3500 #17 PUT s - ! retry-after-ignored ~ ignored
)"},
                                           Case{"ADryRunIsACallToo", R"(
1000 2000 A PUT s 429 wait=5
3000 3100 A PUT s 200 dry ! retry-after-ignored ~ ignored
)"},
                                           Case{"TheClientLibraryByItself", R"(
1000 2000 A GET s 429 wait=5 sig=one
3000 3100 A GET s 200 sig=one ! retry-after-ignored ~ ignored:auto
)"},
                                           Case{"TheClientLibraryToTheLast", R"(
1000 2000 A GET s 429 wait=14 sig=one
3000 3100 A GET s 200 sig=one ! retry-after-ignored ~ ignored:auto
)"},
                                           Case{"TheClientLibraryGivesUpBefore", R"(
1000 2000 A GET s 429 wait=15 sig=one
3000 3100 A GET s 200 sig=one ! retry-after-ignored ~ ignored:new
)"},
                                           Case{"TheClientLibraryRetriesNoSession", R"(
1000 2000 A PUT s 503 wait=5 sig=one
3000 3100 A PUT s 200 sig=one ! retry-after-ignored ~ ignored:new
)"},
                                           Case{"NorByHandle", R"(
1000 2000 A PUT h 503 wait=5 sig=one
3000 3100 A PUT h 200 sig=one ! retry-after-ignored ~ ignored:new
)"},
                                           Case{"ButElements", R"(
1000 2000 A PUT s/members/me 503 wait=5 sig=one
3000 3100 A PUT s/members/me 200 sig=one ! retry-after-ignored ~ ignored:auto
)"},
                                           Case{"TheTitleAgain", R"(
1000 2000 A GET s 429 wait=5 sig=one
7000 7100 A GET s 200 sig=two ~ honoured:new
)"},
                                           Case{"OneSignatureAloneTellsNothing", R"(
1000 2000 A GET s 429 wait=5
7000 7100 A GET s 200 sig=two ~ honoured
)"},
                                           Case{"OtherConnectionsAreTheSameUser", R"(
1000 2000 A GET s 429 wait=5 conn=1
3000 3100 A GET s 200 conn=2 ! retry-after-ignored ~ ignored
)"},
                                           Case{"UnknownUsersAreTheirConnections", R"(
1000 2000 - GET s 429 wait=5 conn=1
3000 3100 - GET s 200 conn=2
3000 3200 - GET s 200 conn=1 ! retry-after-ignored ~ ignored
)"},
                                           Case{"UnknownTitlesAreTheirConnections", R"(
1000 2000 A GET h 429 wait=5 conn=1
3000 3100 A GET h 200 conn=2
3000 3200 A GET h 200 conn=1 ! retry-after-ignored ~ ignored
)"},
                                           Case{"AHashIsAUser", R"(
1000 2000 #17 GET s 429 wait=5
3000 3100 #18 GET s 200
3000 3200 #17 GET s 200 conn=2 ! retry-after-ignored ~ ignored
)"},
                                           Case{"AHashThatGetsAnXuidStaysTheSame", R"(
1000 2000 #17 GET s 429 wait=5
2000 2100 #17 GET /serviceconfigs/x/sessiontemplates 200 learn=2814646326226065
3000 3100 A GET s 200 ! retry-after-ignored ~ ignored
)"},
                                           Case{"AClockSetBackAccusesNobody", R"(
1000 100000 B GET s 200
99000 90000 A GET s 429 wait=30
99500 91000 A GET s 200
92000 93000 A GET s 200
101000 102000 A GET s 200 ! retry-after-ignored ~ ignored
)"},
                                           Case{"AClockSetBackALittleMovesNoWait", R"(
0 100000 B GET s2 200
90400 90500 A PUT s 429 wait=15
105500 105600 A PUT s 200 ~ honoured
)"},
                                           Case{"AClockSetBackALittleHidesNoEarlyCall", R"(
0 100000 B GET s2 200
90400 90500 A PUT s 429 wait=15
100000 100100 A GET s 200
105499 105600 A PUT s 200 ! retry-after-ignored ~ ignored
)"},
                                           Case{"AClockSetBackBeyondTheWaitEndsIt", R"(
0 100000 B GET s2 200
90400 90500 A PUT s 429 wait=5
95000 95100 A PUT s 200
100001 100100 A PUT s 200 ~ honoured
)"},
                                           Case{"WaitsFromBeforeALargeStepBackAreOpen", R"(
3600000 3600100 A PUT s 429 wait=60
5000 5100 A GET s2 200
6000 6100 A GET s2 200 ~ open
1000000 1000100 A GET s2 200
2000000 2000100 A GET s2 200
3000000 3000100 A GET s2 200
3610000 3610100 A PUT s 200
)"},
                                           Case{"AWaitWithAStrayDateIsOpen", R"(
1000 900000000 A PUT s 429 wait=5
2000 3000 A PUT s 429 wait=5
4000 5000 A PUT s 200 ! retry-after-ignored ~ open ignored
)"},
                                           Case{"AStrayDateInThePastEndsNoWait", R"(
1000000 1000100 A PUT s 429 wait=5
0 100 A GET s2 200
1004000 1004100 A PUT s 200 ! retry-after-ignored ~ ignored
)"},
                                           Case{"AStrayDateStopsNothing", R"(
1000 900000000 B GET s 200
2000 3000 A GET s 429 wait=5 at=900000000
4000 5000 A GET s 200 at=900000000 ! retry-after-ignored ~ ignored
)"}),
                         [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(ThrottleLoop, Waiting,
                         ::testing::Values(Case{"TwoAreNoLoop", R"(
0 100 A GET s 429
1100 1200 A GET s 429
2200 2300 A GET s 200
)"},
                                           Case{"ThreeAtTheSamePace", R"(
0 100 A GET s 429
1100 1200 A GET s2 429
2200 2300 A PUT s 429 ! throttle-loop
3300 3400 A PUT s 429
4400 4500 A PUT s 429
5500 5600 A PUT s 429 ! throttle-loop
)"},
                                           Case{"GrowingPausesAreNone", R"(
0 100 A GET s 429
1100 1200 A GET s2 429
2300 2400 A GET s 429
)"},
                                           Case{"LessThanATenthMoreIsNotGrowing", R"(
0 100 A GET s 429
1100 1200 A GET s2 429
2299 2400 A GET s 429 ! throttle-loop
)"},
                                           Case{"PausesOfNothingDoNotGrow", R"(
0 100 A GET s 429
100 200 A GET s2 429
200 300 A GET s 429 ! throttle-loop
)"},
                                           Case{"ALargeStepBackBeginsAnew", R"(
3600000 3600100 A GET s 429
3601100 3601200 A GET s2 429
1100 1200 A GET s 429
2200 2300 A GET s 429
3300 3400 A GET s2 429
4400 4500 A GET s 429 ! throttle-loop
)"},
                                           Case{"AStrayDateEndsNoRow", R"(
3600000 3600100 A GET s 429
3601100 3601200 A GET s2 429
1100 1200 A GET s 429
3602200 3602300 A GET s 429 ! throttle-loop
)"},
                                           Case{"ThenNoLongerGrowing", R"(
0 100 A GET s 429
1100 1200 A GET s2 429
3200 3300 A GET s 429
5300 5400 A GET s2 429 ! throttle-loop
)"},
                                           Case{"AnotherAnswerBetween", R"(
0 100 A GET s 429
1100 1200 A GET s2 429
1300 1400 A GET s 200
2200 2300 A GET s2 429
)"},
                                           Case{"NoAnswerIsNone", R"(
0 100 A GET s 429
1100 1200 A GET s2 429
1300 1400 A PUT s -
2200 2300 A GET s2 429 ! throttle-loop
)"},
                                           Case{"UnderWayTogetherIsNoLoop", R"(
0 100 A GET s 429
10 110 A GET s2 429
20 120 A PUT s 429
30 130 A PUT s2 429
)"},
                                           Case{"WhoeverWaitsAsToldIsNone", R"(
0 100 A GET s 429 wait=1
1100 1200 A GET s 429 wait=1 ~ honoured
2200 2300 A GET s 429 wait=1 ~ honoured
3300 3400 A GET s 429 wait=1 ~ honoured
end ~ open
)"},
                                           Case{"WhoeverDoesNotIs", R"(
0 100 A GET s 429 wait=9
1100 1200 A GET s 429 wait=9 ! retry-after-ignored ~ ignored
2200 2300 A GET s 429 wait=9 ! retry-after-ignored throttle-loop ~ ignored
end ~ open
)"},
                                           Case{"OfDifferentUsersIsNone", R"(
0 100 A GET s 429
1100 1200 B GET s 429
2200 2300 C GET s 429
)"}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(Waiting, SaysWhatWasDoneAndWhatToDo) {
  EXPECT_EQ(messages(R"(
1000 2000 A GET s 429 wait=5 sig=a
3200 3300 A GET s 200 sig=a
)",
                     kSettings),
            "GET session begun 1.2 s after a 429 to GET session that asked to wait 5 s: 3.8 s too "
            "early; the Signature is the same: an automatic retry of the client library\n"
            "  begin the next call 5 s after the answer or later\n");
}

TEST(Waiting, SaysWhatTheClientLibraryNeverDoes) {
  const auto told = [](const std::string& kind, const char* wait, const char* signature) {
    const std::string text = messages("1000 2000 A " + kind + " 429 wait=" + wait + " sig=a\n" +
                                          "3000 3100 A " + kind + " 200 sig=" + signature + "\n",
                                      kSettings);
    return text.substr(text.find("; "), text.find('\n') - text.find("; "));
  };
  EXPECT_EQ(told("PUT s", "5", "a"),
            "; the Signature is the same, but the client library itself retries no PUT of a "
            "session: the title sent it again");
  EXPECT_EQ(told("GET s", "15", "a"),
            "; the Signature is the same, but the client library itself retries nothing after 15 s "
            "or more: the title sent it again");
  EXPECT_EQ(told("PUT s", "5", "b"), "; the Signature is another: the title called again");
}

// What was under way goes by the latest time, how early a call is by the answer's own.
TEST(Waiting, CountsFromTheAnswer) {
  const std::string told = messages(R"(
0 100000 B GET s2 200
90400 90500 A PUT s 429 wait=15
105400 105500 A PUT s 200
)",
                                    kSettings);
  EXPECT_EQ(
      told.find("PUT session begun 14.9 s after a 429 to PUT session that asked to wait 15 s: "
                "0.1 s too early"),
      0U)
      << told;
}

// A date is as long as it is away from Date, or from the answer.
TEST(Waiting, HonoursADate) {
  for (const bool dated : {true, false}) {
    for (const std::int64_t begin : {12'999, 13'000}) {
      Engine engine(kSettings);
      const auto call = [&](std::int64_t begins, std::int64_t ends, int status) {
        Built built("GET", session_path(), status);
        built.time(ends).field("X-Xbl-Debug", "user0=77");
        built.exchange().request.begin = at_ms(begins);
        if (status == 429) built.field("Retry-After", "Thu, 01 Jan 1970 00:00:13 GMT");
        if (status == 429 && dated) built.field("Date", "Thu, 01 Jan 1970 00:00:03 GMT");
        const CallPtr made = examine(built.take(), kSettings);
        engine.judge(*made);
        return fired(*made);
      };
      EXPECT_EQ(call(2'900, 3'000, 429), "");
      EXPECT_EQ(call(begin, 14'000, 200), begin < 13'000 ? "retry-after-ignored" : "") << dated;
      ASSERT_EQ(engine.conducts().size(), 1U);
      EXPECT_EQ(engine.conducts()[0].retry_after_s, 10);
    }
  }
}

TEST(Waiting, KeepsToItsRoomAndSaysWhatItGaveUp) {
  RuleSettings settings = kSettings;
  settings.history.throttled = 2;
  EXPECT_EQ(judged(R"(
0 100 A GET s 429 wait=60
0 200 B GET s 429 wait=60
0 300 C GET s 429 wait=60 ~ open
end ~ open open
)",
                   settings),
            R"(
0 100 A GET s 429 wait=60
0 200 B GET s 429 wait=60
0 300 C GET s 429 wait=60 ~ open
end ~ open open
)");
}

}  // namespace
}  // namespace mpsdscope::testing

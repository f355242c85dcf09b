// repeated-call, small-batch, batch-frequency and contract-version.
#include "rules/title/repeats.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/rules/testing/story.h"

namespace mpsdscope::testing {
namespace {

struct Case {
  const char* name;
  const char* story;
};

class Repeats : public ::testing::TestWithParam<Case> {};

TEST_P(Repeats, AreJudgedAsTheStorySays) {
  EXPECT_EQ(judged(GetParam().story), GetParam().story);
}

INSTANTIATE_TEST_SUITE_P(RepeatedCall, Repeats,
                         ::testing::Values(Case{"AtFiveSeconds", R"(
0 100 A GET s 200
5000 5100 A GET s 200 ! repeated-call
)"},
                                           Case{"AMillisecondLater", R"(
0 100 A GET s 200
5001 5100 A GET s 200
)"},
                                           Case{"AnotherMethodTargetOrBody", R"(
0 100 A PUT s 200 body=x
1000 1100 A GET s 200
1000 1200 A PUT s2 200 body=x
1000 1300 A PUT s 200 body=y
)"},
                                           Case{"TheSameBody", R"(
0 100 A PUT s 200 body=x
1000 1100 A PUT s 200 body=x ! repeated-call
)"},
                                           Case{"OfAnotherUser", R"(
0 100 A GET s 200
1000 1100 B GET s 200
)"},
                                           Case{"ARetryIsNone", R"(
0 100 A PUT s 412 if=1 etag=2
200 300 A PUT s 200 if=2
400 500 A GET s 429
600 700 A GET s 200
800 900 A GET s2 503
1000 1100 A GET s2 200
)"},
                                           Case{"NorAfterANewTokenOrNoAnswer", R"(
0 100 #1 GET s 401
200 300 #1 GET s -
400 500 #1 GET s 408
600 700 #1 GET s 200
)"},
                                           Case{"ARefusalStaysOne", R"(
0 100 A GET s 404
200 300 A GET s 404 ! repeated-call
)"},
                                           Case{"TwiceAtOnceIsNoRetry", R"(
0 300 A GET s 429
100 400 A GET s 200 ! repeated-call
)"},
                                           Case{"TheFirstMayBeAnsweredLast", R"(
100 200 A GET s 200
0 300 A GET s 429 ! repeated-call
)"},
                                           Case{"TheLastOneCounts", R"(
0 100 A GET s 200
4000 4100 A GET s 200 ! repeated-call
8000 8100 A GET s 200 ! repeated-call
)"},
                                           Case{"AWriteBetweenHasAnsweredAlready", R"(
0 100 A GET s 200 etag=1
1000 1100 A PUT s 200 if=1 etag=2 body=x
2000 2100 A GET s 200 etag=2 ! repeated-call
)"},
                                           Case{"AClockSetFarBackHidesNone", R"(
3600000 3600100 A GET s 200
0 100 A GET s 200
1000 1100 A GET s 200 ! repeated-call
)"},
                                           Case{"AClockSetBackALittleHidesNone", R"(
100000 100100 A GET s 200
70000 70100 A GET s 200
71000 71100 A GET s 200 ! repeated-call
72000 72100 A GET s 429 ! repeated-call
73000 73100 A GET s 200
)"},
                                           Case{"AnAnswerASecondLateIsNoClockSetBack", R"(
2000 3100 A GET s 200
1000 2100 A GET s 200 ! repeated-call
6500 6600 A GET s 200 ! repeated-call
)"},
                                           Case{"WithoutAnAnswerNothingTellsOfTheClock", R"(
100000 100100 #1 GET s 200
96000 96100 #1 GET s -
101500 101600 #1 GET s 200 ! repeated-call
)"},
                                           Case{"AStrayDateInThePastCostsOne", R"(
1000000 1000100 A GET s 200
0 100 A GET s 200
1001000 1001100 A GET s 200
1002000 1002100 A GET s 200 ! repeated-call
)"},
                                           Case{"AStrayDateHidesNone", R"(
0 100 A GET s 200
31536000000 31536000100 A GET s 200
1000 1100 A GET s 200
2000 2100 A GET s 200 ! repeated-call
)"},
                                           Case{"CaseOfThePathDoesNotMatter", R"(
0 100 A GET /handles/AB 200 title=5
100 200 A GET /Handles/ab 200 title=5 ! repeated-call
300 400 A GET /Handles/ab?x=A 200 title=5
500 600 A GET /Handles/ab?x=a 200 title=5
)"},
                                           Case{"UnknownPathsAreNotJudged", R"(
0 100 A GET /something 200
100 200 A GET /something 200
)"}),
                         [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(Batches, Repeats,
                         ::testing::Values(Case{"TwoUsersAreEnough", R"(
0 100 A POST batch 200 body={"xuids":["1","2"]}
)"},
                                           Case{"OneIsFew", R"(
0 100 A POST batch 200 body={"xuids":["1"]} ! small-batch
)"},
                                           Case{"TheSameTwiceIsOne", R"(
0 100 A POST batch 200 body={"xuids":["1","1"]} ! small-batch
)"},
                                           Case{"NoneIsFewer", R"(
0 100 A POST batch 200 body={"xuids":[]} ! small-batch
)"},
                                           Case{"OwnersOfAHandleQuery", R"(
0 100 A POST query 200 title=9 body={"type":"activity","owners":{"xuids":["1"]}} ! small-batch
)"},
                                           Case{"AListOfPeopleIsNotCounted", R"(
0 100 A POST query 200 title=9 body={"type":"activity","owners":{"people":{"moniker":"people"}}}
)"},
                                           Case{"ASearchHasNoUsers", R"(
0 100 A POST query 200 title=9 body={"type":"search"}
)"},
                                           Case{"ABodyThatIsNoneIsNotCounted", R"(
0 100 A POST batch 400 body={"xuids
)"},
                                           Case{"TwoWithinTwoSeconds", R"(
0 100 A POST batch 200 body={"xuids":["1","2"]}
2000 2100 A POST batch 200 body={"xuids":["3","4"]} ! batch-frequency
)"},
                                           Case{"AMillisecondLaterAreNone", R"(
0 100 A POST batch 200 body={"xuids":["1","2"]}
2001 2100 A POST batch 200 body={"xuids":["3","4"]}
)"},
                                           Case{"AskingSomethingElseCannotBeOne", R"(
0 100 A POST query 200 title=9 body={"type":"activity","owners":{"xuids":["1","2"]}}
500 600 A POST query 200 title=9 body={"type":"invite","owners":{"xuids":["3","4"]}}
700 800 A POST query?include=x 200 title=9 body={"type":"activity","owners":{"xuids":["3","4"]}}
)"},
                                           Case{"ARetryIsNoSecondBatch", R"(
0 100 A POST batch 503 body={"xuids":["1","2"]}
500 600 A POST batch 200 body={"xuids":["1","2"]}
)"},
                                           Case{"OfAnotherUser", R"(
0 100 A POST batch 200 body={"xuids":["1","2"]}
500 600 B POST batch 200 body={"xuids":["3","4"]}
)"}),
                         [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(ContractVersion, Repeats,
                         ::testing::Values(Case{"IsMissing", R"(
0 100 A GET s 200 old ! contract-version
)"},
                                           Case{"OfAnUnknownPath", R"(
0 100 A GET /something 200 old
)"},
                                           Case{"Below104", R"(
0 100 A GET s 200 contract=103 ! contract-version
)"},
                                           Case{"Is104", R"(
0 100 A GET s 200 contract=104
)"},
                                           Case{"IsNoNumber", R"(
0 100 A GET s 200 contract=1o5 ! contract-version
)"}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(Repeats, SayWhatWasDoneAndWhatToDo) {
  EXPECT_EQ(messages(R"(
0 100 A POST batch 200 body={"xuids":["1"]}
500 600 A POST batch 200 body={"xuids":["1"]}
)"),
            "a batch-query for one user\n"
            "  ask for several users at once, or for one with a session query\n"
            "the same POST batch-query with the same body, 0.5 s after one that was answered with "
            "200\n"
            "  keep the answer for whoever asks again, and let one part of the title ask\n"
            "a batch-query for one user\n"
            "  ask for several users at once, or for one with a session query\n"
            "POST batch-query for 1 user 0.5 s apart from another one that asks the same of the "
            "same users\n"
            "  keep the answer for whoever asks again\n");
}

TEST(Repeats, SayWhetherABatchAsksOfOthers) {
  const auto told = [](const char* first) {
    const std::string story = R"(
0 100 A POST batch 200 body={"xuids":["1","2"]}
500 600 A POST batch 200 body={"xuids":[)" +
                              std::string(first) +
                              R"(,"3"]}
1000 1100 A POST batch 200 body={"xuids":["1","2"]}
)";
    std::string text = messages(story, only({Rule::batch_frequency}));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4) << text;
    return text;
  };
  // Each is compared to the last one.
  EXPECT_EQ(told("\"4\"").find("same users"), std::string::npos);
  EXPECT_NE(told("\"4\"").find("0.5 s apart from another one that asks the same of other users"),
            std::string::npos);
}

}  // namespace
}  // namespace mpsdscope::testing

// polling: 5 or more GETs of one session at equal distances (±1 %), at most an hour.
#include "rules/title/polling.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/rules/testing/story.h"

namespace mpsdscope::testing {
namespace {

const RuleSettings kSettings = only({Rule::polling});

struct Case {
  const char* name;
  const char* story;
};

class PollingTest : public ::testing::TestWithParam<Case> {};

TEST_P(PollingTest, IsJudgedAsTheStorySays) {
  EXPECT_EQ(judged(GetParam().story, kSettings), GetParam().story);
}

INSTANTIATE_TEST_SUITE_P(
    Polling, PollingTest,
    ::testing::Values(Case{"FourAreNone", R"(
0 100 A GET s 200
10000 10100 A GET s 200
20000 20100 A GET s 200
30000 30100 A GET s 200
)"},
                      Case{"FiveAreToldAndTenAgain", R"(
0 100 A GET s 200
10000 10100 A GET s 200
20000 20100 A GET s 304
30000 30100 A GET s 429
40000 40100 A GET s 200 ! polling
50000 50100 A GET s 200
60000 60100 A GET s 200
70000 70100 A GET s 200
80000 80100 A GET s 200
90000 90100 A GET s 200 ! polling
100000 100100 A GET s 200
)"},
                      // The mean distance is 10 s, so one may be 0.1 s away from it.
                      Case{"OnePercentIsEqual", R"(
0 100 A GET s 200
10100 10200 A GET s 200
20000 20200 A GET s 200
30100 30200 A GET s 200
40000 40100 A GET s 200 ! polling
)"},
                      Case{"AMillisecondMoreIsNot", R"(
0 100 A GET s 200
10101 10200 A GET s 200
20000 20200 A GET s 200
30100 30200 A GET s 200
40000 40100 A GET s 200
)"},
                      Case{"AnHourIsTheLongest", R"(
0 100 A GET s 200
3600000 3600100 A GET s 200
7200000 7200100 A GET s 200
10800000 10800100 A GET s 200
14400000 14400100 A GET s 200 ! polling
)"},
                      Case{"MoreThanAnHourIsNone", R"(
0 100 A GET s 200
3600001 3600100 A GET s 200
7200000 7200100 A GET s 200
10800000 10800100 A GET s 200
14400000 14400100 A GET s 200
)"},
                      Case{"TheClockCountsNotTheAnswer", R"(
0 100 A GET s 200
10000 17000 A GET s 200
20000 20100 A GET s 200
30000 38000 A GET s 200
40000 40100 A GET s 200 ! polling
)"},
                      Case{"AnAnswerMayOvertakeAnother", R"(
0 100 A GET s 200
10000 10100 A GET s 200
20000 20100 A GET s 200
40000 40100 A GET s 200
30000 41000 A GET s 200 ! polling
)"},
                      Case{"ABreakBeginsAnew", R"(
0 100 A GET s 200
10000 10100 A GET s 200
20000 20100 A GET s 200
30000 30100 A GET s 200
40000 40100 A GET s 200 ! polling
55000 55100 A GET s 200
65000 65100 A GET s 200
75000 75100 A GET s 200
85000 85100 A GET s 200
95000 95100 A GET s 200 ! polling
)"},
                      Case{"AStrayDateStopsNothing", R"(
0 100 A GET s 200
10000 10100 A GET s 200
31536000000 31536000100 A GET s 200
20000 20100 A GET s 200
30000 30100 A GET s 200
40000 40100 A GET s 200 ! polling
)"},
                      // One of four is lost for it.
                      Case{"AStrayDateInThePastCostsOne", R"(
1000000 1000100 A GET s 200
1010000 1010100 A GET s 200
1020000 1020100 A GET s 200
1030000 1030100 A GET s 200
0 100 A GET s 200
1040000 1040100 A GET s 200
1050000 1050100 A GET s 200 ! polling
)"},
                      Case{"AClockSetFarBackBeginsAnew", R"(
3600000 3600100 A GET s 200
3610000 3610100 A GET s 200
3620000 3620100 A GET s 200
3630000 3630100 A GET s 200
0 100 A GET s 200
10000 10100 A GET s 200
20000 20100 A GET s 200
30000 30100 A GET s 200
40000 40100 A GET s 200 ! polling
)"},
                      Case{"OfSeveralUsersIsNone", R"(
0 100 A GET s 200
10000 10100 B GET s 200
20000 20100 A GET s 200
30000 30100 B GET s 200
40000 40100 A GET s 200
)"},
                      Case{"OfSeveralSessionsIsNone", R"(
0 100 A GET s 200
10000 10100 A GET s2 200
20000 20100 A GET s 200
30000 30100 A GET s2 200
40000 40100 A GET s 200
)"},
                      Case{"AnElementCanBePolledToo", R"(
0 100 A GET s/members/me 200
10000 10100 A GET s/members/me 200
20000 20100 A GET s/members/me 200
30000 30100 A GET s/members/me 200
40000 40100 A GET s/members/me 200 ! polling
)"},
                      Case{"WritesAreNone", R"(
0 100 A PUT s 200
10000 10100 A PUT s 200
20000 20100 A PUT s 200
30000 30100 A PUT s 200
40000 40100 A PUT s 200
)"},
                      Case{"AllAtOnceIsNone", R"(
0 10100 A GET s 200 body=1
0 10100 A GET s 200 body=2
0 10100 A GET s 200 body=3
0 10100 A GET s 200 body=4
0 10100 A GET s 200 body=5
)"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Polling, SaysHowOftenAndRestsOnAllOfThem) {
  constexpr auto* kStory = R"(
0 100 A GET s 200
7500 7600 A GET s 200
15000 15100 A GET s 200
22530 22600 A GET s 200
30000 30100 A GET s 200
)";
  EXPECT_EQ(messages(kStory, kSettings),
            "5 GETs of this session at equal distances of 7.5 s (within 0.03 s)\n"
            "  subscribe to the changes of the session and read it when one is told\n");
}

TEST(Polling, FollowsItsThresholds) {
  RuleSettings settings = kSettings;
  settings.title.polling_calls = 3;
  settings.title.polling_tolerance = 0.1;
  settings.title.polling_longest = std::chrono::seconds(20);
  constexpr auto* kStory = R"(
0 100 A GET s 200
9000 9100 A GET s 200
20000 20100 A GET s 200 ! polling
41000 41100 A GET s 200
61000 61100 A GET s 200
80000 80100 A GET s 200 ! polling
)";
  EXPECT_EQ(judged(kStory, settings), kStory);
}

// Each has its own memory, however many there are.
TEST(PollingOfManySessions, EachIsJudgedAlone) {
  const std::string folder =
      "/serviceconfigs/4fc10100-5f7a-4470-899b-55580a6d2730/sessionTemplates/lobby/sessions/n";
  std::string story = "\n";
  struct Line {
    int begin;
    std::string text;
  };
  std::vector<Line> lines;
  for (int session = 0; session < 150; ++session) {
    for (int round = 0; round < 5; ++round) {
      const int begin = session * 3 + round * 10'000;
      lines.push_back({begin, std::to_string(begin) + " " + std::to_string(begin + 1) + " A GET " +
                                  folder + std::to_string(session) + " 200" +
                                  (round == 4 ? " ! polling" : "") + "\n"});
    }
  }
  std::sort(lines.begin(), lines.end(),
            [](const Line& a, const Line& b) { return a.begin < b.begin; });
  for (const Line& line : lines) story += line.text;
  EXPECT_EQ(judged(story, kSettings), story);
}

}  // namespace
}  // namespace mpsdscope::testing

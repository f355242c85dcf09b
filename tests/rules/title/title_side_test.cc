// All rules of the title's side together: stories, order, bounds.
#include "rules/title/title_side.h"

#include <algorithm>
#include <random>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/rules/testing/story.h"

namespace mpsdscope::testing {
namespace {

TEST(TitleSide, JudgesGoldenStories) {
  // Create, join by another user, write, leave: nothing to say.
  constexpr auto* kPlay = R"(
0 100 A PUT s 201 new etag=1 body={"members":{"me":{}}}
500 600 A POST handles 201 body={"type":"activity"}
1000 1100 B POST query 200 body={"type":"activity","owners":{"xuids":["1","2"]}}
1500 1600 B PUT s 200 etag=2 body={"members":{"me":{}}}
2000 2100 A GET s 200 etag=2
2500 2600 A PUT s 200 if=2 etag=3 body={"properties":{"custom":{"map":1}}}
9000 9100 B PUT s 200 body={"members":{"me":null}}
9500 9600 A PUT s 204 body={"members":{"me":null}}
)";
  EXPECT_EQ(judged(kPlay), kPlay);
  // Throttled, patient, then in the way of another writer, who is adopted.
  constexpr auto* kGood = R"(
0 100 A PUT s 429 wait=3 body=x
3100 3200 A PUT s 412 if=1 etag=2 body=x ~ honoured
3300 3400 A PUT s 200 if=2 etag=3 body=x
)";
  EXPECT_EQ(judged(kGood), kGood);
  // The same, stubborn and blind.
  constexpr auto* kBad = R"(
0 100 A PUT s 429 wait=3 body=x
1100 1200 A PUT s 429 wait=3 body=x ! retry-after-ignored ~ ignored
2200 2300 A PUT s 412 if=1 etag=2 body=x ! retry-after-ignored ~ ignored
6000 6100 A PUT s 412 if=1 etag=2 body=x ! stale-etag-retry
7000 7100 A PUT s 200 if=* etag=3 body=x ! blind-overwrite
)";
  EXPECT_EQ(judged(kBad), kBad);
}

TEST(TitleSide, ReportsInTheOrderOfTheRuleTable) {
  constexpr auto* kStory = R"(
0 10 A GET s 429 wait=60 old ! contract-version
1000 1010 A GET s 429 wait=60 old ! retry-after-ignored contract-version ~ ignored
2000 2010 A GET s 429 wait=60 old ! retry-after-ignored throttle-loop contract-version ~ ignored
3000 3010 A GET s 200 old ! retry-after-ignored contract-version ~ ignored
4000 4010 A GET s 200 old ! retry-after-ignored contract-version polling repeated-call
)";
  EXPECT_EQ(judged(kStory), kStory);
}

// The server made up their requests.
TEST(TitleSide, DoesNotAnswerForWhatWasPushed) {
  const RuleSettings settings;
  Engine engine(settings);
  for (int i = 0; i < 50; ++i) {
    const std::string begin = std::to_string(10 * i), end = std::to_string(10 * i + 5);
    ExchangePtr exchange = exchange_of(begin + " " + end + " A GET s 200 old");
    exchange->defects.add(Defect::pushed);
    const CallPtr call = examine(std::move(exchange), settings);
    engine.judge(*call);
    EXPECT_TRUE(std::none_of(
        call->violations.begin(), call->violations.end(),
        [](const Violation& violation) { return info_of(violation.rule).side == Side::title; }));
  }
  CallPtr asked = examine(exchange_of("600 605 A GET s 200 old"), settings);
  engine.judge(*asked);
  ASSERT_FALSE(asked->violations.empty());
  EXPECT_EQ(asked->violations.back().rule, Rule::contract_version);
}

TEST(TitleSide, NamesTheExchangesThatItRestsOn) {
  const RuleSettings settings = only({Rule::polling});
  Engine engine(settings);
  std::vector<ExchangeRef> all;
  CallPtr call;
  for (int i = 0; i < 5; ++i) {
    const std::string begin = std::to_string(10'000 * i);
    const std::string end = std::to_string(10'000 * i + 50);
    call = examine(exchange_of(begin + " " + end + " A GET s 200 conn=" + std::to_string(i + 7)),
                   settings);
    all.push_back({static_cast<std::uint64_t>(i + 7), 0, call->exchange->completed()});
    engine.judge(*call);
  }
  ASSERT_EQ(call->violations.size(), 1U);
  EXPECT_EQ(call->violations[0].rule, Rule::polling);
  EXPECT_EQ(call->violations[0].exchanges, all);
}

TEST(TitleSide, NamesNeverTooMany) {
  RuleSettings settings = only({Rule::polling});
  settings.title.polling_calls = 40;
  Engine engine(settings);
  CallPtr call;
  for (int i = 0; i < 40; ++i) {
    const std::string begin = std::to_string(10'000 * i);
    call =
        examine(exchange_of(begin + " " + begin + " A GET s 200 etag=1 conn=" + std::to_string(i)),
                settings);
    engine.judge(*call);
  }
  ASSERT_EQ(call->violations.size(), 1U);
  const std::vector<ExchangeRef>& named = call->violations[0].exchanges;
  ASSERT_EQ(named.size(), kMostNamedExchanges);
  EXPECT_EQ(named.front().conn, 0U);
  EXPECT_EQ(named[1].conn, 40 - kMostNamedExchanges + 1);
  EXPECT_EQ(named.back().conn, 39U);
}

TEST(TitleSide, TellsUnknownUsersWithLessWeight) {
  const RuleSettings settings = only({Rule::retry_after_ignored});
  Engine engine(settings);
  CallPtr call;
  for (const char* line : {"0 10 - GET s 429 wait=5", "1000 1010 - GET s 200 etag=1"}) {
    call = examine(exchange_of(line), settings);
    engine.judge(*call);
  }
  ASSERT_FALSE(call->violations.empty());
  EXPECT_EQ(call->violations[0].rule, Rule::retry_after_ignored);
  EXPECT_EQ(call->violations[0].severity, Severity::info);
  EXPECT_NE(call->violations[0].message.find("the user is unknown"), std::string::npos);
}

// A user of whom the service says who it is goes by that, though the hash is another one's.
TEST(TitleSide, UsersOfOneHashAreToldApart) {
  constexpr auto* kStory = R"(
0 20 #42 PUT s 429 wait=15 learn=2814646326226065
2000 2020 #42 PUT s 200 learn=2814646326226066
3000 3020 #42 PUT s 429 wait=5 learn=2814646326226066
4000 4020 #42 PUT s 200 learn=2814646326226065 ! retry-after-ignored ~ ignored
5000 5020 B PUT s 200 ! retry-after-ignored ~ ignored
6000 6020 #42 PUT s 200 ! retry-after-ignored
)";
  EXPECT_EQ(judged(kStory, only({Rule::retry_after_ignored})), kStory);
}

TEST(TitleSide, OneUserMayHaveSeveralHashes) {
  constexpr auto* kStory = R"(
0 100 #17 GET /serviceconfigs/x/sessiontemplates 200 learn=2814646326226065
200 300 #18 GET /serviceconfigs/y/sessiontemplates 200 learn=2814646326226065
1000 2000 #17 GET s 429 wait=5
3000 3100 #18 GET s2 200 ! retry-after-ignored ~ ignored
4000 4100 A GET s2 200 ! retry-after-ignored
)";
  EXPECT_EQ(judged(kStory, only({Rule::retry_after_ignored})), kStory);
}

TEST(TitleSide, ForgetsForWantOfRoomAndCountsIt) {
  RuleSettings settings = only({Rule::stale_etag_retry});
  settings.history.sessions = 2;
  constexpr auto* kStory = R"(
0 10 A PUT s 412 if=1 etag=2
0 20 B PUT s 412 if=1 etag=2
0 30 C PUT s 412 if=1 etag=2
1000 1010 C PUT s 412 if=1 etag=2 ! stale-etag-retry
)";
  EXPECT_EQ(judged(kStory, settings), kStory);
  Engine engine(settings);
  for (const char* line : {"0 10 A GET s 200", "0 20 B GET s 200", "0 30 C GET s 200"}) {
    engine.judge(*examine(exchange_of(line), settings));
  }
  EXPECT_EQ(engine.forgotten(), 1U);
}

TEST(TitleSide, ForgetsWhatIsOldWithoutALoss) {
  RuleSettings settings = only({Rule::stale_etag_retry});
  settings.history.horizon = std::chrono::seconds(10);
  constexpr auto* kStory = R"(
0 10 A PUT s 412 if=1 etag=2
10000 10010 A PUT s 412 if=1 etag=2 ! stale-etag-retry
20011 20020 B GET s 200
20012 20021 A PUT s 412 if=1 etag=2
)";
  EXPECT_EQ(judged(kStory, settings), kStory);
}

// Memory goes by what two calls in a row say of the time.
TEST(TitleSide, OneStrayDateForgetsNothing) {
  for (const std::string stray : {"0 100 A GET s 200", "31536000000 31536000100 A GET s 200"}) {
    const std::string before = "\n100000 100100 A PUT s 412 if=1 etag=2\n";
    const std::string once = before + stray + "\n101000 101100 A PUT s 412 if=1 etag=2";
    const std::string twice = before + stray + '\n' + stray + "\n101000 101100 A PUT s 412 if=1";
    const RuleSettings settings = only({Rule::stale_etag_retry});
    EXPECT_EQ(judged(once + " ! stale-etag-retry\n", settings), once + " ! stale-etag-retry\n");
    EXPECT_EQ(judged(twice + '\n', settings), twice + '\n');
  }
}

// Calls of random users, sessions and outcomes; a call a line, in the order of completion.
std::vector<std::string> random_calls(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto pick = [&random](std::uint32_t most) { return random() % most; };
  std::vector<std::string> lines;
  for (int i = 0; i < 400; ++i) {
    const int end = 100 * i + 100;
    std::ostringstream line;
    line << end - static_cast<int>(pick(400)) - 1 << ' ' << end << ' ' << "ABC"[pick(3)] << ' '
         << (pick(2) ? "GET" : "PUT") << ' ' << (pick(2) ? "s" : "s2");
    switch (pick(4)) {
      case 0:
        line << " 429 wait=" << pick(4);
        break;
      case 1:
        line << " 412 if=" << pick(3) << " etag=" << pick(3);
        break;
      default:
        line << " 200 etag=" << pick(3) << (pick(2) ? " if=*" : "");
    }
    lines.push_back(line.str());
  }
  return lines;
}

// What the completion order tells is the same on one connection as on any number of them.
TEST(TitleSide, InterleavingOfConnectionsChangesNothing) {
  std::size_t findings = 0;
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    const std::vector<std::string> lines = random_calls(seed);
    std::string verdicts;
    for (const std::uint32_t connections : {1U, 2U, 7U, 100U}) {
      std::string story;
      for (const std::string& line : lines) {
        story += line + " conn=" + std::to_string(1 + random() % connections) + "\n";
      }
      std::string found = judged(story);
      // Without the connection itself.
      for (std::size_t at = found.find(" conn="); at != found.npos; at = found.find(" conn=", at)) {
        found.erase(at, found.find_first_of(" \n", at + 1) - at);
      }
      if (verdicts.empty()) verdicts = found;
      ASSERT_EQ(found, verdicts) << "seed " << seed << ", " << connections << " connections";
    }
    findings += static_cast<std::size_t>(std::count(verdicts.begin(), verdicts.end(), '!'));
  }
  EXPECT_GT(findings, 1'000U);
}

TEST(TitleSide, CountsWaitsWhereTheUserIs) {
  Engine engine{RuleSettings()};
  for (const char* line :
       {"0 100 #17 GET s 429 wait=5", "0 200 #18 GET s 429 wait=5",
        "300 400 #17 GET s2 200 learn=2814646326226065", "9000 9100 A GET s 200"}) {
    engine.judge(*examine(exchange_of(line), RuleSettings()));
  }
  engine.finish();
  const std::vector<TitleRates> rates = engine.rates_at(CaptureTime(std::chrono::seconds(10)));
  ASSERT_EQ(rates.size(), 1U);
  EXPECT_EQ(rates[0].total.conducts, (ConductCounts{0, 1, 1}));
  EXPECT_EQ(rates[0].users.at("2814646326226065").conducts, (ConductCounts{0, 1, 0}));
  EXPECT_EQ(rates[0].users.at("hash:18").conducts, (ConductCounts{0, 0, 1}));
}

// Every wait ends exactly once, whatever comes: what is corrected is taken back.
TEST(TitleSide, EveryWaitEndsOnce) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    Engine engine{RuleSettings()};
    std::uint64_t asked = 0;
    for (const std::string& line : random_calls(seed)) {
      const CallPtr call = examine(exchange_of(line), RuleSettings());
      engine.judge(*call);
      asked += call->row == Row::r429 ? 1 : 0;
    }
    engine.finish();
    const ConductCounts& counts = engine.conduct_counts();
    EXPECT_EQ(counts[0] + counts[1] + counts[2], asked) << seed;
    EXPECT_GT(counts[0], 0U);
    EXPECT_GT(counts[1], 0U);
  }
}

}  // namespace
}  // namespace mpsdscope::testing

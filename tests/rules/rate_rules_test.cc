// The sliding counts of rules/limit_usage and what rules/title/rate_rules say of them.
#include "rules/title/rate_rules.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "rules/engine.h"
#include "tests/rules/testing/exchanges.h"

namespace mpsdscope {
namespace {

using testing::at_ms;
using testing::Built;
using testing::session_path;

constexpr std::int64_t kStart = 1'000'000'000;

// A call whose request begins at `ms` and takes `latency`.
Built call_at(std::int64_t ms, std::int64_t latency = 50, int status = 200) {
  Built built("GET", session_path(), status);
  built.field("X-Xbl-Debug", "user0=77").ask("x-xbl-contract-version", "107");
  if (status == 200) built.json(testing::session_json());
  Exchange& exchange = built.exchange();
  exchange.request.begin = exchange.request.end = at_ms(kStart + ms);
  exchange.response.begin = exchange.response.end = at_ms(kStart + ms + latency);
  exchange.decided = exchange.response.end;
  return built;
}

// Judges calls in the order given, and keeps what the rules of the rates said.
class Judged {
 public:
  explicit Judged(RuleSettings settings = RuleSettings())
      : settings_(std::move(settings)), engine_(settings_) {}

  // What fired, with the first word of risk: "rate-burst:risk rate-certification".
  std::string judge(Built built) {
    last_ = examine(built.take(), settings_);
    engine_.judge(*last_);
    std::string fired;
    for (const Violation& violation : last_->violations) {
      const std::string id(info_of(violation.rule).id);
      if (id.rfind("rate-", 0) != 0) continue;
      if (!fired.empty()) fired += ' ';
      fired += id;
      if (violation.message.find("at risk") != std::string::npos) fired += ":risk";
      if (violation.message.find("certain,") != std::string::npos) fired += ":certain";
    }
    return fired;
  }
  // As many calls at equal distances; all but the last must be silent unless told.
  std::string judge_many(int count, std::int64_t from, std::int64_t step) {
    std::string fired;
    for (int i = 0; i < count; ++i) {
      const std::string one = judge(call_at(from + i * step));
      if (!one.empty()) fired += std::to_string(i + 1) + "=" + one + ";";
    }
    return fired;
  }
  const Call& last() const { return *last_; }
  const Engine& engine() const { return engine_; }
  Engine& engine() { return engine_; }

 private:
  RuleSettings settings_;
  Engine engine_;
  CallPtr last_;
};

struct Paced {
  const char* name;
  int count;
  std::int64_t step;  // milliseconds between requests
  const char* fired;  // number of the call = what fired
};

TEST(RateRules, FireByTheNumbers) {
  const std::vector<Paced> cases{
      {"limit", 30, 1, ""},
      {"limit + 1", 31, 1, "31=rate-burst:risk;"},
      {"twice the limit", 60, 1, "31=rate-burst:risk;"},
      {"twice the limit + 1", 61, 1, "31=rate-burst:risk;61=rate-burst:certain;"},
      {"once an excursion", 250, 1, "31=rate-burst:risk;61=rate-burst:certain;"},
      {"31 within 15 s less 1 ms", 31, 499, "31=rate-burst:risk;"},
      {"31 calls of which the first is 15 s old", 31, 500, ""},
      {"as many as allowed, for an hour", 3'600, 1'000, ""},
      {"sustained, limit + 1", 301, 996, "301=rate-sustained:risk;"},
      {"steadily over the sustained limit", 4'000, 900, "301=rate-sustained:risk;"},
      {"certification", 3'000, 99,
       "31=rate-burst:risk;61=rate-burst:certain;301=rate-sustained:risk;"
       "601=rate-sustained:certain;3000=rate-certification;"},
      {"certification nearly", 4'000, 101,
       "31=rate-burst:risk;61=rate-burst:certain;301=rate-sustained:risk;"
       "601=rate-sustained:certain;"},
  };
  for (const Paced& c : cases) {
    Judged judged;
    EXPECT_EQ(judged.judge_many(c.count, 0, c.step), c.fired) << c.name;
  }
}

// The window is half-open: what began exactly a period before is out of it.
TEST(RateRules, WindowsEndToTheMillisecond) {
  for (const bool within : {true, false}) {
    Judged judged;
    EXPECT_EQ(judged.judge(call_at(0)), "");
    EXPECT_EQ(judged.judge_many(29, 14'900, 1), "");
    EXPECT_EQ(judged.judge(call_at(within ? 14'999 : 15'000)), within ? "rate-burst:risk" : "");
  }
  for (const bool within : {true, false}) {
    Judged judged;
    // 20 every 15 s: never over the burst limit.
    for (int i = 0; i < 20; ++i) EXPECT_EQ(judged.judge_many(15, i * 15'000, 10), "");
    EXPECT_EQ(judged.judge(call_at(within ? 299'999 : 300'000)),
              within ? "rate-sustained:risk" : "");
  }
}

// An excursion is over when nothing was over the limit for a whole period.
TEST(RateRules, SayAnExcursionOnce) {
  Judged judged;
  EXPECT_EQ(judged.judge_many(31, 0, 1), "31=rate-burst:risk;");
  // The window of the 31st reaches to 15,000; the next over the limit is still the same.
  EXPECT_EQ(judged.judge_many(29, 14'999, 0), "");
  EXPECT_EQ(judged.judge_many(31, 30'000, 1), "31=rate-burst:risk;");
}

TEST(RateRules, SayItAgainAfterAPause) {
  Judged judged;
  EXPECT_EQ(judged.judge_many(31, 0, 1), "31=rate-burst:risk;");
  EXPECT_EQ(judged.judge_many(31, 20'000, 1), "31=rate-burst:risk;");
  EXPECT_EQ(judged.judge_many(61, 60'000, 1), "31=rate-burst:risk;61=rate-burst:certain;");
}

// Calls count when they are made, not when they are answered.
TEST(RateRules, CountWhenRequestsBegan) {
  Judged patient;
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(patient.judge(call_at(i * 1'000, 50'000 - i * 1'000)), "");
  }
  // Answered in reverse order, 31 calls of one second are as many.
  Judged reversed;
  std::string fired;
  for (int i = 30; i >= 0; --i) fired = reversed.judge(call_at(i * 30, 30'000 - i * 30));
  EXPECT_EQ(fired, "rate-burst:risk");
}

TEST(RateRules, KeepUsersTitlesAndBucketsApart) {
  Judged judged;
  const auto user = [](const char* xuid, std::int64_t ms) {
    Built built("GET", session_path(), 200);
    built.time(kStart + ms).field("X-Xbl-Debug", "user0=" + std::string(xuid));
    return built;
  };
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(judged.judge(user("1", i)), "");
    EXPECT_EQ(judged.judge(user("2", i)), "");
    EXPECT_EQ(judged.judge(std::move(user("1", i).field("X-Xbl-Debug", "title=5"))), "");
  }
  EXPECT_EQ(judged.judge(user("1", 40)), "rate-burst:risk");
  EXPECT_EQ(judged.judge(user("2", 40)), "rate-burst:risk");
  EXPECT_EQ(judged.judge(std::move(user("1", 40).field("X-Xbl-Debug", "title=5"))),
            "rate-burst:risk");
}

// Nobody can say whose limit they use.
TEST(RateRules, AccuseNobodyUnknown) {
  Judged judged;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(judged.judge(std::move(Built("GET", session_path(), 200).time(kStart + i))), "");
  }
}

TEST(RateRules, JoinHashAndXuid) {
  Judged judged;
  const auto hashed = [](std::int64_t ms) {
    return std::move(Built("GET", session_path(), 200)
                         .time(kStart + ms)
                         .ask("Authorization", "XBL3.0 x=123;token"));
  };
  for (int i = 0; i < 15; ++i) EXPECT_EQ(judged.judge(hashed(i)), "");
  EXPECT_EQ(judged.judge_many(15, 20, 1), "");
  EXPECT_EQ(judged.judge(std::move(hashed(40).field("X-Xbl-Debug", "user0=77"))),
            "rate-burst:risk");
}

TEST(RateRules, NameWhatTheyRestOn) {
  Judged judged;
  for (int i = 0; i < 31; ++i) {
    Built built = call_at(i);
    built.exchange().conn = 7;
    built.exchange().stream = static_cast<std::uint32_t>(i + 1);
    judged.judge(std::move(built));
  }
  const std::vector<Violation>& found = judged.last().violations;
  const auto burst = std::find_if(found.begin(), found.end(), [](const Violation& violation) {
    return violation.rule == Rule::rate_burst;
  });
  ASSERT_NE(burst, found.end());
  const Violation& violation = *burst;
  EXPECT_EQ(violation.severity, Severity::warning);
  EXPECT_EQ(violation.message,
            "31 calls of this user with this title within 15 s count as mpsd, the limit is 30: at "
            "risk, over it if they fall into one of the service's periods");
  EXPECT_EQ(violation.advice,
            "make at most 30 calls in any 15 s: read a session when a change notification comes, "
            "and join writes to it into one");
  ASSERT_EQ(violation.exchanges.size(), kMostNamedExchanges);
  EXPECT_EQ(violation.exchanges.front(), (ExchangeRef{7, 1, at_ms(kStart + 50)}));
  EXPECT_EQ(violation.exchanges[1].stream, 17U);
  EXPECT_EQ(violation.exchanges.back(), (ExchangeRef{7, 31, at_ms(kStart + 80)}));
}

TEST(RateRules, SearchesHaveTheirOwnLimit) {
  Judged judged;
  const auto search = [](std::int64_t ms) {
    return std::move(Built("POST", "/handles/query", 200)
                         .time(kStart + ms)
                         .field("X-Xbl-Debug", "user0=77")
                         .ask_body(R"({"type":"search","scid":"s"})"));
  };
  EXPECT_EQ(judged.judge_many(30, 0, 1), "");
  EXPECT_EQ(judged.judge(search(0)), "");
  EXPECT_EQ(judged.judge(search(15'000)), "");
  EXPECT_EQ(judged.judge(search(29'999)), "rate-burst:risk");
  EXPECT_EQ(judged.judge(search(29'999)), "rate-burst:certain");
}

TEST(RateRules, TheBodyOfA429IsBelievedBeforeTheTable) {
  const auto told = [](std::int64_t ms, const char* body) {
    Built built = call_at(ms, 50, 429);
    return std::move(built.json(body));
  };
  Judged judged;
  EXPECT_EQ(judged.judge_many(4, 0, 1), "");
  EXPECT_EQ(judged.judge(told(10, R"({"currentRequests":6,"maxRequests":5,"periodInSeconds":20})")),
            "");
  EXPECT_EQ(judged.last().counted, 5U);
  EXPECT_EQ(judged.judge(call_at(19'999)), "rate-burst:risk");
  EXPECT_NE(judged.last().violations.back().message.find("the limit that a 429 told is 5"),
            std::string::npos);
  EXPECT_EQ(judged.judge(call_at(20'100)), "");
  // A longer period stands in for the sustained limit.
  Judged sustained;
  EXPECT_EQ(sustained.judge_many(9, 0, 1'000), "");
  EXPECT_EQ(sustained.judge(
                told(100'000, R"({"currentRequests":13,"maxRequests":10,"periodInSeconds":120})")),
            "");
  EXPECT_EQ(sustained.last().counted, 10U);
  EXPECT_EQ(sustained.judge(call_at(119'999)), "rate-sustained:risk");
}

TEST(RateRules, DoNotBelieveNonsense) {
  for (const char* body :
       {R"({"maxRequests":0,"periodInSeconds":15})", R"({"maxRequests":-1,"periodInSeconds":15})",
        R"({"maxRequests":1,"periodInSeconds":0})", R"({"maxRequests":1,"periodInSeconds":301})",
        R"({"maxRequests":1,"periodInSeconds":9223372036854775807})",
        R"({"maxRequests":10001,"periodInSeconds":15})", R"({"maxRequests":1})", "no"}) {
    Judged judged;
    judged.judge(std::move(call_at(0, 50, 429).json(body)));
    EXPECT_EQ(judged.last().counted, std::nullopt) << body;
    EXPECT_EQ(judged.judge_many(29, 1, 1), "") << body;
    EXPECT_EQ(judged.judge(call_at(40)), "rate-burst:risk") << body;
  }
}

TEST(RateRules, FollowTheSettings) {
  RuleSettings settings;
  settings.limits.find("mpsd")->burst = 2;
  settings.limits.find("mpsd")->sustained = 0;
  settings.severities[static_cast<std::size_t>(Rule::rate_burst)] = Severity::error;
  Judged judged(settings);
  EXPECT_EQ(judged.judge_many(3'000, 0, 1), "3=rate-burst:risk;5=rate-burst:certain;");
  RuleSettings silent;
  silent.severities[static_cast<std::size_t>(Rule::rate_burst)] = Severity::off;
  Judged quiet(silent);
  EXPECT_EQ(quiet.judge_many(100, 0, 1), "");
}

// Other services count by host, and nothing else about their calls is judged.
TEST(RateRules, JudgeOtherServicesToo) {
  Judged judged;
  const auto profile = [](std::int64_t ms) {
    return std::move(Built("GET", "/users/me/profile/settings", 500)
                         .time(kStart + ms)
                         .host("profile.xboxlive.com")
                         .ask("Authorization", "XBL3.0 x=123;token"));
  };
  for (int i = 0; i < 10; ++i) EXPECT_EQ(judged.judge(profile(i)), "");
  EXPECT_EQ(judged.judge(profile(11)), "rate-burst:risk");
  EXPECT_EQ(judged.last().violations.size(), 1U);
  EXPECT_EQ(judged.last().row, std::nullopt);
}

// The body of a 429 is believed before the table, whatever service it is of.
TEST(RateRules, BelieveThe429OfAnotherService) {
  Judged judged;
  const auto profile = [](std::int64_t ms, int status, std::string_view body) {
    return std::move(Built("GET", "/users/me/profile/settings", status)
                         .time(kStart + ms)
                         .host("profile.xboxlive.com")
                         .ask("Authorization", "XBL3.0 x=123;token")
                         .field("X-Xbl-Debug", "title=5")
                         .json(body));
  };
  constexpr std::string_view kBody =
      R"({"currentRequests":4,"maxRequests":3,"periodInSeconds":20,"titleId":"6"})";
  EXPECT_EQ(judged.judge(profile(0, 200, kBody)), "");  // not of a 200
  EXPECT_EQ(judged.judge(profile(1, 200, "{}")), "");
  EXPECT_EQ(judged.judge(profile(2, 200, "{}")), "");
  EXPECT_EQ(judged.last().counted, std::nullopt);
  EXPECT_EQ(judged.judge(profile(3, 429, kBody)), "rate-burst:risk");
  EXPECT_EQ(judged.last().counted, 4U);
  EXPECT_EQ(judged.last().title_id, 5U);
  EXPECT_EQ(judged.last().row, std::nullopt);
  const std::vector<TitleRates> rates = judged.engine().rates_at(at_ms(kStart + 4));
  const LimitShare& share = rates.at(0).users.at("hash:123").limits.at(0);
  EXPECT_EQ(share.name, "profile");
  EXPECT_EQ(share.told, 1U);
  EXPECT_EQ(share.last_told.max, 3);
  EXPECT_TRUE(share.windows[0].said);
}

// Who reads and who writes is told by the method, and a batch reads.
TEST(RateRules, CountReadsAndWritesApart) {
  Judged judged;
  std::int64_t now = 0;
  const auto presence = [&](const char* method, const char* path) {
    return judged.judge(std::move(Built(method, path, 200)
                                      .time(kStart + now++)
                                      .host("userpresence.xboxlive.com")
                                      .ask("Authorization", "XBL3.0 x=123;token")));
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(presence("POST", "/users/me/devices/current"), "");
  for (int i = 0; i < 29; ++i) EXPECT_EQ(presence("POST", "/users/batch?x=1"), "");
  EXPECT_EQ(presence("GET", "/users/me"), "");
  EXPECT_EQ(judged.last().bucket, LimitBucket{5});
  EXPECT_EQ(presence("POST", "/users/me/devices/current"), "rate-burst:risk");  // 4 of 3
  EXPECT_EQ(judged.last().bucket, LimitBucket{6});
  EXPECT_EQ(presence("POST", "/Users/Batch"), "rate-burst:risk");  // 31 of 30
}

// What the service did not get, or was not asked for, does not count.
TEST(RateRules, CountOnlyWhatWasAsked) {
  Judged judged;
  for (int i = 0; i < 100; ++i) {
    const Defect defect = i % 2 == 0 ? Defect::pushed : Defect::request_refused;
    EXPECT_EQ(judged.judge(std::move(call_at(i).defect(defect))), "");
  }
  EXPECT_EQ(judged.judge_many(30, 200, 1), "");
  // A call without an answer counts.
  EXPECT_EQ(
      judged.judge(std::move(call_at(300).no_response().ask("Authorization", "XBL3.0 x=9;t"))), "");
}

// One date far in the future stops nothing, and neither does a clock that is set back.
TEST(RateRules, SurviveClocksThatStep) {
  constexpr std::int64_t kYear = std::int64_t{365} * 24 * 3'600 * 1'000;
  Judged judged;
  EXPECT_EQ(judged.judge_many(20, 0, 1), "");
  EXPECT_EQ(judged.judge(call_at(kYear)), "");
  EXPECT_EQ(judged.judge_many(11, 100, 1), "11=rate-burst:risk;");
  // A response that is dated so belongs to a request that counts in its own time.
  EXPECT_EQ(judged.judge_many(29, 30'000, 1), "");
  EXPECT_EQ(judged.judge(call_at(30'100, kYear)), "");
  EXPECT_EQ(judged.judge_many(1, 30'200, 1), "1=rate-burst:risk;");
  EXPECT_EQ(judged.judge_many(30, 60'000, 1'000), "");
  EXPECT_EQ(judged.judge_many(31, 200'000, 1), "31=rate-burst:risk;");
  EXPECT_EQ(judged.judge_many(31, 260'000, 1), "31=rate-burst:risk;");
  // An hour back: 30 calls a minute never are too many.
  EXPECT_EQ(judged.judge_many(200, -3'600'000, 2'000), "");
  EXPECT_EQ(judged.judge_many(31, 0, 1), "31=rate-burst:risk;");
}

// Less than a minute back is too little to tell from late answers, but on one connection, which
// asks in order, HTTP/2 in that of its streams: there the calls before stand on another clock.
TEST(RateRules, SurviveSmallStepsOnAConnection) {
  const auto fired = [](HttpVersion version, std::int64_t back, std::uint64_t other,
                        bool streams_in_order = true) {
    Judged judged;
    std::string all;
    for (int i = 0; i < 80; ++i) {
      Built built = call_at(501 * i - (i < 40 ? 0 : back));
      built.exchange().request.version = version;
      built.exchange().conn = i < 40 ? 1 : other;
      if (version == HttpVersion::http_2) {
        built.exchange().stream = static_cast<std::uint32_t>(streams_in_order ? 1 + 2 * i : 1);
      }
      all += judged.judge(std::move(built));
    }
    return all;
  };
  for (const HttpVersion version :
       {HttpVersion::http_1_0, HttpVersion::http_1_1, HttpVersion::http_2}) {
    EXPECT_EQ(fired(version, 0, 1), "");
    EXPECT_EQ(fired(version, 14'000, 1), "");
    EXPECT_EQ(fired(version, 14'000, 2), "rate-burst:risk");  // answers may be late
  }
  // A stream may be answered after one that was opened later.
  EXPECT_EQ(fired(HttpVersion::http_2, 14'000, 1, false), "rate-burst:risk");
}

// Packets a little out of order are no step.
TEST(RateRules, CountOnWhenHttp1IsShownOutOfOrder) {
  for (const bool step : {false, true}) {
    Judged judged;
    EXPECT_EQ(judged.judge_many(29, 0, 1), "");
    Built late = call_at(5'000), before = call_at(step ? 3'999 : 4'000);
    late.exchange().request.version = before.exchange().request.version = HttpVersion::http_1_1;
    EXPECT_EQ(judged.judge(std::move(late)), "");
    EXPECT_EQ(judged.judge(std::move(before)), step ? "" : "rate-burst:risk");
  }
}

// Beyond what is counted one by one the counts say that they are no more than that.
TEST(LimitUsage, SaysWhenThereWereMore) {
  const RuleSettings settings;
  LimitUsage usage(settings.limits);
  const auto count = [&](std::int64_t ms) {
    CallPtr call = examine(call_at(ms).take(), settings);
    const LimitUse* use = usage.count(*call);
    return std::pair(use->of(Measure::sustained).calls, use->of(Measure::sustained).at_least);
  };
  std::int64_t now = 0;
  for (; now < 16'383; ++now) ASSERT_EQ(count(now), std::pair(std::uint32_t(now + 1), false));
  EXPECT_EQ(count(now), std::pair(16'384U, true));
  for (; now < 20'000; ++now) count(now);
  EXPECT_EQ(count(now), std::pair(16'384U, true));
  EXPECT_EQ(count(now + 299'999), std::pair(2U, false));
}

TEST(Rates, SayWhenAPeakWasHigher) {
  Judged judged;
  for (int i = 0; i < 16'400; ++i) judged.judge(call_at(i));
  judged.judge(call_at(400'000));
  const LimitShare share =
      judged.engine().rates_at(at_ms(kStart + 400'050)).at(0).total.limits.at(0);
  EXPECT_EQ(share.windows[1].peak, 16'384U);
  EXPECT_TRUE(share.windows[1].at_least);
  EXPECT_EQ(share.windows[1].now, 1U);
}

TEST(LimitUsage, IsBounded) {
  RuleSettings settings;
  UsageLimits limits;
  limits.max_users = 10;
  limits.max_series_per_user = 3;
  limits.max_entries = 100;
  LimitUsage usage(settings.limits, limits);
  const auto count = [&](int user, int title, std::int64_t ms) {
    Built built = call_at(ms);
    CallPtr call = examine(built.take(), settings);
    call->user_id = std::to_string(user);
    call->title_id = static_cast<std::uint32_t>(title);
    EXPECT_NE(usage.count(*call), nullptr);
  };
  for (int i = 0; i < 10; ++i) count(i, 1, i);
  EXPECT_EQ(usage.forgotten(), 0U);
  for (int i = 10; i < 15; ++i) count(i, 1, i);
  EXPECT_EQ(usage.users(), 10U);
  EXPECT_EQ(usage.forgotten(), 5U);
  for (int i = 0; i < 5; ++i) count(14, i + 10, 20 + i);
  EXPECT_EQ(usage.forgotten(), 8U);
  for (int i = 0; i < 200; ++i) count(14, 14, 30 + i);
  EXPECT_EQ(usage.users(), 1U);
  EXPECT_EQ(usage.calls("14", 14, kMpsdBucket, kBurstPeriod, at_ms(kStart + 229)), 201U);
}

// Users whose calls are over are forgotten without loss.
TEST(LimitUsage, ForgetsWhatIsOver) {
  const RuleSettings settings;
  LimitUsage usage(settings.limits);
  for (int i = 0; i < 1'000; ++i) {
    CallPtr call = examine(call_at(i * 10'000).take(), settings);
    call->user_id = std::to_string(i);
    usage.count(*call);
    EXPECT_LE(usage.users(), 38U);
  }
  EXPECT_EQ(usage.forgotten(), 0U);
}

}  // namespace
}  // namespace mpsdscope

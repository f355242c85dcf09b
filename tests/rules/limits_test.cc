// The published limits, and whose limits a call counts against.
#include "rules/limits.h"

#include <set>

#include <gtest/gtest.h>

#include "rules/engine.h"
#include "tests/rules/testing/exchanges.h"

namespace mpsdscope {
namespace {

using testing::Built;
using testing::kHandle;
using testing::session_path;

struct ExpectedLimit {
  std::string_view name;
  std::uint32_t burst, sustained;
};

TEST(LimitTable, HasThePublishedLimits) {
  const std::vector<ExpectedLimit> expected{
      {"mpsd", 30, 300},          {"search-read", 1, 20},   {"search-write", 1, 20},
      {"stats-read", 100, 300},   {"profile", 10, 30},      {"presence-read", 30, 100},
      {"presence-write", 3, 30},  {"social", 10, 30},       {"leaderboards", 30, 100},
      {"achievements", 100, 300}, {"matchmaking", 10, 100}, {"stats-write", 10, 10},
      {"privacy", 10, 30},        {"clubs", 10, 30},        {"inventory", 100, 100},
      {"collections", 100, 100},
  };
  LimitTable limits;
  ASSERT_EQ(limits.size(), expected.size());
  std::set<std::string> names;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const RateLimit& limit = limits[static_cast<LimitBucket>(i)];
    EXPECT_EQ(limit.name, expected[i].name);
    EXPECT_EQ(limit.burst, expected[i].burst) << limit.name;
    EXPECT_EQ(limit.sustained, expected[i].sustained) << limit.name;
    EXPECT_EQ(limit.certification(), 10 * expected[i].sustained);
    EXPECT_EQ(limits.find(limit.name), &limit);
    names.insert(limit.name);
  }
  EXPECT_EQ(names.size(), limits.size());
  EXPECT_EQ(limits.find("sauna"), nullptr);
  EXPECT_EQ(limits[kMpsdBucket].name, "mpsd");
  EXPECT_EQ(limits[kSearchReadBucket].name, "search-read");
  EXPECT_EQ(limits[kSearchWriteBucket].name, "search-write");
}

struct Case {
  std::string host, method, target, body, bucket;
};

TEST(LimitTable, PutsCallsIntoBuckets) {
  const std::string mpsd(testing::kHost);
  const std::string search = R"({"type":"search","scid":"s","templateName":"t"})";
  const std::string activity = R"({"type":"activity","scid":"s"})";
  const std::vector<Case> cases{
      {mpsd, "GET", session_path(), "", "mpsd"},
      {mpsd, "PUT", session_path(), R"({"type":"search"})", "mpsd"},
      {mpsd, "GET", "/nonsense", "", "mpsd"},
      {mpsd, "GET", std::string(kHandle), "", "mpsd"},
      {mpsd, "POST", "/handles/query?include=relatedInfo", search, "search-read"},
      {mpsd, "POST", "/handles/query", R"({"TYPE":"search"})", "mpsd"},
      {mpsd, "POST", "/handles/query", R"({"type":"Search"})", "search-read"},
      {mpsd, "POST", "/handles/query", activity, "mpsd"},
      {mpsd, "POST", "/handles/query", "", "mpsd"},
      {mpsd, "POST", "/handles", search, "search-write"},
      {mpsd, "POST", "/handles", activity, "mpsd"},
      {mpsd, "GET", "/handles", search, "mpsd"},
      {"profile.xboxlive.com", "GET", "/users/me/profile/settings", "", "profile"},
      {"PROFILE.xboxlive.com:443", "POST", "/users/batch/profile/settings", "", "profile"},
      {"userpresence.xboxlive.com", "GET", "/users/me", "", "presence-read"},
      {"userpresence.xboxlive.com", "POST", "/users/batch?x=1", "", "presence-read"},
      {"userpresence.xboxlive.com", "POST", "/users/xuid(1)/devices/current/titles/current", "",
       "presence-write"},
      {"presence.xboxlive.com", "DELETE", "/users/xuid(1)", "", "presence-write"},
      {"statswrite.xboxlive.com", "POST", "/stats/users/1/scids/2", "", "stats-write"},
      {"userstats.xboxlive.com", "POST", "/batch", "", "stats-read"},
      {"momatch.xboxlive.com", "POST", "/serviceconfigs/1/hoppers/h", "", "matchmaking"},
      {"notprofile.xboxlive.com", "GET", "/", "", ""},
      {"profile.xboxlive.com", "CONNECT", "profile.xboxlive.com:443", "", ""},
      {"", "GET", "/users", "", ""},
      {"rta.xboxlive.com", "GET", "/connect", "", ""},
  };
  const RuleSettings settings;
  for (const Case& c : cases) {
    const CallPtr call =
        examine(Built(c.method, c.target, 200).host(c.host).ask_body(c.body).take(), settings);
    const std::string bucket = call->bucket ? settings.limits[*call->bucket].name : "";
    EXPECT_EQ(bucket, c.bucket) << c.host << " " << c.method << " " << c.target << " " << c.body;
  }
}

TEST(LimitTable, TakesMoreServices) {
  RuleSettings settings;
  RateLimit& limit = settings.limits.add("mine");
  limit.hosts = {"*.mine.example"};
  limit.access = Access::write;
  limit.burst = 2;
  const auto bucket = [&](const char* method) {
    return examine(Built(method, "/", 200).host("a.mine.example").take(), settings)->bucket;
  };
  EXPECT_EQ(bucket("GET"), std::nullopt);
  ASSERT_TRUE(bucket("PUT"));
  EXPECT_EQ(settings.limits[*bucket("PUT")].name, "mine");
}

// Who called another service is known, nothing else about the call is judged.
TEST(LimitTable, IdentifiesCallsOfOtherServices) {
  const CallPtr call = examine(Built("GET", "/users/me", 429)
                                   .host("profile.xboxlive.com")
                                   .ask("Authorization", "XBL3.0 x=123;secret")
                                   .field("X-Xbl-Debug", "title=174925616, mode=Read")
                                   .take(),
                               RuleSettings());
  EXPECT_FALSE(call->mpsd);
  EXPECT_EQ(call->row, std::nullopt);
  EXPECT_EQ(call->user_hash, "123");
  EXPECT_EQ(call->title_id, 174925616U);
  EXPECT_TRUE(call->violations.empty());
}

}  // namespace
}  // namespace mpsdscope

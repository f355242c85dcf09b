#include "tools/parse_time.h"

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

std::string shown(std::optional<CaptureTime> time) {
  return time ? format_rfc3339(*time) : "none";
}

TEST(ParseTime, Rfc3339) {
  for (const std::string_view text :
       {"2026-11-23T08:11:39.123456Z", "2026-11-23T08:11:39.123456789Z",
        "2026-11-23t08:11:39.123456z", "2026-11-23 08:11:39.1234561234561234Z",
        "2026-11-23T09:41:39.123456+01:30", "2026-11-22T20:11:39.123456-12:00"}) {
    EXPECT_EQ(shown(parse_rfc3339(text)), "2026-11-23T08:11:39.123456Z") << text;
  }
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.000000001Z")->time_since_epoch().count(), 1);
  EXPECT_EQ(shown(parse_rfc3339("2016-12-31T23:59:60Z")), "2017-01-01T00:00:00.000000Z");
  EXPECT_EQ(shown(parse_rfc3339("2024-02-29T00:00:00Z")), "2024-02-29T00:00:00.000000Z");
  EXPECT_EQ(shown(parse_rfc3339("1678-01-01T00:00:00Z")), "1678-01-01T00:00:00.000000Z");
  EXPECT_EQ(shown(parse_rfc3339("2261-12-31T23:59:59Z")), "2261-12-31T23:59:59.000000Z");
}

TEST(ParseTime, AnythingElseIsNone) {
  for (const std::string_view text : {"",
                                      "2026",
                                      "2026-11-23",
                                      "2026-11-23T08:11:39",
                                      "2026-11-23T08:11:39.Z",
                                      "2026-11-23T08:11:39ZZ",
                                      "2026-13-23T08:11:39Z",
                                      "2026-00-23T08:11:39Z",
                                      "2026-11-31T08:11:39Z",
                                      "2025-02-29T00:00:00Z",
                                      "2026-11-23T24:11:39Z",
                                      "2026-11-23T08:60:39Z",
                                      "2026-11-23T08:11:61Z",
                                      "2026-11-23T08:11:39+1:00",
                                      "2026-11-23T08:11:39+24:00",
                                      "+026-11-23T08:11:39Z",
                                      "2026-11-23T08:11:39\xff",
                                      "1677-01-01T00:00:00Z",
                                      "2262-01-01T00:00:00Z",
                                      "2026-1-23T08:11:39Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(ParseTime, EveryPrefixIsNone) {
  const std::string_view whole = "2026-11-23T08:11:39.5+01:00";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_rfc3339(whole.substr(0, size))) << size;
  }
  EXPECT_TRUE(parse_rfc3339(whole));
}

TEST(ParseTime, AsAPersonNamesIt) {
  const CaptureTime now = *parse_rfc3339("2026-11-23T08:11:39Z");
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"10m", "2026-11-23T08:01:39.000000Z"},
      {"90s", "2026-11-23T08:10:09.000000Z"},
      {"2h", "2026-11-23T06:11:39.000000Z"},
      {"1d", "2026-11-22T08:11:39.000000Z"},
      {"08:11", "2026-11-23T08:11:00.000000Z"},
      {"08:11:39", "2026-11-23T08:11:39.000000Z"},
      {"08:11:40", "2026-11-22T08:11:40.000000Z"},
      {"08:12", "2026-11-22T08:12:00.000000Z"},
      {"23:59", "2026-11-22T23:59:00.000000Z"},
      {"2026-11-20", "2026-11-20T00:00:00.000000Z"},
      {"2026-11-20 07:05", "2026-11-20T07:05:00.000000Z"},
      {"2026-11-20T07:05:01", "2026-11-20T07:05:01.000000Z"},
      {"2027-01-01T00:00:00+01:00", "2026-12-31T23:00:00.000000Z"},
      {"90", "none"},
      {"", "none"},
      {"8:11", "none"},
      {"08:61", "none"},
      {"yesterday", "none"},
      {"10x", "none"},
  };
  for (const auto& [text, time] : cases) EXPECT_EQ(shown(parse_when(text, now)), time) << text;
}

}  // namespace
}  // namespace mpsdscope

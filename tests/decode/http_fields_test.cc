#include "decode/http_fields.h"

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

constexpr std::int64_t kNov1994 = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT
constexpr std::int64_t k2026 = 1'795'000'000;   // in November 2026

TEST(HttpFields, MediaType) {
  EXPECT_EQ(media_type_of("application/json"), "application/json");
  EXPECT_EQ(media_type_of(" Application/JSON ; charset=utf-8"), "Application/JSON");
  EXPECT_EQ(media_type_of(""), "");
  EXPECT_EQ(media_type_of(" ; charset=utf-8"), "");
}

TEST(HttpFields, DeltaSeconds) {
  EXPECT_EQ(parse_delta_seconds("0"), 0);
  EXPECT_EQ(parse_delta_seconds("0120"), 120);
  EXPECT_EQ(parse_delta_seconds("2147483648"), 2'147'483'648);
  EXPECT_EQ(parse_delta_seconds("99999999999999999999999999"), 2'147'483'648);
  for (const std::string_view bad : {"", "-1", "+1", "1.5", "1s", " 1", "1 ", "0x1", "1,2"}) {
    EXPECT_EQ(parse_delta_seconds(bad), std::nullopt) << bad;
  }
}

TEST(HttpFields, DateInItsThreeForms) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", k2026), kNov1994);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", k2026), kNov1994);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994", k2026), kNov1994);
  EXPECT_EQ(parse_http_date("Sun Nov 16 08:49:37 1994", k2026), kNov1994 + 10 * 86'400);
  EXPECT_EQ(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT", 0), 0);
  EXPECT_EQ(parse_http_date("Thu, 29 Feb 2024 23:59:60 GMT", k2026), 1'709'251'200);
}

TEST(HttpFields, TwoDigitYearIsAtMostFiftyYearsAhead) {
  // Seen from 2026: 76 is 2076, 77 is 1977.
  EXPECT_EQ(parse_http_date("Sunday, 01-Nov-76 00:00:00 GMT", k2026),
            parse_http_date("Sun, 01 Nov 2076 00:00:00 GMT", k2026));
  EXPECT_EQ(parse_http_date("Tuesday, 01-Nov-77 00:00:00 GMT", k2026),
            parse_http_date("Tue, 01 Nov 1977 00:00:00 GMT", k2026));
  EXPECT_EQ(parse_http_date("Sunday, 01-Nov-26 00:00:00 GMT", k2026),
            parse_http_date("Sun, 01 Nov 2026 00:00:00 GMT", k2026));
}

TEST(HttpFields, RefusesOtherDates) {
  for (const std::string_view bad :
       {"", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37", "sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 29 Feb 2023 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ", "1994-11-06T08:49:37Z",
        "Sun, 06-Nov-94 08:49:37 GMT", "Sun Nov 6 08:49:37 1994"}) {
    EXPECT_EQ(parse_http_date(bad, k2026), std::nullopt) << bad;
  }
}

TEST(HttpFields, RetryAfter) {
  EXPECT_EQ(parse_retry_after(" 7\t", k2026).form, RetryAfter::Form::seconds);
  EXPECT_EQ(parse_retry_after(" 7\t", k2026).seconds, 7);
  const RetryAfter date = parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", kNov1994 - 12);
  EXPECT_EQ(date.form, RetryAfter::Form::date);
  EXPECT_EQ(date.seconds, 12);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", k2026).seconds, 0);
  EXPECT_EQ(parse_retry_after("soon", k2026).form, RetryAfter::Form::malformed);
  EXPECT_EQ(parse_retry_after("", k2026).form, RetryAfter::Form::malformed);
}

}  // namespace
}  // namespace mpsdscope

#include "decode/exchange.h"

#include <string>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

TEST(FieldLines, KeepNamesAndValuesAsReceived) {
  FieldLines fields;
  const std::string name(1'000, 'n'), value(100'000, 'v');
  fields.add("Content-Type", "text/plain");
  fields.add("X-Empty", "");
  fields.add(name, value);
  fields.add("eTAG", "\"1\"");
  ASSERT_EQ(fields.size(), 4u);
  EXPECT_EQ(fields[0].name, "Content-Type");
  EXPECT_EQ(fields[0].value, "text/plain");
  EXPECT_EQ(fields[1].value, "");
  EXPECT_EQ(fields[2].name, name);
  EXPECT_EQ(fields[2].value, value);
  EXPECT_EQ(fields[2].field, FieldName::other);
  EXPECT_EQ(fields[3].name, "eTAG");
  EXPECT_EQ(fields[3].field, FieldName::etag);
}

TEST(FieldLines, FindGivesTheFirst) {
  FieldLines fields;
  fields.add("X-Other", "0");
  fields.add("Date", "1");
  fields.add("date", "2");
  EXPECT_EQ(fields.find(FieldName::date), "1");
  EXPECT_EQ(fields.find(FieldName::etag), std::nullopt);
  EXPECT_TRUE(fields.contains(FieldName::date));
  FieldLines copy = fields;
  fields.clear();
  EXPECT_TRUE(fields.empty());
  EXPECT_EQ(fields.byte_size(), 0u);
  EXPECT_FALSE(fields.contains(FieldName::date));
  EXPECT_EQ(copy.find(FieldName::date), "1");
  fields.swap(copy);
  EXPECT_EQ(fields.find(FieldName::date), "1");
}

TEST(Defects, HaveStableNames) {
  EXPECT_EQ(name_of(Defect::request_missing), "request-missing");
  EXPECT_EQ(name_of(Defect::pushed), "pushed");
  EXPECT_EQ(name_of(Defect::request_refused), "request-refused");
  for (unsigned i = 0; i < static_cast<unsigned>(Defect::count_); ++i) {
    EXPECT_FALSE(name_of(static_cast<Defect>(i)).empty());
  }
}

TEST(Exchange, CompletesWithItsResponseOrWhatCameLast) {
  const auto at = [](int s) { return CaptureTime(std::chrono::seconds(s)); };
  Exchange exchange;
  exchange.decided = at(3);
  EXPECT_EQ(exchange.completed(), at(3));
  exchange.request.present = true;
  exchange.request.end = at(1);
  EXPECT_EQ(exchange.completed(), at(1));
  exchange.response.present = true;
  exchange.response.end = at(2);
  EXPECT_EQ(exchange.completed(), at(2));
}

}  // namespace
}  // namespace mpsdscope

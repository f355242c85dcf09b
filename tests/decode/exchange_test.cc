#include "decode/exchange.h"

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

TEST(FieldLines, GrowPieceByPiece) {
  FieldLines fields;
  fields.begin_line();
  fields.append_name("Con");
  fields.append_name("tent-Type");
  fields.append_value("text");
  fields.append_value("/plain \t ");
  fields.end_line();
  fields.add("X-Empty", "");
  fields.begin_line();
  fields.append_name("half");
  fields.append_value("a line");
  fields.drop_line();
  fields.add("ETag", "\"1\"");
  ASSERT_EQ(fields.size(), 3u);
  EXPECT_EQ(fields[0].name, "Content-Type");
  EXPECT_EQ(fields[0].value, "text/plain");
  EXPECT_EQ(fields[1].value, "");
  EXPECT_EQ(fields.find("etag"), "\"1\"");
  EXPECT_EQ(fields.find("half"), std::nullopt);
  EXPECT_TRUE(fields.contains("x-EMPTY"));
}

TEST(FieldLines, EndOfAnEmptyLineTakesNothingOfItsName) {
  FieldLines fields;
  fields.begin_line();
  fields.append_name("name ");
  fields.end_line();
  EXPECT_EQ(fields[0].name, "name ");
}

TEST(FieldLines, FindGivesTheFirst) {
  FieldLines fields;
  fields.add("A", "1");
  fields.add("a", "2");
  EXPECT_EQ(fields.find("a"), "1");
  fields.clear();
  EXPECT_TRUE(fields.empty());
  EXPECT_EQ(fields.byte_size(), 0u);
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

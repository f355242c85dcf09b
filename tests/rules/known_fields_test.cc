#include "rules/known_fields.h"

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

TEST(KnownFields, FindsEachInItsMessageWhateverTheCase) {
  Exchange exchange;
  FieldLines& request = exchange.request.fields;
  request.add("Host", "h");
  request.add("AUTHORIZATION", "a");
  request.add("X-Xbl-Contract-Version", "107");
  request.add("if-match", "m");
  request.add("If-None-Match", "n");
  FieldLines& response = exchange.response.fields;
  response.add("content-type", "c");
  response.add("DATE", "d");
  response.add("ETag", "e");
  response.add("x-xbl-debug", "x");
  response.add("Retry-after", "r");
  response.add("X-XBLCorrelationId", "i");
  const KnownFields fields = find_known_fields(exchange);
  EXPECT_EQ(fields.authorization, "a");
  EXPECT_EQ(fields.contract_version, "107");
  EXPECT_EQ(fields.if_match, "m");
  EXPECT_EQ(fields.if_none_match, "n");
  EXPECT_EQ(fields.content_type, "c");
  EXPECT_EQ(fields.date, "d");
  EXPECT_EQ(fields.etag, "e");
  EXPECT_EQ(fields.debug, "x");
  EXPECT_EQ(fields.retry_after, "r");
  EXPECT_EQ(fields.correlation_id, "i");
}

TEST(KnownFields, TakesTheFirstOfSeveralEvenIfEmpty) {
  Exchange exchange;
  exchange.response.fields.add("ETag", "");
  exchange.response.fields.add("ETag", "late");
  exchange.response.fields.add("X-Xbl-Debug", "1");
  exchange.response.fields.add("X-Xbl-Debug", "2");
  const KnownFields fields = find_known_fields(exchange);
  EXPECT_EQ(fields.etag, "");
  EXPECT_EQ(fields.debug, "1");
}

TEST(KnownFields, KeepsTheMessagesApart) {
  Exchange exchange;
  exchange.request.fields.add("Content-Type", "c");
  exchange.request.fields.add("Date", "d");
  exchange.request.fields.add("X-XblCorrelationId", "i");
  exchange.response.fields.add("Authorization", "a");
  exchange.response.fields.add("If-Match", "m");
  exchange.response.fields.add("ETags", "e");
  exchange.response.fields.add("Retry_After", "r");
  const KnownFields fields = find_known_fields(exchange);
  for (const KnownFields::Value& value :
       {fields.authorization, fields.contract_version, fields.if_match, fields.if_none_match,
        fields.content_type, fields.correlation_id, fields.date, fields.debug, fields.etag,
        fields.retry_after}) {
    EXPECT_FALSE(value.has_value());
  }
}

}  // namespace
}  // namespace mpsdscope

#include "tools/tail/tail_output.h"

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

TEST(AppendLogLine, WhatIsNotSeenIsEscaped) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {R"({"a":"b\u001b"})", R"({"a":"b\u001b"})"},
      {"{\"a\":\"\x7f\"}", "{\"a\":\"\\u007f\"}"},
      {"{\"a\":\"\xc2\x9b"
       "31m\"}",
       "{\"a\":\"\\u009b31m\"}"},
      {"{\"a\":\"\xe2\x80\xae\"}", "{\"a\":\"\\u202e\"}"},
      {"{\"a\":\"\xf3\xa0\x80\x81\"}", "{\"a\":\"\\udb40\\udc01\"}"},
      {"{\"a\":\"\xe4\xb8\xad\xc3\xa9\"}", "{\"a\":\"\xe4\xb8\xad\xc3\xa9\"}"},
      {"{\t\"a\":1\r}", "{ \"a\":1 }"},
      {"{\"a\":\"\xff\"}", "{\"a\":\"\xef\xbf\xbd\"}"},
  };
  for (const auto& [line, shown] : cases) {
    std::string out;
    append_log_line(out, line);
    EXPECT_EQ(out, std::string(shown) + "\n");
  }
}

}  // namespace
}  // namespace mpsdscope

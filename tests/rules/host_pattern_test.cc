#include "rules/host_pattern.h"

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

TEST(HostPattern, TakesHostsAsTheyAre) {
  for (const char* text :
       {"*", "mock", "mock.example", "Mock.example.", "*.example", "m*k.*.test", "127.0.0.1",
        "127.0.0.1:8443", "mock:8080", "mock:*", "[::1]", "::1", "[::1]:8443",
        "b\xc3\xbc"
        "cher.example"}) {
    const Result<std::string> pattern = parse_host_pattern(text);
    ASSERT_TRUE(pattern) << text;
    EXPECT_EQ(*pattern, text);
  }
}

TEST(HostPattern, RefusesWhatCanMatchNoHost) {
  for (const char* text : {"",           " ",           ".",
                           ":8080",      "http://mock", "https://mock.example:8080/",
                           "mock/",      "/",           "mock/path",
                           "a, b",       "a,b",         "a b",
                           " mock",      "mock ",       "mock\t",
                           "mock\n",     "user@mock",   "mock?q",
                           "mock#f",     "mock:",       "mock:http",
                           "mock.:http", "[::1",        "[",
                           "\"mock\"",   "\x1b[31m"}) {
    const Result<std::string> pattern = parse_host_pattern(text);
    ASSERT_FALSE(pattern) << text;
    EXPECT_NE(pattern.error().message.find("is no host"), std::string::npos);
  }
}

}  // namespace
}  // namespace mpsdscope

#include "tools/redact_body.h"

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

TEST(RedactBody, SecretsInJson) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"({"token":"abc"})", R"({"token":"REDACTED"})"},
      {R"({ "Access_Token" : "a\"b" , "x":1})", R"({ "Access_Token" : "REDACTED" , "x":1})"},
      {R"({"to\u006ben":"abc"})", R"({"to\u006ben":"REDACTED"})"},
      {R"({"tokens":["a",{"b":["c"]},"]"],"x":"a"})", R"({"tokens":"REDACTED","x":"a"})"},
      {R"({"secret":{"deep":{"er":"}"}}})", R"({"secret":"REDACTED"})"},
      {R"({"password":12345,"token":null,"jwt":true})",
       R"({"password":"REDACTED","token":null,"jwt":true})"},
      {R"({"token":""})", R"({"token":""})"},
      // Short names: texts are secrets, numbers and structure are none.
      {R"({"pwd":"a","pass":"b","auth":"c","sas":"d","key":"e"})",
       R"({"pwd":"REDACTED","pass":"REDACTED","auth":"REDACTED","sas":"REDACTED","key":"REDACTED"})"},
      {R"({"code_verifier":"a","client_secret":"b","assertion":"c","subscriptionKey":"d"})",
       R"({"code_verifier":"REDACTED","client_secret":"REDACTED","assertion":"REDACTED",)"
       R"("subscriptionKey":"REDACTED"})"},
      {R"({"key":17,"pass":true,"auth":{"by":"me","token":"x"},"code":-1.5e3})",
       R"({"key":17,"pass":true,"auth":{"by":"me","token":"REDACTED"},"code":-1.5e3})"},
      {R"({"privateKey":{"kty":"RSA","d":"abc"},"n":1})", R"({"privateKey":"REDACTED","n":1})"},
      {R"({"pass":["abc","def"],"n":[1]})", R"({"pass":"REDACTED","n":[1]})"},
      {R"({"code":"M.R3_BAY.abc","error":{"code":"NotFound","sub":{"code":"404"}}})",
       R"({"code":"REDACTED","error":{"code":"NotFound","sub":{"code":"404"}}})"},
      {R"({"code":"invalid_grant"} {"code":"HTTPError"} {"code":"abXcdEf"} {"code":"123456"})",
       R"({"code":"invalid_grant"} {"code":"HTTPError"} {"code":"abXcdEf"} {"code":"REDACTED"})"},
      {R"({"code":"aXbYcZ"})", R"({"code":"REDACTED"})"},
      {R"({"code":aXb17})", R"({"code":"REDACTED"})"},
      {R"({"body":"{\"password\":\"ab'cdef\"}"})", R"({"body":"{\"password\":\"REDACTED\"}"})"},
      {R"({"a":"{\"b\":\"{\\\"token\\\":\\\"abc\\\"}\"}"})",
       R"({"a":"{\"b\":\"{\\\"token\\\":\\\"REDACTED\\\"}\"}"})"},
      {R"({"a":"XBL3.0 x=123;secretsecret"})", R"({"a":"XBL3.0 x=123;REDACTED"})"},
      {R"({"a":"XBL3.0\u0020x=123;secretsecret"})", R"({"a":"XBL3.0 x=123;REDACTED"})"},
      {R"({"a":"eyJhbGciOiJIUzI1NiJ9.e30.x"})", R"({"a":"REDACTED"})"},
      {R"({"url":"https:\/\/h/p?sig=abc&n=1"})", R"({"url":"https://h/p?sig=REDACTED&n=1"})"},
      {R"({"url":"/p?code=abc"})", R"({"url":"/p?code=REDACTED"})"},
      {R"({"body":"{\"token\":\"abc\"}"})", R"({"body":"{\"token\":\"REDACTED\"}"})"},
      {R"({"a":"Bearer%20abcdefghijkl"})", R"({"a":"REDACTED"})"},
      {R"(["Bearer abcdefghijkl"])", R"(["Bearer REDACTED"])"},
      {R"("Bearer abcdefghijkl")", R"("Bearer REDACTED")"},
      // Cut or damaged.
      {R"({"token":"abc)", R"({"token":"REDACTED")"},
      {R"({"token":["abc)", R"({"token":"REDACTED")"},
      {R"({"token":"abc\)", R"({"token":"REDACTED")"},
      {R"({"token" "abc"})", R"({"token" "abc"})"},
      {R"({"token":,"a":"b"})", R"({"token":,"a":"b"})"},
      {R"({"token":unquoted})", R"({"token":"REDACTED"})"},
      {R"({"token")", R"({"token")"},
      {R"({"eyJhbGciOiJIUzI1NiJ9.e30":1})", R"({"REDACTED":1})"},
  };
  for (const auto& [body, shown] : cases) EXPECT_EQ(redacted_body(body), shown) << body;
}

TEST(RedactBody, HoweverManyByteOrderMarksStandBefore) {
  for (const std::size_t count : {1u, 2u, 1'000'000u}) {
    std::string marks;
    for (std::size_t i = 0; i < count; ++i) marks += "\xEF\xBB\xBF";
    EXPECT_TRUE(redacted_body(marks) == marks) << count;
    EXPECT_TRUE(redacted_body(marks + R"({"token":"abc"})") == marks + R"({"token":"REDACTED"})");
  }
}

TEST(RedactBody, WhatHoldsNoSecretStaysAsItIsWritten) {
  for (const std::string body :
       {R"( { "a" : [ 1.50e3 , "\u00e9\/\ud83d\ude00\ud83d" , null ] , "b" : "\q" } )", "{", "[]]",
        "", "   ", "plain text", R"({"a":"b" "c")",
        R"({"xuid":"2814646326226712","gamertag":"A"})"}) {
    EXPECT_EQ(redacted_body(body), body);
  }
  const std::string deep(200'000, '[');
  EXPECT_EQ(redacted_body(deep), deep);
}

TEST(RedactBody, SecretsInOtherContent) {
  EXPECT_EQ(redacted_body("Authorization: Bearer abcdefghijkl"), "Authorization: REDACTED");
  EXPECT_EQ(redacted_body("grant_type=authorization_code&code=abc&code_verifier=def&n=a%20b"),
            "grant_type=authorization_code&code=REDACTED&code_verifier=REDACTED&n=a%20b");
  EXPECT_EQ(redacted_body("user=me&pwd=a%22b&go=https%3A%2F%2Fh%2F%3Fsig%3Dabc"),
            "user=me&pwd=REDACTED&go=REDACTED");
  EXPECT_EQ(redacted_body("grant=x&access_token=abc&y=1"), "grant=x&access_token=REDACTED&y=1");
}

}  // namespace
}  // namespace mpsdscope

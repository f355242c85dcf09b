#include "tools/redact_multipart.h"

#include <string>

#include <gtest/gtest.h>

#include "tools/redact_body.h"

namespace mpsdscope {
namespace {

std::string part(const std::string& head, const std::string& content,
                 const std::string& line = "\r\n") {
  return "--b0" + line + "Content-Disposition: form-data; " + head + line + line + content + line;
}

TEST(RedactMultipart, FieldsWhoseNamesTellASecret) {
  for (const std::string line : {"\r\n", "\n"}) {
    const std::string end = "--b0--" + line;
    const auto both = [&](const std::string& secret, const std::string& token) {
      return part("name=\"user\"", "someone", line) + part("name=\"password\"", secret, line) +
             part("filename=\"token\"; name=access_token", token, line) +
             part("name=\"doc\"", R"({"token":"REDACTED","a":1})", line) + end;
    };
    const std::string shown = both("REDACTED", "REDACTED");
    EXPECT_EQ(redacted_body(both("two words", "ab\ncd")), shown);
    EXPECT_EQ(redacted_body(shown), shown);
  }
  const std::string json = part("name=\"doc\"", R"({"token":"abc"})") + "--b0--";
  EXPECT_EQ(redacted_body(json), part("name=\"doc\"", R"({"token":"REDACTED"})") + "--b0--");
}

TEST(RedactMultipart, CutOrDamaged) {
  EXPECT_EQ(redacted_body("--b\r\nContent-Disposition: form-data; name=\"pwd\"\r\n\r\nabc"),
            "--b\r\nContent-Disposition: form-data; name=\"pwd\"\r\n\r\nREDACTED");
  for (const std::string body :
       {"--", "--b", "--b\r\n", "--b\r\nContent-", "--b\r\nContent-Disposition: form-data; name=",
        "--b\r\nContent-Disposition: form-data; name=\"pwd\"\r\n\r\n", "-- no form at all"}) {
    EXPECT_EQ(redacted_body(body), body);
  }
  EXPECT_FALSE(is_multipart("--\r\nContent-Disposition: x"));
  EXPECT_FALSE(is_multipart("--" + std::string(80, 'b') + "\r\nContent-Disposition: x"));
}

}  // namespace
}  // namespace mpsdscope

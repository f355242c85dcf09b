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

TEST(RedactMultipart, FindsTheNameWhereverItStands) {
  const auto shown = [](const std::string& head, const std::string& content) {
    return redacted_body("--b\r\n" + head + "\r\n\r\n" + content + "\r\n--b--\r\n");
  };
  for (const std::string head :
       {"Content-Type: text/plain; name=\"x.txt\"\r\nContent-Disposition: form-data; name=\"pwd\"",
        "Content-Disposition: form-data; filename=\"a; name=x\"; name=\"password\"",
        "X-Id: 1\r\nCONTENT-DISPOSITION: form-data;name=token",
        "Content-Disposition: form-data; filename=\"a\\\"; name=x\"; NAME=\"jwt\""}) {
    EXPECT_EQ(shown(head, "abc"), "--b\r\n" + head + "\r\n\r\nREDACTED\r\n--b--\r\n");
    // A boundary stands at the beginning of a line.
    EXPECT_EQ(shown(head, "a--bc"), "--b\r\n" + head + "\r\n\r\nREDACTED\r\n--b--\r\n");
  }
  const std::string form = part("name=\"a\"", "b") + part("name=\"pwd\"", "abc") + "--b0--\r\n";
  const std::string hidden =
      part("name=\"a\"", "b") + part("name=\"pwd\"", "REDACTED") + "--b0--\r\n";
  EXPECT_EQ(redacted_body("\r\n" + form), "\r\n" + hidden);
  EXPECT_EQ(redacted_body("--b0\r\n\r\nno field\r\n" + form), "--b0\r\n\r\nno field\r\n" + hidden);
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

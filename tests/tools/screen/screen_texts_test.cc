// The prompt, JSON laid out, curl commands, the clipboard.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/tools/testing/sample_records.h"
#include "tools/screen/curl_command.h"
#include "tools/screen/curses_terminal.h"
#include "tools/screen/json_layout.h"
#include "tools/screen/prompt.h"

namespace mpsdscope {
namespace {

void type(Prompt& prompt, std::u32string_view text) {
  for (const char32_t c : text) prompt.key(c);
}

TEST(Prompt, EditsALine) {
  Prompt prompt;
  prompt.open("row:42");
  type(prompt, U"9中");
  EXPECT_EQ(prompt.text(), "row:429中");
  prompt.key(keys::kLeft);
  EXPECT_EQ(prompt.cursor(), 7U);
  prompt.key(keys::kBackspace);
  EXPECT_EQ(prompt.text(), "row:42中");
  prompt.key(keys::kRemove);
  EXPECT_EQ(prompt.text(), "row:42");
  prompt.key(keys::kHome);
  type(prompt, U"x");
  EXPECT_EQ(prompt.text(), "xrow:42");
  prompt.key(keys::kEraseLine);
  EXPECT_EQ(prompt.text(), "");
  prompt.key(keys::kBackspace);
  prompt.key(keys::kRemove);
  prompt.key(keys::kRight);
  EXPECT_EQ(prompt.cursor(), 0U);
}

TEST(Prompt, TakesNothingThatDoesNotPrint) {
  Prompt prompt;
  prompt.open("");
  for (const Key key :
       {Key{1}, Key{0x9B}, Key{0x202E}, Key{0x301}, keys::kPageUp, keys::kUnknown}) {
    EXPECT_EQ(prompt.key(key), Prompt::Outcome::typing);
  }
  EXPECT_EQ(prompt.text(), "");
}

TEST(Prompt, IsAsLongAsAFilterMayBe) {
  Prompt prompt;
  prompt.open(std::string(Filter::kLongest - 1, 'a'));
  type(prompt, U"é");
  EXPECT_EQ(prompt.text().size(), Filter::kLongest - 1);
  type(prompt, U"ab");
  EXPECT_EQ(prompt.text().size(), Filter::kLongest);
}

TEST(Prompt, FindsEarlierTextsAgain) {
  Prompt prompt;
  for (const char32_t* text : {U"a", U"b", U"b"}) {
    prompt.open("");
    type(prompt, text);
    EXPECT_EQ(prompt.key(keys::kEnter), Prompt::Outcome::accepted);
  }
  prompt.open("");
  prompt.key(keys::kUp);
  EXPECT_EQ(prompt.text(), "b");
  prompt.key(keys::kUp);
  prompt.key(keys::kUp);
  EXPECT_EQ(prompt.text(), "a");
  prompt.key(keys::kDown);
  prompt.key(keys::kDown);
  EXPECT_EQ(prompt.text(), "");
  EXPECT_EQ(prompt.key(keys::kEscape), Prompt::Outcome::abandoned);
  EXPECT_FALSE(prompt.is_open());
}

TEST(JsonLines, LaysOutOneMemberALine) {
  EXPECT_EQ(json_lines(R"({"a":1,"b":{"c":[true,null],"d":{}, "e" : [ ]},"f":"x\"y, {z}"})", 100),
            (std::vector<std::string>{"{", "  \"a\": 1,", "  \"b\": {", "    \"c\": [",
                                      "      true,", "      null", "    ],", "    \"d\": {},",
                                      "    \"e\": []", "  },", "  \"f\": \"x\\\"y, {z}\"", "}"}));
}

TEST(JsonLines, LosesNothingOfWhatIsCutOrIsNoJson) {
  EXPECT_EQ(json_lines(R"({"a":[1,"be)", 100),
            (std::vector<std::string>{"{", "  \"a\": [", "    1,", "    \"be"}));
  EXPECT_EQ(json_lines("{}}]{\"a\\", 100), (std::vector<std::string>{"{}", "}", "]{", "  \"a\\"}));
  EXPECT_EQ(json_lines("slow down\r\nplease", 100),
            (std::vector<std::string>{"slow down", "please"}));
  EXPECT_EQ(json_lines("", 100), std::vector<std::string>{});
}

TEST(JsonLines, AreBoundedAndPrintable) {
  const std::vector<std::string> deep = json_lines(std::string(100'000, '['), 50);
  ASSERT_EQ(deep.size(), 50U);
  EXPECT_EQ(deep.back(), "… more lines, not shown");
  EXPECT_LE(deep[48].size(), 60U);  // not indented for ever
  EXPECT_EQ(json_lines("a\nb\nc", 2), (std::vector<std::string>{"a", "… more lines, not shown"}));
  EXPECT_EQ(json_lines("{\"a\":\"\x1b[2J\x80\"}", 100)[1], R"(  "a": "\u{001b}[2J\x80")");
}

TEST(CurlCommand, QuotesForTheShell) {
  Record record = testing::exchange(0);
  record.uri = "https://host/it's?a=$(b)&c=`d`";
  EXPECT_EQ(curl_command(record), R"(curl -X 'GET' -g --url 'https://host/it'\''s?a=$(b)&c=`d`')");
  record.uri = "https://host/\x1b[2J'\\\n";
  EXPECT_EQ(curl_command(record), R"(curl -X 'GET' -g --url $'https://host/\x1b[2J\'\\\x0a')");
  record.uri = "/path";
  EXPECT_EQ(curl_command(record),
            "curl -X 'GET' -g --url 'https://sessiondirectory.xboxlive.com/path'");
}

TEST(CurlCommand, NothingOfARequestIsAnOptionOfCurl) {
  Record record = testing::exchange(0);
  record.host = "host";
  for (const std::string uri : {"-K/tmp/evil://", "@/etc/passwd", "file:///etc/passwd", "x://y"}) {
    record.uri = uri;
    EXPECT_EQ(curl_command(record), "curl -X 'GET' -g --url 'https://host" + uri + "'");
  }
  record.uri = "HTTPS://host/a[1-9]{b}";
  record.method = "-o/tmp/x";
  record.request.headers = {{"@/etc/passwd", "x"}, {"-K/tmp", "y"}};
  EXPECT_EQ(curl_command(record),
            "curl -X '-o/tmp/x' -H '-K/tmp: y' -g --url 'HTTPS://host/a[1-9]{b}'");
}

TEST(CurlCommand, AsksForTheHeadAlone) {
  Record record = testing::exchange(0);
  record.method = "HEAD";
  record.uri = "https://host/";
  EXPECT_EQ(curl_command(record), "curl -I -g --url 'https://host/'");
  record.request.body = "a";
  EXPECT_EQ(curl_command(record), "curl -X 'HEAD' --data-raw 'a' -g --url 'https://host/'");
}

TEST(CurlCommand, HasHeadAndBody) {
  Record record = testing::exchange(0);
  record.method = "PUT";
  record.uri = "https://host/";
  record.request.headers = {{":path", "/"},
                            {"Host", "host"},
                            {"Content-Length", "9"},
                            {"Authorization", "REDACTED"},
                            {"X-Empty", ""}};
  record.request.body = R"({"a":"b'"})";
  EXPECT_EQ(
      curl_command(record),
      R"(curl -X 'PUT' -H 'Authorization: REDACTED' -H 'X-Empty;' --data-raw '{"a":"b'\''"}' )"
      "-g --url 'https://host/'");
  record.request.cut = true;
  EXPECT_NE(curl_command(record).find("# the body is not complete"), std::string::npos);
}

TEST(CurlCommand, OnlyOfARequest) {
  Record record = testing::exchange(0);
  record.method.clear();
  EXPECT_EQ(curl_command(record), "");
  record = {};
  record.kind = RecordKind::event;
  EXPECT_EQ(curl_command(record), "");
}

TEST(Clipboard, IsBase64) {
  EXPECT_EQ(clipboard_sequence(""), "\x1b]52;c;\x07");
  EXPECT_EQ(clipboard_sequence("f"), "\x1b]52;c;Zg==\x07");
  EXPECT_EQ(clipboard_sequence("foobar\xff"), "\x1b]52;c;Zm9vYmFy/w==\x07");
}

}  // namespace
}  // namespace mpsdscope

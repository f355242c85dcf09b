#include "tools/json_writer.h"

#include <string>

#include <gtest/gtest.h>
#include <simdjson.h>

namespace mpsdscope {
namespace {

// What a text is after it was written and read again.
std::string there_and_back(std::string_view text) {
  std::string out = "before ";
  {
    JsonWriter json(out);
    json.begin_object();
    json.number("first", 1);
    json.text("text", text);
    json.boolean("last", false);
    json.end_object();
  }
  EXPECT_EQ(out.substr(0, 7), "before ");
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.parse(out.substr(7)).value();
  EXPECT_EQ(std::int64_t(root["first"]), 1);
  EXPECT_EQ(bool(root["last"]), false);
  return std::string(std::string_view(root["text"]));
}

// Around the width of a block, and around the writer's room; a mark at every place.
TEST(JsonWriter, TextsOfAnyLengthSurvive) {
  for (const std::size_t length : {0u, 1u, 7u, 8u, 15u, 16u, 17u, 31u, 32u, 33u, 100u}) {
    const std::string plain(length, 'a');
    EXPECT_EQ(there_and_back(plain), plain);
    for (std::size_t at = 0; at < length; ++at) {
      for (const char mark : {'"', '\\', '\n', '\x01', '\x1f', '\x7f'}) {
        std::string text = plain;
        text[at] = mark;
        EXPECT_EQ(there_and_back(text), text) << length << " " << at;
      }
    }
  }
  for (const std::size_t length : {1'270u, 1'280u, 1'290u, 5'000u, 100'000u}) {
    for (const char c : {'a', '"', '\t'}) {
      EXPECT_EQ(there_and_back(std::string(length, c)), std::string(length, c)) << length;
    }
  }
}

TEST(JsonWriter, ATextThatIsNotPlainIsNotWritten) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  EXPECT_TRUE(json.key("a").plain_value("b=c", IsOneOf<'%'>(), "<", ">"));
  json.key("d");
  EXPECT_FALSE(json.plain_value("e=f", IsOneOf<'='>(), "<", ">"));
  EXPECT_FALSE(json.plain_value("e\nf", IsOneOf<'%'>()));
  json.json_value("[1]");
  json.end_object();
  json.finish();
  EXPECT_EQ(out, R"({"a":"<b=c>","d":[1]})");
}

TEST(JsonWriter, MembersOfAnotherWriterStandAnywhere) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.members(R"("a":1,"b":"2")");
  json.number("c", 3);
  json.members(R"("d":4)");
  json.end_object();
  json.finish();
  EXPECT_EQ(out, R"({"a":1,"b":"2","c":3,"d":4})");
}

TEST(JsonWriter, ManyValuesGrowTheString) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.begin_array("list");
  for (int i = 0; i < 1'000; ++i) json.element("0123456789");
  json.end_array();
  json.begin_object("empty");
  json.end_object();
  json.end_object();
  json.line_end();
  json.finish();
  EXPECT_EQ(out.back(), '\n');
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.parse(out).value();
  EXPECT_EQ(simdjson::dom::array(root["list"]).size(), 1'000u);
}

TEST(JsonWriter, AfterFinishTheStringIsLeftAlone) {
  std::string out;
  {
    JsonWriter json(out);
    json.begin_object();
    json.end_object();
    json.finish();
    EXPECT_EQ(out, "{}");
    out.clear();
  }
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace mpsdscope

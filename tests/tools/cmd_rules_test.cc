#include "tools/cmd_rules.h"

#include <sstream>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "tools/text_width.h"

namespace mpsdscope {
namespace {

TEST(CmdRules, ListsEveryRowAndRuleAtAnyWidth) {
  for (std::size_t width = 20; width <= 200; ++width) {
    PrettyOptions options;
    options.width = width;
    std::string text;
    append_rule_listing(text, options);
    for (const StatusRow& row : kStatusTable) ASSERT_NE(text.find(row.id), std::string::npos);
    for (const RuleInfo& rule : rule_table()) ASSERT_NE(text.find(rule.id), std::string::npos);
    if (width < 70) continue;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) ASSERT_LE(columns_of(line), width) << line;
  }
}

TEST(CmdRules, ExplainsRowsAndRules) {
  std::string text;
  EXPECT_TRUE(append_explanation(text, {}, "412-no-etag"));
  for (const auto* part :
       {"fires when", "severity", "error", "source", "--severity 412-no-etag="}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
  text.clear();
  EXPECT_TRUE(append_explanation(text, {}, "403-session"));
  EXPECT_NE(text.find("403 Forbidden"), std::string::npos);
  text.clear();
  EXPECT_TRUE(append_explanation(text, {}, "204"));
  for (std::size_t i = 1; i < kVariants204; ++i) {
    const std::string name(name_of(static_cast<Variant204>(i)));
    EXPECT_NE(text.find(name), std::string::npos) << name;
    std::string own;
    EXPECT_TRUE(append_explanation(own, {}, name));
    EXPECT_NE(own.find("204"), std::string::npos) << own;
  }
  text.clear();
  EXPECT_TRUE(append_explanation(text, {}, "unlisted"));
  EXPECT_NE(text.find("status-unlisted"), std::string::npos);
  text.clear();
  EXPECT_FALSE(append_explanation(text, {}, "unlisted-thing"));
  EXPECT_EQ(text, "");
}

TEST(CmdRules, JsonLinesAreOnePerEntry) {
  std::string text;
  append_rules_jsonl(text, "");
  std::istringstream lines(text);
  std::size_t count = 0;
  simdjson::dom::parser parser;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_EQ(parser.parse(line).error(), simdjson::SUCCESS) << line;
  }
  EXPECT_EQ(count, kStatusTable.size() + kRuleCount);
  text.clear();
  append_rules_jsonl(text, "429");
  EXPECT_NE(text.find("\"type\":\"row\",\"id\":\"429\",\"status\":429"), std::string::npos);
  for (const auto* id : {"unlisted", "session-absent", "element-gone"}) {
    text.clear();
    append_rules_jsonl(text, id);
    EXPECT_NE(text.find(std::string(R"({"type":"row","id":")") + id + R"(","meaning":")"),
              std::string::npos)
        << text;
  }
  text.clear();
  append_rules_jsonl(text, "nothing");
  EXPECT_EQ(text, "");
}

}  // namespace
}  // namespace mpsdscope

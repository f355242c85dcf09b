#include "tools/command_line/help_text.h"

#include <sstream>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

CommandFacts sample() {
  CommandFacts facts;
  facts.help = "Does something with files";
  facts.positionals = {{{}, "FILE", {}, "", "what to read", "", true, true}};
  facts.options = {
      {{"-q", "--quiet"}, "", {}, "", "say less", "Options"},
      {{"--a-name-that-is-long"}, "SOMETHING", {}, "5", "beneath its name", "Options"},
      {{"--most"}, "N", {}, "7", "how many of them, at the very most, at once", "Limits"}};
  facts.footer = "That is all.";
  return facts;
}

TEST(HelpText, HasEverythingInColumns) {
  EXPECT_EQ(help_text(sample(), "p do", 60),
            "Does something with files\n"
            "\n"
            "Usage: p do [OPTIONS] FILE...\n"
            "\n"
            "  FILE...                     what to read\n"
            "\n"
            "Options:\n"
            "  -q, --quiet                 say less\n"
            "  --a-name-that-is-long SOMETHING\n"
            "                              beneath its name (default 5)\n"
            "\n"
            "Limits:\n"
            "  --most N                    how many of them, at the very\n"
            "                              most, at once (default 7)\n"
            "\n"
            "That is all.\n");
}

TEST(HelpText, LosesNothingOnANarrowTerminal) {
  for (std::size_t width = 20; width < 120; ++width) {
    std::string words;
    std::istringstream text(help_text(sample(), "p do", width));
    for (std::string word; text >> word;) words += word + " ";
    EXPECT_NE(words.find("--most N"), std::string::npos) << width;
    if (width >= 40) {
      EXPECT_NE(words.find("at the very most, at once (default 7)"), std::string::npos) << words;
    }
  }
}

TEST(HelpText, CommandsAreNamedInTheUsage) {
  CommandFacts facts;
  facts.commands = {CommandFacts()};
  EXPECT_EQ(usage_of(facts), "[OPTIONS] [COMMAND]");
  facts.needs_command = true;
  EXPECT_EQ(usage_of(facts), "[OPTIONS] COMMAND");
  facts = {};
  facts.positionals = {{{}, "ID", {}, "", "", "", false, false}};
  EXPECT_EQ(usage_of(facts), "[OPTIONS] [ID]");
}

}  // namespace
}  // namespace mpsdscope

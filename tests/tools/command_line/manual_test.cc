#include "tools/command_line/manual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/config/configuration.h"
#include "tools/filter/filter_terms.h"

namespace mpsdscope {
namespace {

using testing::HasSubstr;

CommandFacts command(std::string name, std::vector<OptionFacts> options) {
  CommandFacts facts;
  facts.name = std::move(name);
  facts.help = "Does " + facts.name;
  facts.options = std::move(options);
  return facts;
}

OptionFacts option(std::vector<std::string> names, std::string value, std::string help) {
  OptionFacts facts;
  facts.names = std::move(names);
  facts.value = std::move(value);
  facts.help = std::move(help);
  facts.group = "Options";
  return facts;
}

TEST(Manual, NothingOfATextIsTakenForARequest) {
  EXPECT_EQ(roff_text(".so /etc/passwd"), "\\&.so /etc/passwd");
  EXPECT_EQ(roff_text("a\n.b"), "a\n\\&.b");
  EXPECT_EQ(roff_text("'a' \\fB a-b ~ ^ \"c\""), "\\(aqa\\(aq \\efB a\\-b \\(ti \\(ha \\(dqc\\(dq");
  EXPECT_EQ(roff_text("see `x y`."), "see \\fBx y\\fR.");
}

TEST(Manual, AnOptionStandsOnceForTheCommandsThatHaveIt) {
  CommandFacts program = command("p", {option({"-h", "--help"}, "", "help")});
  const OptionFacts help = program.options[0];
  OptionFacts limit = option({"--limit"}, "N", "most");
  limit.group = "Limits";
  limit.standard = "7";
  program.commands = {command("one", {help, option({"--out"}, "FILE", "where to"), limit}),
                      command("two", {help, option({"--out"}, "FILE", "where to"),
                                      option({"-a", "--all"}, "", "whole")}),
                      command("three", {help, option({"--out"}, "FILE", "elsewhere")})};
  EXPECT_EQ(manual_part(program, "options"),
            ".TP\n\\fB\\-a\\fR, \\fB\\-\\-all\\fR\nwhole.\nOf \\fBtwo\\fR.\n"
            ".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nhelp.\nOf all commands.\n"
            ".TP\n\\fB\\-\\-out\\fR \\fIFILE\\fR\nwhere to.\nOf \\fBone\\fR and \\fBtwo\\fR.\n"
            ".TP\n\\fB\\-\\-out\\fR \\fIFILE\\fR\nelsewhere.\nOf \\fBthree\\fR.\n"
            ".SS Limits\n"
            ".TP\n\\fB\\-\\-limit\\fR \\fIN\\fR\nmost.\nDefault: 7.\nOf \\fBone\\fR.\n");
}

TEST(Manual, CommandsInsideCommands) {
  CommandFacts program = command("p", {});
  CommandFacts outer = command("ca", {});
  CommandFacts inner = command("import", {});
  inner.positionals = {option({}, "FILE", "which")};
  inner.positionals[0].required = true;
  outer.commands = {inner};
  program.commands = {outer};
  EXPECT_EQ(manual_part(program, "commands"),
            ".TP\n\\fBca\\fR [\\fIOPTIONS\\fR]\nDoes ca.\n"
            ".TP\n\\fBca import\\fR [\\fIOPTIONS\\fR] \\fIFILE\\fR\nDoes import.\n"
            "\\fIFILE\\fR: which.\n");
}

TEST(Manual, HoldsTheTables) {
  const std::string filters = manual_part({}, "filters");
  for (const FilterTerm& term : filter_terms()) {
    EXPECT_THAT(filters, HasSubstr(roff_text(term.example)));
  }
  const std::string thresholds = manual_part({}, "thresholds");
  for (const Threshold& threshold : kThresholds) {
    EXPECT_THAT(thresholds, HasSubstr("\\fB" + roff_text(threshold.key) + "\\fR = "));
  }
  EXPECT_THAT(thresholds, HasSubstr("polling\\-tolerance\\fR = 0.01\n"));
  EXPECT_THAT(thresholds, HasSubstr("polling\\-longest\\fR = 3600\n"));
  EXPECT_THAT(manual_part({}, "severities"),
              HasSubstr("\\fB412\\-no\\-etag\\fR = \\(dqerror\\(dq"));
  EXPECT_THAT(manual_part({}, "limits"),
              HasSubstr("\\fB[limits.mpsd]\\fR\nburst 30, sustained 300.\n"));
  EXPECT_EQ(manual_part({}, "no such part"), "");
}

}  // namespace
}  // namespace mpsdscope

#include "tools/command_line/completions.h"

#include <algorithm>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/rule_table.h"
#include "tools/options.h"

namespace mpsdscope {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

struct Answer {
  std::string kind;
  std::vector<std::string> texts;  // of the candidates
};

// To what is typed behind "mpsdscope".
Answer answer_to(std::vector<const char*> words) {
  words.insert(words.begin(), {"mpsdscope", "__complete"});
  const auto said = parse_command_line(static_cast<int>(words.size()), words.data());
  std::istringstream lines(std::get<Words>(said).text);
  Answer answer;
  std::getline(lines, answer.kind);
  for (std::string line; std::getline(lines, line);) {
    answer.texts.push_back(line.substr(0, line.find('\t')));
  }
  return answer;
}

TEST(Completions, WordsThatFit) {
  struct Case {
    std::vector<const char*> typed;
    std::vector<std::string> wanted;
  };
  const std::vector<Case> cases{
      {{"re"}, {"replay"}},
      {{"--ver"}, {"--version"}},
      {{"ca", ""}, {"make", "export", "import"}},
      {{"ca", "exp"}, {"export"}},
      {{"ca", "--ca-dir", "x", "ma"}, {"make"}},
      {{"ca", "make", "--"}, {"--help", "--replace", "--ca-dir"}},
      {{"ca", "export", "--format", ""}, {"der", "p12", "pem"}},
      {{"replay", "--form"}, {"--format"}},
      {{"replay", "x.pcap", "--form"}, {"--format"}},
      {{"replay", "--format", ""}, {"jsonl", "pretty"}},
      {{"replay", "--format=j"}, {"--format=jsonl"}},
      {{"replay", "--colour", "a"}, {"always", "auto"}},
      {{"replay", "--fail-on", ""}, {"off", "info", "warning", "error"}},
      {{"replay", "--bodies", "v"}, {"violations"}},
      {{"replay", "--severity", "412-no"}, {"412-no-etag="}},
      {{"replay", "--severity", "412-no-etag=w"}, {"412-no-etag=warning"}},
      {{"replay", "--severity=412-no-etag=w"}, {"--severity=412-no-etag=warning"}},
      {{"replay", "--filter", "row:412"}, {"row:412-bare", "row:412-session"}},
      {{"tail", "--filter", "rul"}, {"rule:"}},
      {{"tail", "--filter", "rule:412-no"}, {"rule:412-no-etag"}},
      {{"tail", "--filter", "target:element-"}, {"target:element-by-handle"}},
      {{"tail", "--filter", "severity:e"}, {"severity:error"}},
      {{"proxy", "--mode", "re"}, {"regular", "reverse:https://"}},
      {{"rules", "403-"}, {"403-message", "403-session"}},
      {{"rules", "412-n"}, {"412-no-etag"}},
      {{"help", "fi"}, {"filters"}},
      {{"completion", ""}, {"bash", "fish", "zsh"}},
      // What nobody knows.
      {{"replay", "--threads", ""}, {}},
      {{"replay", "--frobnicate="}, {}},
      {{"replay", "--all="}, {}},
      {{"frobnicate", "x"}, {}},
      {{"completion", "bash", "z"}, {}},
      {{"ca", "--help", "filters"}, {}},
  };
  for (const Case& one : cases) {
    const Answer answer = answer_to(one.typed);
    EXPECT_EQ(answer.kind, "words") << testing::PrintToString(one.typed);
    EXPECT_THAT(answer.texts, testing::UnorderedElementsAreArray(one.wanted))
        << testing::PrintToString(one.typed);
  }
}

TEST(Completions, FilesAndDirectories) {
  struct Case {
    std::vector<const char*> typed;
    const char* kind;
  };
  const std::vector<Case> cases{
      {{"replay", ""}, "files "},
      {{"replay", "a.pcap", "b"}, "files "},
      {{"replay", "-q", "b"}, "files "},
      {{"replay", "--", "--"}, "files "},
      {{"replay", "--keylog", "k"}, "files "},
      {{"replay", "--keylog=k"}, "files --keylog="},
      {{"tail", "-n", "5", ""}, "files "},
      {{"tail", "-n5", ""}, "files "},
      {{"ca", "import", ""}, "files "},
      {{"proxy", "--ca-dir", ""}, "directories "},
      {{"proxy", "--ca-dir=x"}, "directories --ca-dir="},
      {{"proxy", "--client-cert", "h=c"}, "files h="},
      {{"proxy", "--client-cert=h=c"}, "files --client-cert=h="},
      {{"proxy", "--client-cert", "h"}, "words"},
  };
  for (const Case& one : cases) {
    const Answer answer = answer_to(one.typed);
    EXPECT_EQ(answer.kind, one.kind) << testing::PrintToString(one.typed);
    EXPECT_THAT(answer.texts, IsEmpty());
  }
}

TEST(Completions, WhatWasSaidOnceIsNotSaidAgain) {
  EXPECT_THAT(answer_to({"replay", "--all", "-"}).texts, Not(Contains("--all")));
  EXPECT_THAT(answer_to({"replay", "--out=x", "-"}).texts, Not(Contains("--out")));
  EXPECT_THAT(answer_to({"replay", "--keylog", "x", "-"}).texts, Contains("--keylog"));
  EXPECT_THAT(answer_to({"replay", "--severity", "x=off", "-"}).texts, Contains("--severity"));
}

TEST(Completions, AnOptionIsOfferedWhereNothingElseCanStand) {
  EXPECT_THAT(answer_to({"proxy", ""}).texts, Contains("--listen"));
  EXPECT_THAT(answer_to({"proxy", "--", ""}).texts, IsEmpty());
}

TEST(Completions, EveryRuleIsOffered) {
  const auto offered = answer_to({"rules", ""}).texts;
  for (const RuleInfo& rule : rule_table()) EXPECT_THAT(offered, Contains(std::string(rule.id)));
}

TEST(Completions, TellWhatTheyMeanInOneShortLine) {
  std::vector<const char*> words{"mpsdscope", "__complete", "replay", "--f"};
  const auto said = parse_command_line(4, words.data());
  EXPECT_EQ(std::get<Words>(said).text,
            "words\n--format\tpretty\n--filter\tlist only what matches\n"
            "--fail-on\texit 3 if there are violations of this severity or above\n");
}

TEST(Completions, WithoutWordsTheCommands) {
  EXPECT_THAT(answer_to({}).texts, ElementsAre("replay", "sniff", "proxy", "tail", "rules", "ca",
                                               "config", "completion", "help"));
}

TEST(CompletionScript, ThereIsOneForEachShell) {
  for (const auto* shell : {"bash", "zsh", "fish"}) {
    EXPECT_NE(completion_script(shell).find("mpsdscope"), std::string::npos) << shell;
    const char* words[] = {"mpsdscope", "completion", shell};
    EXPECT_EQ(std::get<Words>(parse_command_line(3, words)).text, completion_script(shell));
  }
  EXPECT_EQ(completion_script("csh"), "");
}

}  // namespace
}  // namespace mpsdscope

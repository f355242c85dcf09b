#include "tools/options.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

Invocation parse(std::vector<const char*> arguments) {
  setenv("MPSDSCOPE_CONFIG", "/dev/null", 1);  // not that of whoever runs the tests
  arguments.insert(arguments.begin(), "mpsdscope");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

Words words_of(const Invocation& invocation) {
  return std::get<Words>(invocation);
}

TEST(CommandLine, ReplayTakesFilesAndOptions) {
  const auto invocation = parse({"replay",
                                 "a.pcap",
                                 "-",
                                 "--keylog",
                                 "k1",
                                 "--keylog",
                                 "k2",
                                 "--format",
                                 "jsonl",
                                 "--out",
                                 "-",
                                 "--all",
                                 "--fail-on",
                                 "warning",
                                 "--mpsd-host",
                                 "mock.*",
                                 "--mpsd-host",
                                 "b",
                                 "--severity",
                                 "session-no-etag=error",
                                 "--severity",
                                 "body-missing=off",
                                 "--threads",
                                 "3",
                                 "--color",
                                 "never",
                                 "--max-flows",
                                 "2K",
                                 "--max-body",
                                 "1M",
                                 "--reassembly-grace",
                                 "0.5",
                                 "--quiet",
                                 "c.pcap"});
  const auto& replay = std::get<ReplayOptions>(invocation);
  const CaptureOptions& capture = replay.capture;
  EXPECT_EQ(replay.files, (std::vector<std::string>{"a.pcap", "-", "c.pcap"}));
  EXPECT_EQ(capture.keylogs, (std::vector<std::string>{"k1", "k2"}));
  EXPECT_EQ(capture.output.format, Format::jsonl);
  EXPECT_EQ(capture.output.out, "-");
  EXPECT_TRUE(capture.all);
  EXPECT_EQ(capture.fail_on, Severity::warning);
  ASSERT_EQ(capture.rules.mpsd_hosts.size(), 4u);  // besides the service's own
  EXPECT_EQ(capture.rules.mpsd_hosts[2], "mock.*");
  EXPECT_EQ(capture.rules.mpsd_hosts[3], "b");
  EXPECT_EQ(capture.rules.severities[static_cast<std::size_t>(Rule::session_no_etag)],
            Severity::error);
  EXPECT_EQ(capture.rules.severities[static_cast<std::size_t>(Rule::body_missing)], Severity::off);
  EXPECT_EQ(capture.rules.severities[static_cast<std::size_t>(Rule::http_malformed)],
            Severity::error);
  EXPECT_EQ(capture.threads, 3u);
  EXPECT_EQ(capture.output.colour, ColourMode::never);
  EXPECT_EQ(capture.output.loudness, Loudness::quiet);
  EXPECT_EQ(capture.limits.max_flows, 2'048u);
  EXPECT_EQ(capture.limits.max_body_bytes, 1'048'576u);
  EXPECT_EQ(capture.limits.reassembly_grace, std::chrono::milliseconds(500));
}

TEST(CommandLine, DefaultsAreTheDocumentedOnes) {
  const auto invocation = parse({"replay", "a.pcap"});
  const CaptureOptions& capture = std::get<ReplayOptions>(invocation).capture;
  EXPECT_EQ(capture.output.format, std::nullopt);
  EXPECT_EQ(capture.output.loudness, Loudness::normal);
  EXPECT_EQ(capture.fail_on, Severity::off);
  EXPECT_EQ(capture.limits.max_flows, Limits{}.max_flows);
  EXPECT_EQ(capture.rules.severities, RuleSettings{}.severities);
}

TEST(CommandLine, SniffJoinsTheFilter) {
  const auto invocation =
      parse({"sniff", "-i", "eth0", "--snaplen", "2000", "tcp", "port", "443", "-v"});
  const auto& sniff = std::get<SniffOptions>(invocation);
  EXPECT_EQ(sniff.interface, "eth0");
  EXPECT_EQ(sniff.snaplen, 2'000u);
  EXPECT_EQ(sniff.filter, "tcp port 443");
  EXPECT_EQ(sniff.capture.output.loudness, Loudness::verbose);
  EXPECT_TRUE(std::get<SniffOptions>(parse({"sniff", "--list"})).list);
}

TEST(CommandLine, RulesTakeAnId) {
  EXPECT_EQ(std::get<RulesOptions>(parse({"rules"})).id, "");
  const auto invocation = parse({"rules", "412-no-etag", "--format", "jsonl"});
  EXPECT_EQ(std::get<RulesOptions>(invocation).id, "412-no-etag");
  EXPECT_EQ(std::get<RulesOptions>(invocation).output.format, Format::jsonl);
}

TEST(CommandLine, HelpAndVersionAreWords) {
  EXPECT_EQ(words_of(parse({"--version"})).text, "mpsdscope " MPSDSCOPE_VERSION "\n");
  for (const auto& arguments : std::vector<std::vector<const char*>>{
           {"--help"}, {"replay", "--help"}, {"sniff", "-h"}, {"rules", "--help"}}) {
    EXPECT_EQ(words_of(parse(arguments)).exit_code, exit_code::kClean);
  }
  const std::string help = words_of(parse({"replay", "--help"})).text;
  for (const auto* part : {"--keylog", "--fail-on", "--max-flows", "Limits", "Exit:"}) {
    EXPECT_NE(help.find(part), std::string::npos) << part;
  }
  const std::string commands = words_of(parse({"--help"})).text;
  for (const auto* command : {"replay", "sniff", "proxy", "rules", "  ca "}) {
    EXPECT_NE(commands.find(command), std::string::npos) << command;
  }
}

TEST(CommandLine, MistakesAreUsageErrorsThatSayWhy) {
  struct Case {
    std::vector<const char*> arguments;
    const char* names;
  };
  const std::vector<Case> cases{
      {{}, "subcommand"},
      {{"repla", "a"}, "unknown command 'repla'; did you mean 'replay'?"},
      {{"--frobnicate"}, "--frobnicate"},
      {{"replay"}, "FILE"},
      {{"replay", "a", "--no-such-flag"}, "--no-such-flag"},
      {{"replay", "a", "--format", "xml"}, "xml"},
      {{"replay", "a", "--threads", "0"}, "--threads"},
      {{"replay", "a", "--threads", "many"}, "many"},
      {{"replay", "a", "--fail-on", "fatal"}, "fatal"},
      {{"replay", "a", "--severity", "412-no-etag"}, "RULE=LEVEL"},
      {{"replay", "a", "--severity", "412-no-etg=off"}, "412-no-etag"},
      {{"replay", "a", "--severity", "412-no-etag=loud"}, "loud"},
      {{"replay", "a", "--max-flows", "0"}, "--max-flows"},
      {{"replay", "a", "--max-body", "1X"}, "1X"},
      {{"replay", "a", "--reassembly-grace", "-1"}, "--reassembly-grace"},
      {{"replay", "a", "--quiet", "-v"}, "--quiet"},
      {{"replay", "a", "--mpsd-host", ""}, "--mpsd-host"},
      {{"replay", "a", "--mpsd-host", "a/b"}, "a/b"},
      {{"replay", "a", "--mpsd-host", "a,b"}, "a,b"},
      {{"replay", "a", "--mpsd-host", "a b"}, "a b"},
      {{"replay", "a", "--mpsd-host", "https://a"}, "https://a"},
      {{"sniff"}, "-i IFACE"},
      {{"sniff", "-i", "lo", "--snaplen", "1"}, "--snaplen"},
      {{"sniff", "-i", "lo", "--list"}, "--list"},
  };
  for (const Case& one : cases) {
    const Invocation invocation = parse(one.arguments);
    ASSERT_TRUE(std::holds_alternative<Words>(invocation)) << one.names;
    EXPECT_EQ(words_of(invocation).exit_code, exit_code::kUsage) << one.names;
    EXPECT_NE(words_of(invocation).text.find(one.names), std::string::npos)
        << words_of(invocation).text;
  }
}

}  // namespace
}  // namespace mpsdscope

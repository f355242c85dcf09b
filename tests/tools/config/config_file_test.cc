// config.toml: what it sets, and what is refused, where.
#include "tools/config/config_file.h"

#include <map>

#include <gtest/gtest.h>

#include "tools/config/config_text.h"

namespace mpsdscope {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Configuration read(std::string_view text) {
  Configuration configuration;
  const auto done = read_config_file(text, "c.toml", configuration);
  EXPECT_TRUE(done) << (done ? "" : done.error().message);
  return configuration;
}

std::string refusal(std::string_view text) {
  Configuration configuration;
  const auto done = read_config_file(text, "c.toml", configuration);
  return done ? "" : done.error().message;
}

TEST(ConfigFile, EmptyChangesNothing) {
  for (const char* text : {"", "# nothing\n", "[limits]\n[titles]\n"}) {
    const Configuration configuration = read(text);
    EXPECT_EQ(config_text(configuration), config_text(Configuration())) << text;
    EXPECT_TRUE(configuration.origins.empty());
  }
}

constexpr std::string_view kFull = R"(# of our studio
[hosts]
mpsd-host = ["mock.example", "*.test.example:8443"]
intercept = "*.example"

[titles]
0A6D2730 = "Harbour Lights"
6b4a1c07 = "Foundry \"2\""

[limits.mpsd]
burst = 40
[limits.presence-read]
sustained = 0
hosts = ["presence.example"]
[limits.our-chat]
hosts = ["chat.example"]
access = "write"
burst = 2
sustained = 20

[severity]
polling = "error"
session-no-etag = "off"

[thresholds]
polling-calls = 7
polling-tolerance = 0.02
polling-longest = 90
repeated-call = 2.5
contract-version = 107
)";

TEST(ConfigFile, SetsEverything) {
  Configuration configuration = read(kFull);
  RuleSettings& rules = configuration.rules;
  EXPECT_EQ(rules.mpsd_hosts, (std::vector<std::string>{"sessiondirectory.xboxlive.com",
                                                        "client-sessiondirectory.xboxlive.com",
                                                        "mock.example", "*.test.example:8443"}));
  EXPECT_EQ(configuration.intercept, std::vector<std::string>{"*.example"});
  EXPECT_EQ(configuration.titles,
            (TitleNames{{0x0A6D2730, "Harbour Lights"}, {0x6B4A1C07, "Foundry \"2\""}}));
  EXPECT_EQ(rules.limits.find("mpsd")->burst, 40U);
  EXPECT_EQ(rules.limits.find("mpsd")->sustained, 300U);
  EXPECT_EQ(rules.limits.find("presence-read")->burst, 30U);
  EXPECT_EQ(rules.limits.find("presence-read")->sustained, 0U);
  EXPECT_EQ(rules.limits.find("presence-read")->hosts,
            std::vector<std::string>{"presence.example"});
  const RateLimit* chat = rules.limits.find("our-chat");
  ASSERT_NE(chat, nullptr);
  EXPECT_EQ(chat->hosts, std::vector<std::string>{"chat.example"});
  EXPECT_EQ(chat->access, Access::write);
  EXPECT_EQ(chat->burst, 2U);
  EXPECT_EQ(chat->sustained, 20U);
  EXPECT_EQ(rules.severity_of(Rule::polling), Severity::error);
  EXPECT_EQ(rules.severity_of(Rule::session_no_etag), Severity::off);
  EXPECT_EQ(rules.severity_of(Rule::repeated_call), Severity::info);
  EXPECT_EQ(rules.title.polling_calls, 7U);
  EXPECT_EQ(rules.title.polling_tolerance, 0.02);
  EXPECT_EQ(rules.title.polling_longest, seconds(90));
  EXPECT_EQ(rules.title.repeated_call, milliseconds(2'500));
  EXPECT_EQ(rules.title.contract_version, 107);
  EXPECT_EQ(rules.title.batch_window, seconds(2));
}

// What is printed, read again, means the same.
TEST(ConfigFile, PrintsWhatItReads) {
  for (const std::string_view text : {std::string_view(), kFull}) {
    Configuration configuration = read(text);
    const std::string printed = config_text(configuration);
    Configuration again = read(printed);
    again.origins = configuration.origins;
    EXPECT_EQ(config_text(again), printed);
  }
}

TEST(ConfigFile, SaysWhereValuesCameFrom) {
  const std::string printed = config_text(read(kFull));
  const auto line_of = [&](const std::string& begin) {
    const std::size_t at = printed.find("\n" + begin);
    if (at == std::string::npos) return std::string("no ") + begin;
    std::string line = printed.substr(at + 1, printed.find('\n', at + 1) - at - 1);
    return line.substr(line.rfind("# ") + 2);
  };
  const std::map<std::string, std::string> expected{
      {"  \"sessiondirectory.xboxlive.com\"", "built in"},
      {"  \"mock.example\"", "c.toml:3"},
      {"intercept", "c.toml:4"},
      {"0A6D2730", "c.toml:7"},
      {"6B4A1C07", "c.toml:8"},
      {"burst = 40", "c.toml:11; calls in 15 s"},
      {"burst = 2 ", "c.toml:18; calls in 15 s"},
      {"polling = ", "c.toml:22"},
      {"repeated-call = \"info\"", "built in"},
      {"polling-calls", "c.toml:26; GETs at equal distances"},
      {"small-batch = 2", "built in; users, the least that are well"},
  };
  for (const auto& [begin, origin] : expected) EXPECT_EQ(line_of(begin), origin) << begin;
}

struct Refused {
  const char* text;
  const char* error;
};

TEST(ConfigFile, RefusesWithLineAndColumn) {
  const std::vector<Refused> cases{
      {"host = 1", "c.toml:1:1: unknown key 'host'; did you mean 'hosts'?"},
      {"[sauna]\nheat = 1",
       "c.toml:1:2: unknown key 'sauna'; known are hosts, titles, limits, severity, thresholds"},
      {"hosts = 3", "c.toml:1:9: 'hosts' must be a section: [hosts], not a whole number"},
      {"[hosts]\n  mpsd-hosts = 'x'",
       "c.toml:2:3: unknown key in [hosts] 'mpsd-hosts'; did you mean 'mpsd-host'?"},
      {"[hosts]\nmpsd-host = 3",
       "c.toml:2:13: 'mpsd-host' must be a string or an array of strings, not a whole number"},
      {"[hosts]\nmpsd-host = ['a',\n  7]",
       "c.toml:3:3: 'mpsd-host' must be an array of strings, not a whole number"},
      {"[hosts]\nmpsd-host = ['https://a/']",
       "c.toml:2:14: \"https://a/\" is no host: give one name or address for each pattern, such as "
       "mock.example or *.example, without scheme or path"},
      {"[hosts]\nintercept = []", "c.toml:2:13: 'intercept' names no host"},
      {"[titles]\nA6D2730 = 'x'",
       "c.toml:2:1: 'A6D2730' is no title id: 8 hexadecimal digits, as the log writes them, such "
       "as "
       "0A6D2730"},
      {"[titles]\n00000000 = 'x'",
       "c.toml:2:1: '00000000' is no title id: 8 hexadecimal digits, as the log writes them, such "
       "as 0A6D2730"},
      {"[titles]\n0A6D2730 = true",
       "c.toml:2:12: '0A6D2730' must be a name in quotes, not true or false"},
      {"[titles]\n0A6D2730 = ''", "c.toml:2:12: the name of a title has 1 to 64 bytes"},
      {"[limits]\nmpsd = 3",
       "c.toml:2:8: 'mpsd' must be a section: [limits.mpsd], not a whole "
       "number"},
      {"[limits.profil]\nburst = 1",
       "c.toml:1:9: unknown limit 'profil'; did you mean 'profile'? A new one must say whose it "
       "is: hosts = [\"HOST\"]"},
      {"[limits.\"My Chat\"]\nhosts = 'a'",
       "c.toml:1:9: 'My Chat' is no name of a limit: small letters, digits and '-', 32 at most"},
      {"[limits.mpsd]\nhosts = ['a']",
       "c.toml:2:9: the hosts of mpsd are those of the session directory: add to them with "
       "mpsd-host in [hosts]"},
      {"[limits.mpsd]\naccess = 'read'", "c.toml:2:10: the access of mpsd is fixed"},
      {"[limits.profile]\naccess = 'both'",
       "c.toml:2:10: 'access' must be \"any\", \"read\" or \"write\""},
      {"[limits.mpsd]\nburst = -1",
       "c.toml:2:9: 'burst' must be a whole number of calls from 0 (no limit) to 10000"},
      {"[limits.mpsd]\nburst = 10_001",
       "c.toml:2:9: 'burst' must be a whole number of calls from 0 (no limit) to 10000"},
      {"[limits.mpsd]\nbursts = 1",
       "c.toml:2:1: unknown key in [limits.mpsd] 'bursts'; did you mean 'burst'?"},
      {"[severity]\npoling = 'off'", "c.toml:2:1: unknown rule 'poling'; did you mean 'polling'?"},
      {"[severity]\npolling = 'fatal'", "c.toml:2:11: 'fatal' is not off, info, warning or error"},
      {"[severity]\npolling = 3",
       "c.toml:2:11: 'polling' must be \"off\", \"info\", \"warning\" or \"error\", not a whole "
       "number"},
      {"[thresholds]\npoling-calls = 3",
       "c.toml:2:1: unknown key in [thresholds] 'poling-calls'; did you mean 'polling-calls'?"},
      {"[thresholds]\npolling-calls = 2",
       "c.toml:2:17: 'polling-calls' must be a whole number from 3 to 64: GETs at equal distances"},
      {"[thresholds]\npolling-calls = 65",
       "c.toml:2:17: 'polling-calls' must be a whole number from 3 to 64: GETs at equal distances"},
      {"[thresholds]\npolling-calls = 5.0",
       "c.toml:2:17: 'polling-calls' must be a whole number from 3 to 64: GETs at equal distances"},
      {"[thresholds]\nrepeated-call = nan",
       "c.toml:2:17: 'repeated-call' must be a number from 0.001 to 3600: seconds"},
      {"[thresholds]\nrepeated-call = '5s'",
       "c.toml:2:17: 'repeated-call' must be a number from 0.001 to 3600: seconds"},
      // Of several mistakes the first in the text.
      {"[thresholds]\nzz = 1\n[hosts]\nyy = 2\n[titles]\nxx = 'a'",
       "c.toml:2:1: unknown key in [thresholds] 'zz'; known are throttle-loop, contract-version, "
       "polling-calls, polling-tolerance, polling-longest, repeated-call, small-batch, "
       "batch-window"},
      // Nothing of the file reaches a terminal raw.
      {"\"\\u001b[31m\" = 1",
       "c.toml:1:1: unknown key '\\u{001b}[31m'; known are hosts, titles, limits, "
       "severity, thresholds"},
  };
  for (const Refused& c : cases) EXPECT_EQ(refusal(c.text), c.error) << c.text;
}

TEST(ConfigFile, SaysWhereItIsNoToml) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"[hosts\n", "c.toml:1:7: this is not TOML: "},
      {"a = 1\na = 2\n", "c.toml:2:"},
      {"[hosts]\nintercept = 'a\n", "c.toml:2:"},
      {"\xff\xfe", "c.toml:1:1: this is not TOML: "},
  };
  for (const auto& [text, begin] : cases) {
    const std::string error = refusal(text);
    EXPECT_EQ(error.substr(0, begin.size()), begin) << error;
  }
}

TEST(Environment, GoesOverTheFile) {
  Configuration configuration = read(kFull);
  const std::map<std::string, std::string> variables{
      {"MPSDSCOPE_MPSD_HOST", " env.example ,mock.example,,"},
      {"MPSDSCOPE_INTERCEPT", "one.example,two.example"},
      {"MPSDSCOPE_SEVERITY", "polling=info, rate-burst=off"},
  };
  const auto lookup = [&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
  ASSERT_TRUE(read_environment(lookup, configuration));
  EXPECT_EQ(configuration.rules.mpsd_hosts.size(), 5U);
  EXPECT_EQ(configuration.rules.mpsd_hosts.back(), "env.example");
  EXPECT_EQ(configuration.intercept, (std::vector<std::string>{"one.example", "two.example"}));
  EXPECT_EQ(configuration.rules.severity_of(Rule::polling), Severity::info);
  EXPECT_EQ(configuration.rules.severity_of(Rule::rate_burst), Severity::off);
  EXPECT_EQ(configuration.rules.severity_of(Rule::session_no_etag), Severity::off);
  EXPECT_EQ(configuration.origins.at("severity.polling"), "MPSDSCOPE_SEVERITY");
  EXPECT_EQ(configuration.origins.at("hosts.intercept"), "MPSDSCOPE_INTERCEPT");
  EXPECT_EQ(configuration.origins.at("hosts.mpsd-host.env.example"), "MPSDSCOPE_MPSD_HOST");
  EXPECT_EQ(configuration.origins.at("hosts.mpsd-host.mock.example"), "c.toml:3");
}

TEST(Environment, RefusesMistakes) {
  const std::vector<std::array<std::string, 3>> cases{
      {"MPSDSCOPE_MPSD_HOST", "a/b", "MPSDSCOPE_MPSD_HOST: \"a/b\" is no host"},
      {"MPSDSCOPE_INTERCEPT", "ok,http://x", "MPSDSCOPE_INTERCEPT: \"http://x\" is no host"},
      {"MPSDSCOPE_SEVERITY", "polling", "MPSDSCOPE_SEVERITY: 'polling' is not RULE=LEVEL"},
      {"MPSDSCOPE_SEVERITY", "poling=off",
       "MPSDSCOPE_SEVERITY: unknown rule 'poling'; did you mean 'polling'?"},
      {"MPSDSCOPE_SEVERITY", "polling=loud",
       "MPSDSCOPE_SEVERITY: 'loud' is not off, info, warning or error"},
  };
  for (const auto& [name, value, begin] : cases) {
    Configuration configuration;
    const auto read = read_environment(
        [&, wanted = name, text = value](const char* variable) {
          return variable == wanted ? text.c_str() : nullptr;
        },
        configuration);
    ASSERT_FALSE(read) << value;
    EXPECT_EQ(read.error().message.substr(0, begin.size()), begin);
  }
}

}  // namespace
}  // namespace mpsdscope

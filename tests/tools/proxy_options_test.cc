#include "tools/proxy_options.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "tests/capture/temporary_folder.h"
#include "tools/options.h"
#include "tools/proxy_values.h"

namespace mpsdscope {
namespace {

Invocation parse(std::vector<const char*> arguments) {
  setenv("MPSDSCOPE_CONFIG", "/dev/null", 1);  // not that of whoever runs the tests
  arguments.insert(arguments.begin(), {"mpsdscope", "proxy"});
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

// A variable of the environment for as long as it lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

TEST(ProxyOptions, Defaults) {
  unsetenv("SSLKEYLOGFILE");
  unsetenv("MPSDSCOPE_PROXY_AUTH");
  const auto command = std::get<ProxyCommand>(parse({}));
  ASSERT_EQ(command.proxy.listen.size(), 1U);
  EXPECT_EQ(command.proxy.listen[0].to_string(), "127.0.0.1:8888");
  EXPECT_EQ(command.proxy.mode, ProxyMode::regular);
  EXPECT_GE(command.proxy.threads, 1U);
  EXPECT_EQ(command.intercept, std::vector<std::string>{"*.xboxlive.com"});
  EXPECT_EQ(command.keylog, "");
  EXPECT_EQ(command.log.path, "");
}

TEST(ProxyOptions, SecretsDoNotGoToStandardOutput) {
  EXPECT_TRUE(std::holds_alternative<Words>(parse({"--keylog", "-"})));
  const Variable variable("SSLKEYLOGFILE", "-");
  EXPECT_TRUE(std::holds_alternative<Words>(parse({})));
}

TEST(ProxyOptions, Everything) {
  const auto command = std::get<ProxyCommand>(parse({"--mode",
                                                     "socks5",
                                                     "--listen",
                                                     "0.0.0.0:0",
                                                     "--listen",
                                                     "[::1]:99",
                                                     "--intercept",
                                                     "a.b",
                                                     "--intercept",
                                                     "*.c",
                                                     "--upstream-proxy",
                                                     "http://u%3a:p%40@up:3128",
                                                     "--proxy-auth",
                                                     "a:b",
                                                     "--allow",
                                                     "10.0.0.0/8",
                                                     "--allow-dest",
                                                     "*.local",
                                                     "--threads",
                                                     "3",
                                                     "--ca-dir",
                                                     "/ca",
                                                     "--upstream-ca",
                                                     "ca.pem",
                                                     "--insecure-upstream",
                                                     "bad.example",
                                                     "--client-cert",
                                                     "h.example=c.pem",
                                                     "--log",
                                                     "x-%H.jsonl",
                                                     "--rotate-size",
                                                     "1M",
                                                     "--rotate-time",
                                                     "15m",
                                                     "--save",
                                                     "s.pcapng",
                                                     "--keylog",
                                                     "k.log",
                                                     "--max-connections",
                                                     "7",
                                                     "--idle-timeout",
                                                     "5m",
                                                     "--redact-personal",
                                                     "--fail-on",
                                                     "warning"}));
  EXPECT_EQ(command.proxy.mode, ProxyMode::socks5);
  ASSERT_EQ(command.proxy.listen.size(), 2U);
  EXPECT_EQ(command.proxy.listen[0].to_string(), "0.0.0.0:0");
  EXPECT_EQ(command.proxy.listen[1].to_string(), "[::1]:99");
  EXPECT_EQ(command.intercept, (std::vector<std::string>{"a.b", "*.c"}));
  EXPECT_EQ(command.proxy.upstream_proxy, (Destination{"up", 3128}));
  EXPECT_EQ(command.proxy.upstream_proxy_credentials, "u::p@");
  EXPECT_EQ(command.proxy.proxy_credentials, "a:b");
  EXPECT_EQ(command.proxy.allow_clients, std::vector<std::string>{"10.0.0.0/8"});
  EXPECT_EQ(command.proxy.allow_destinations, std::vector<std::string>{"*.local"});
  EXPECT_EQ(command.proxy.threads, 3U);
  EXPECT_EQ(command.upstream.ca_files, std::vector<std::string>{"ca.pem"});
  EXPECT_EQ(command.upstream.insecure_hosts, std::vector<std::string>{"bad.example"});
  ASSERT_EQ(command.upstream.client_certificates.size(), 1U);
  EXPECT_EQ(command.upstream.client_certificates[0].host, "h.example");
  EXPECT_EQ(command.upstream.client_certificates[0].file, "c.pem");
  EXPECT_EQ(command.log.rotate_size, 1U << 20);
  EXPECT_EQ(command.log.rotate_time, std::chrono::minutes(15));
  EXPECT_EQ(command.save, "s.pcapng");
  EXPECT_EQ(command.keylog, "k.log");
  EXPECT_EQ(command.proxy.limits.connections, 7U);
  EXPECT_EQ(command.proxy.limits.idle, std::chrono::minutes(5));
  EXPECT_TRUE(command.redact_personal);
  EXPECT_EQ(command.fail_on, Severity::warning);
}

TEST(ProxyOptions, ReverseNamesItsUpstream) {
  struct Case {
    const char* text;
    Destination to;
    bool tls;
  };
  for (const Case& c : {Case{"reverse:https://a.example", {"a.example", 443}, true},
                        Case{"reverse:https://a.example:8443/", {"a.example", 8443}, true},
                        Case{"reverse:http://[2001:db8::1]", {"2001:db8::1", 80}, false}}) {
    ProxyOptions proxy;
    ASSERT_TRUE(parse_mode(c.text, proxy).ok()) << c.text;
    EXPECT_EQ(proxy.mode, ProxyMode::reverse);
    EXPECT_EQ(proxy.reverse_to, c.to) << c.text;
    EXPECT_EQ(proxy.reverse_tls, c.tls) << c.text;
  }
}

TEST(ProxyOptions, Listening) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"9000", "127.0.0.1:9000"},
      {"10.1.2.3", "10.1.2.3:8888"},
      {"localhost:1", "127.0.0.1:1"},
      {"*:8888", "0.0.0.0:8888"},
      {"[::]", "[::]:8888"},
      {"::1", "[::1]:8888"},
      {"[2001:db8::1]:7", "[2001:db8::1]:7"}};
  for (const auto& [text, expected] : cases) {
    const auto endpoint = parse_listen(text);
    ASSERT_TRUE(endpoint.ok()) << text;
    EXPECT_EQ(endpoint->to_string(), expected) << text;
  }
  for (const char* text : {"", "host:1", "1.2.3:4", "127.0.0.1:", "127.0.0.1:70000", "[::1",
                           "[::1]x", "[::1]:", "127.0.0.1:8888:1", "[127.0.0.1", "]:1", "[]:1"}) {
    EXPECT_FALSE(parse_listen(text).ok()) << text;
  }
}

TEST(ProxyOptions, MistakesAreUsageErrorsThatSayWhy) {
  struct Case {
    std::vector<const char*> arguments;
    const char* names;
  };
  const std::vector<Case> cases{{{"--mode", "backwards"}, "'backwards' is not regular"},
                                {{"--mode", "reverse:a.example"}, "names no upstream"},
                                {{"--mode", "reverse:https://a/b"}, "has a path"},
                                {{"--listen", "nowhere"}, "--listen"},
                                {{"--allow", "10.0.0.0/99"}, "--allow"},
                                {{"--intercept", "https://x/"}, "--intercept"},
                                {{"--client-cert", "host"}, "HOST=FILE"},
                                {{"--upstream-proxy", "socks5://x:1"}, "http://HOST:PORT"},
                                {{"--rotate-size", "1M"}, "--log FILE"},
                                {{"--rotate-time", "1h", "--log", "-"}, "--log FILE"},
                                {{"--log", "x", "--rotate-time", "soon"}, "'soon' is not a time"},
                                {{"--log", "-", "--format", "pretty"}, "standard output"},
                                {{"--save", "-"}, "--save"},
                                {{"--log", ""}, "the name is empty"},
                                {{"--ca-dir", ""}, "the name is empty"},
                                {{"--proxy-auth", "@/nonexistent"}, "/nonexistent"}};
  for (const Case& c : cases) {
    const auto words = std::get<Words>(parse(c.arguments));
    EXPECT_EQ(words.exit_code, exit_code::kUsage) << c.names;
    EXPECT_NE(words.text.find(c.names), std::string::npos) << words.text;
  }
}

TEST(ProxyOptions, PasswordsAreNeverRepeated) {
  for (const auto& arguments :
       std::vector<std::vector<const char*>>{{"--proxy-auth", "hunter2"},
                                             {"--proxy-auth", ":hunter2"},
                                             {"--upstream-proxy", "http://u:hunter2@"},
                                             {"--upstream-proxy", "https://u:hunter2@x"}}) {
    const auto words = std::get<Words>(parse(arguments));
    EXPECT_EQ(words.exit_code, exit_code::kUsage);
    EXPECT_EQ(words.text.find("hunter2"), std::string::npos) << words.text;
  }
}

TEST(ProxyOptions, CredentialsThatNobodyCouldBeAskedForAreRefused) {
  for (const char* mode : {"reverse:https://a.test", "transparent"}) {
    const auto words = std::get<Words>(parse({"--mode", mode, "--proxy-auth", "player:hunter2"}));
    EXPECT_EQ(words.exit_code, exit_code::kUsage);
    EXPECT_NE(words.text.find("leave --proxy-auth"), std::string::npos) << words.text;
    EXPECT_EQ(words.text.find("hunter2"), std::string::npos) << words.text;
    EXPECT_TRUE(std::holds_alternative<ProxyCommand>(parse({"--mode", mode})));
  }
}

TEST(ProxyOptions, CredentialsComeFromAFileOrTheEnvironmentToo) {
  const testing::TemporaryFolder folder;
  const std::string at = "@" + folder.write("auth", "user:from file\r\nmore\n");
  EXPECT_EQ(std::get<ProxyCommand>(parse({"--proxy-auth", at.c_str()})).proxy.proxy_credentials,
            "user:from file");
  const Variable auth("MPSDSCOPE_PROXY_AUTH", "user:from environment");
  const Variable keys("SSLKEYLOGFILE", "environment.log");
  const auto command = std::get<ProxyCommand>(parse({}));
  EXPECT_EQ(command.proxy.proxy_credentials, "user:from environment");
  EXPECT_EQ(command.keylog, "environment.log");
  EXPECT_EQ(std::get<ProxyCommand>(parse({"--proxy-auth", "a:b"})).proxy.proxy_credentials, "a:b");
}

}  // namespace
}  // namespace mpsdscope

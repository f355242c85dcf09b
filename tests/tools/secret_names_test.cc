#include "tools/secret_names.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

TEST(SecretNames, HowMuchANameTells) {
  const std::vector<std::pair<std::string, Secrecy>> cases{
      {"access_token", Secrecy::all},
      {"Client-Secret", Secrecy::all},
      {"AUTHORIZATION", Secrecy::all},
      {"passphrase", Secrecy::all},
      {"pwd", Secrecy::text},
      {"Key", Secrecy::text},
      {"x-functions-key", Secrecy::text},
      {"storage_key", Secrecy::text},
      {"x-custom-key", Secrecy::text},
      {"privateKey", Secrecy::all},
      {"accountKey", Secrecy::text},
      {"SAMLResponse", Secrecy::all},
      {"xsts", Secrecy::all},
      {"Code", Secrecy::code},
      {"statusCode", Secrecy::none},
      {"error_code", Secrecy::none},
      {"sec-websocket-key", Secrecy::none},
      {"public_key", Secrecy::none},
      {"turkey", Secrecy::none},
      {"-key", Secrecy::text},
      {"", Secrecy::none},
      {"passed", Secrecy::none},
  };
  for (const auto& [name, secrecy] : cases) EXPECT_EQ(secrecy_of(name), secrecy) << name;
}

TEST(SecretNames, AWordAnywhereInANameInAnyCase) {
  for (const std::string word :
       {"token", "secret", "signature", "password", "passwd", "passphrase", "credential", "apikey",
        "api_key", "api-key", "ticket", "assertion", "authorization", "jwt", "saml", "xsts"}) {
    std::string upper = word;
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    // Behind what begins as words do, too.
    for (const std::string before : {"", "x", "x-", "t", "pass", "ap", "tick", "se", "j", "toke"}) {
      for (const char* const after : {"", "s", "_v2"}) {
        EXPECT_EQ(secrecy_of(before + word + after), Secrecy::all) << before << word << after;
        EXPECT_EQ(secrecy_of(before + upper + after), Secrecy::all) << before << upper << after;
      }
    }
    const std::string cut = word.substr(0, word.size() - 1);
    EXPECT_NE(secrecy_of("q" + cut), Secrecy::all) << cut;
  }
}

TEST(SecretNames, ReadableCodes) {
  for (const auto* text : {"NotFound", "not_found", "SESSION-FULL", "HTTPError", "404", "1", ""}) {
    EXPECT_FALSE(hides_text(Secrecy::code, text)) << text;
    EXPECT_TRUE(hides_text(Secrecy::text, text)) << text;
    EXPECT_FALSE(hides_text(Secrecy::none, text)) << text;
  }
  for (const auto* text : {"12345", "Error17", "aBcDeF", "M.R3_BAY", "4/abc", "caf\xc3\xa9",
                           "abcdefghijklmnopqrstuvwxyzabcdefg"}) {
    EXPECT_TRUE(hides_text(Secrecy::code, text)) << text;
  }
}

}  // namespace
}  // namespace mpsdscope

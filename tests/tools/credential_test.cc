#include "tools/credential.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tools/redact.h"

namespace mpsdscope {
namespace {

constexpr std::array<std::string_view, 10> kSecrets{
    "Bearer abcdefgh1",       "Basic abcdefgh1",   "Digest abcdefgh1", "Negotiate abcdefgh1",
    "WLID1.0 abcdefgh1",      "NTLM abcdefgh1",    "DPoP abcdefgh1",   "MSA1.0 abcdefgh1",
    "XBL3.0 x=123;abcdefgh1", "XBL3.0 x=abcdefgh1"};

template <int (*kChange)(int)>
std::string changed(std::string_view text) {
  std::string all(text);
  std::transform(all.begin(), all.end(), all.begin(),
                 [](char c) { return static_cast<char>(kChange(c)); });
  return all;
}

// In front of them stands what makes every character of the text come first and second in a pair.
TEST(Credential, IsFoundWhereverItStandsAndInAnyCase) {
  for (const std::string_view secret : kSecrets) {
    for (const std::string& spelled :
         {std::string(secret), changed<std::tolower>(secret), changed<std::toupper>(secret)}) {
      for (const std::string_view before : {"", " ", "b", "one ", "the bee ", "x:", "\xFF"}) {
        const std::string text = std::string(before) + spelled;
        EXPECT_EQ(next_secret(text, before.size()), before.size()) << text;
        const std::string shown = changed<std::tolower>(redacted_text(text));
        EXPECT_EQ(shown.find("abcdefgh1"), std::string::npos) << text;
        EXPECT_EQ(changed<std::tolower>(redacted_text(text + " and more")), shown + " and more");
      }
    }
  }
}

TEST(Credential, ATokenIsFoundAlsoAtTheEnd) {
  for (const std::string_view before : {"", "e", "key ", "eye"}) {
    const std::string text = std::string(before) + "eyJhbGciOiJIUzI1NiJ9";
    EXPECT_EQ(redacted_text(text), std::string(before) + std::string(kRedacted)) << text;
  }
}

TEST(Credential, OrdinaryTextsAreLeftAsTheyAre) {
  for (const std::string_view text :
       {"", "e", ":", "b", "the same GET session, 0.000007 s after one that was answered with 200",
        "Bear", "Basically nothing", "negotiated", "at 12:30, x = 5", "ends with :"}) {
    EXPECT_EQ(redacted_text(text), text);
  }
}

TEST(Credential, NextSecretPassesOverWhatNoneBeginsWith) {
  constexpr std::string_view kText = "keep the answer for whoever asks again";
  EXPECT_EQ(next_secret(kText, 0), kText.size());
  EXPECT_EQ(next_secret("a=b", 0), 1U);
  EXPECT_EQ(next_secret("a=", 0), 2U);
  EXPECT_EQ(next_secret("", 0), 0U);
}

}  // namespace
}  // namespace mpsdscope

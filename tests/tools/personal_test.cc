#include "tools/personal.h"

#include <algorithm>
#include <functional>
#include <regex>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/tools/testing/sample_calls.h"
#include "tools/call_text.h"
#include "tools/jsonl_output.h"
#include "tools/pretty_output.h"
#include "tools/redact.h"
#include "tools/redact_body.h"

namespace mpsdscope {
namespace {

// It cannot be switched off again: each test is asked in a process of its own.
std::string in_child(const std::function<std::string()>& what) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    mask_personal_data();
    const std::string text = what();
    _exit(write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string text(65'536, '\0');
  const ssize_t size = read(ends[0], text.data(), text.size());
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

constexpr std::string_view kXuid = "2814646326226712";

TEST(Personal, NothingIsMaskedUnlessAsked) {
  EXPECT_FALSE(masks_personal_data());
  EXPECT_EQ(masked_user(kXuid), kXuid);
  EXPECT_EQ(redacted_name(kXuid), kXuid);
}

TEST(Personal, TheSameXuidIsTheSamePseudonymEverywhere) {
  const std::string text = in_child([] {
    std::string out = masked_user(kXuid);
    for (const std::string_view place :
         {"/users/xuid(2814646326226712)/x", "/users/xuid%282814646326226712%29/x",
          "/a?xuid=2814646326226712&b=1", "/users/%32814646326226712", "2814646326226712"}) {
      out += "\n";
      append_redacted_uri(out, place);
    }
    out += "\n" + redacted_text("the XUID 2814646326226712 is not its member's");
    out += "\n" + redacted_user("hash:2814646326226712");
    return out;
  });
  const std::string user = text.substr(0, text.find('\n'));
  EXPECT_TRUE(std::regex_match(user, std::regex("user-[0-9a-f]{10}")));
  EXPECT_EQ(text, user + "\n/users/xuid(" + user + ")/x\n/users/xuid%28" + user +
                      "%29/x\n/a?xuid=" + user + "&b=1\n/users/" + user + "\n" + user +
                      "\nthe XUID " + user + " is not its member's\nhash:" + user);
}

TEST(Personal, GamertagsAreMaskedWhereTheyAreNamed) {
  const std::string text = in_child([] {
    return redacted_name("gt(Major Nelson)") + "|" + redacted_text("gamertag=Major Nelson&x=1") +
           "|" + redacted_text("\"gamertag\": \"Major Nelson\", 5") + "|" + redacted_name("gt()") +
           "|" + redacted_text("gamertag=");
  });
  EXPECT_EQ(text.find("Major"), std::string::npos) << text;
  std::smatch names;
  const std::regex form(
      "gt\\((gamertag-[0-9a-f]{10})\\)\\|gamertag=\\1&x=1\\|\"gamertag\": \"\\1\", "
      "5\\|gt\\(\\)\\|gamertag=");
  EXPECT_TRUE(std::regex_match(text, names, form)) << text;
}

// What a URI reads masked, the pseudonyms by the order in which they first occur: U1, G1, …
std::string shape(const std::string& text) {
  static const std::regex pseudonym("(user|gamertag)-[0-9a-f]{10}");
  std::vector<std::string> seen;
  std::string out;
  std::size_t at = 0;
  for (std::sregex_iterator found(text.begin(), text.end(), pseudonym), end; found != end;
       ++found) {
    const auto known = std::find(seen.begin(), seen.end(), found->str());
    const auto number = known - seen.begin() + 1;
    if (known == seen.end()) seen.push_back(found->str());
    out += text.substr(at, static_cast<std::size_t>(found->position()) - at);
    out += ((*found)[1] == "user" ? "U" : "G") + std::to_string(number);
    at = static_cast<std::size_t>(found->position() + found->length());
  }
  return out + text.substr(at);
}

TEST(Personal, DifferentPeopleHaveDifferentPseudonyms) {
  EXPECT_EQ(shape(in_child([] {
              std::string out;
              for (const char* uri : {"/a?gamertag=Al", "/a?gamertag=Bo", "/a?gamertag=Al&xuid=5",
                                      "/b?xuid=6", "/users/xuid%285%29"}) {
                append_redacted_uri(out, uri);
                out += "|";
              }
              return out;
            })),
            "/a?gamertag=G1|/a?gamertag=G2|/a?gamertag=G1&xuid=U3|/b?xuid=U4|/users/xuid%28U3%29|");
}

TEST(Personal, EveryWayToWriteThem) {
  struct Case {
    const char* uri;
    const char* masked;
  };
  for (const auto& [uri, masked] : {
           Case{"/x/28146463262267122814646326226713", "/x/U1"},
           Case{"/x/0009000002B4E39A/2533274835805082", "/x/U1/U1"},
           Case{"/x?id=0x0009000002b4e39a&b=0009000002B4E39A", "/x?id=0xU1&b=U1"},
           Case{"/x?xuids=12345678905,12345678906&n=5", "/x?xuids=U1,U2&n=5"},
           Case{"/x?xuids=1%2C2%2C1", "/x?xuids=U1%2CU2%2CU1"},
           Case{"/users/xuids(12345678903,12345678904)/n/5", "/users/xuids(U1,U2)/n/5"},
           Case{"/x?xuid[]=5&xuid%5B%5D=6", "/x?xuid[]=U1&xuid%5B%5D=U2"},
           Case{"/x?gamertags=Al,Bo&n=5", "/x?gamertags=G1,G2&n=5"},
           Case{"/x?gamertags=Al%2CBo", "/x?gamertags=G1%2CG2"},
           Case{"/x?gamertag[]=Bo&gamertag%5B%5D=Bo", "/x?gamertag[]=G1&gamertag%5B%5D=G1"},
           Case{"/x?gt=Al&length=5&a=gt&b=1", "/x?gt=G1&length=5&a=gt&b=1"},
           Case{"/x?gt=Major+Nelson&gamertag=Major%20Nelson", "/x?gt=G1&gamertag=G1"},
           Case{"/x?displayName=Al&display=1", "/x?displayName=G1&display=1"},
           Case{"/users/gt(Al)pha)/x", "/users/gt(G1)/x"},
           Case{"/users/gt%28Al%29pha%29/x", "/users/gt%28G1%29/x"},
           Case{"/x?id=2,814,646,326,226,712", "/x?id=U1"},
           Case{"/x/2814%206463%202622%206712/2814646326226712", "/x/U1/U1"},
           Case{"/x?rows=412,204,200&n=1234,5678", "/x?rows=412,204,200&n=1234,5678"},
           Case{"/x?$filter=level%20gt%205", "/x?$filter=level%20gt%205"},
       }) {
    EXPECT_EQ(shape(in_child([text = uri] {
                std::string out;
                append_redacted_uri(out, text);
                return out;
              })),
              masked);
  }
  EXPECT_EQ(shape(in_child([] {
              return redacted_text(R"({"gamertags":["Al","Bo"],"xuids":["5","6"],"n":5})");
            })),
            R"({"gamertags":["G1","G2"],"xuids":["U3","U4"],"n":5})");
}

TEST(Personal, SettingsOfAProfile) {
  EXPECT_EQ(
      shape(in_child([] {
        return redacted_body(
            R"({"settings":[{"id":"Gamertag","value":"Al"},{"value":"Al","id":"GameDisplayName"},)"
            R"({"id":"ModernGamertag","x":["y"],"value":"Bo"},{"id":"RealName","value":"Ed"},)"
            R"({"id":"Gamerscore","value":"500"},{"value":"Al"}],"realName":"Ed","id":"Al"})");
      })),
      R"({"settings":[{"id":"Gamertag","value":"G1"},{"value":"G1","id":"GameDisplayName"},)"
      R"({"id":"ModernGamertag","x":["y"],"value":"G2"},{"id":"RealName","value":"G3"},)"
      R"({"id":"Gamerscore","value":"500"},{"value":"Al"}],"realName":"G3","id":"Al"})");
}

TEST(Personal, OtherNumbersStay) {
  EXPECT_EQ(in_child([] {
              return redacted_text(
                  "412 (256 bytes) at 1795421499 of 0A6D2730, "
                  "7492baca-c1b4-440d-a391-b7ef364a8d40, 12345678901234");
            }),
            "412 (256 bytes) at 1795421499 of 0A6D2730, 7492baca-c1b4-440d-a391-b7ef364a8d40, "
            "12345678901234");
}

TEST(Personal, EveryRunHasItsOwnPseudonyms) {
  EXPECT_NE(in_child([] { return masked_user(kXuid); }),
            in_child([] { return masked_user(kXuid); }));
}

TEST(Personal, NoOutputShowsAUser) {
  for (const bool pretty : {false, true}) {
    const std::string text = in_child([pretty] {
      testing::Collected collected;
      PrettyOptions options;
      const auto output = pretty ? make_pretty_output(collected.sink, options, true)
                                 : make_jsonl_output(collected.sink, {});
      Call call = testing::created_session();
      call.violations.push_back({Rule::session_no_etag, Severity::info, "of 2814646326226712"});
      call.exchange->request.target += "/members/xuid(2814646326226712)";
      output->call(call);
      call.user_id.clear();
      output->call(call);
      output->end(testing::full_summary());
      return collected.text;
    });
    EXPECT_NE(text.find("user-"), std::string::npos);
    EXPECT_EQ(text.find("2814646326226712"), std::string::npos) << text;
    EXPECT_EQ(text.find("3219098430493094"), std::string::npos) << text;  // the user hash
  }
}

}  // namespace
}  // namespace mpsdscope

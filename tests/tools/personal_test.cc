#include "tools/personal.h"

#include <functional>
#include <regex>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/tools/testing/sample_calls.h"
#include "tools/call_text.h"
#include "tools/jsonl_output.h"
#include "tools/pretty_output.h"
#include "tools/redact.h"

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

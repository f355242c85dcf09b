#include "rules/target.h"

#include <cctype>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

struct Case {
  const char* path;
  TargetKind kind;
  const char* scid = "";
  const char* template_name = "";
  const char* session = "";
  const char* element = "";
  const char* handle = "";
};

TEST(Target, RecognisesEveryPath) {
  const std::vector<Case> cases{
      {"/serviceconfigs/S/sessiontemplates/T/sessions/N", TargetKind::session, "S", "T", "N"},
      {"/serviceconfigs/S/sessionTemplates/T/sessions/N", TargetKind::session, "S", "T", "N"},
      {"/SERVICECONFIGS/S/SESSIONTEMPLATES/T/SESSIONS/N", TargetKind::session, "S", "T", "N"},
      {"/serviceconfigs/S/sessiontemplates/T/sessions/N/", TargetKind::session, "S", "T", "N"},
      {"/serviceconfigs/S/sessiontemplates/T/sessions/N//", TargetKind::session, "S", "T", "N"},
      {"/serviceconfigs/S/sessiontemplates/T/sessions/a%20b%2Fc?x=1", TargetKind::session, "S", "T",
       "a b/c"},
      {"/serviceconfigs/S/sessiontemplates/T/sessions/100%", TargetKind::session, "S", "T", "100%"},
      {"/serviceconfigs/S/sessiontemplates/T/sessions/%zz%4", TargetKind::session, "S", "T",
       "%zz%4"},
      {"/serviceconfigs/S/session%74emplates/T/sessions/N", TargetKind::session, "S", "T", "N"},
      {"/serviceconfigs/S/sessiontemplates/T/sessions/N/members/me", TargetKind::element, "S", "T",
       "N", "members/me"},
      {"/serviceconfigs/S/sessiontemplates/T/sessions/N/members/12/properties/custom",
       TargetKind::element, "S", "T", "N", "members/12/properties/custom"},
      {"/serviceconfigs/S/sessiontemplates/T/sessions/N/Members/Reserve_0", TargetKind::element,
       "S", "T", "N", "Members/Reserve_0"},
      {"/serviceconfigs/S/sessiontemplates/T/sessions/N/properties", TargetKind::element, "S", "T",
       "N", "properties"},
      {"/serviceconfigs/S/sessiontemplates/T/sessions/N/constants/custom/a/b/c/d/e/f/g",
       TargetKind::element, "S", "T", "N", "constants/custom/a/b/c/d/e/f/g"},
      {"/serviceconfigs/S/sessiontemplates/T/sessions/N/servers/cloud%20compute",
       TargetKind::element, "S", "T", "N", "servers/cloud compute"},
      {"/serviceconfigs/S/sessiontemplates/T/sessions", TargetKind::session_query, "S", "T"},
      {"/serviceconfigs/S/sessions?xuid=1", TargetKind::session_query, "S"},
      {"/serviceconfigs/S/sessiontemplates/T/batch", TargetKind::batch_query, "S", "T"},
      {"/serviceconfigs/S/batch", TargetKind::batch_query, "S"},
      {"/serviceconfigs/S/sessiontemplates", TargetKind::templates, "S"},
      {"/serviceconfigs/S/sessiontemplates/", TargetKind::templates, "S"},
      {"/serviceconfigs/S/sessiontemplates/T", TargetKind::templates, "S", "T"},
      {"/handles", TargetKind::handles},
      {"/handles/", TargetKind::handles},
      {"/handles/query?include=relatedInfo", TargetKind::handle_query},
      {"/Handles/Query", TargetKind::handle_query},
      {"/handles/H", TargetKind::handle, "", "", "", "", "H"},
      {"/handles/H/session", TargetKind::session_by_handle, "", "", "", "", "H"},
      {"/handles/H/session/members/me", TargetKind::element_by_handle, "", "", "", "members/me",
       "H"},
      {"https://sessiondirectory.xboxlive.com/handles/H#part", TargetKind::handle, "", "", "", "",
       "H"},
      {"https://h:443/serviceconfigs/S/batch?q", TargetKind::batch_query, "S"},
  };
  for (const Case& c : cases) {
    const Target target = parse_target(c.path);
    EXPECT_EQ(target.kind, c.kind) << c.path << " is " << name_of(target.kind);
    EXPECT_EQ(target.scid, c.scid) << c.path;
    EXPECT_EQ(target.template_name, c.template_name) << c.path;
    EXPECT_EQ(target.session, c.session) << c.path;
    EXPECT_EQ(target.element, c.element) << c.path;
    EXPECT_EQ(target.handle, c.handle) << c.path;
  }
}

TEST(Target, KnowsNothingElse) {
  for (const char* path : {"",
                           "/",
                           "//",
                           "*",
                           "handles",
                           "/handle",
                           "/handlesx",
                           "//handles",
                           "/handles//session",
                           "/handles/H/sessions",
                           "/handles/query/session/x",
                           "/handles/H/session/other",
                           "/handles/H/session/members",
                           "/serviceconfigs",
                           "/serviceconfigs/S",
                           "/serviceconfigs/S/other",
                           "/serviceconfigs//batch",
                           "/serviceconfigs/S/batch/x",
                           "/serviceconfigs/S/sessions/N",
                           "/serviceconfigs/S/hoppers/H",
                           "/serviceconfigs/S/sessiontemplates/T/other",
                           "/serviceconfigs/S/sessiontemplates/T/batch/x",
                           "/serviceconfigs/S/sessiontemplates/T/sessions/N/other",
                           "/serviceconfigs/S/sessiontemplates/T/sessions/N/members",
                           "/serviceconfigs/S/sessiontemplates/T/sessions/N/members/you",
                           "/serviceconfigs/S/sessiontemplates/T/sessions/N/members/reserve_",
                           "/serviceconfigs/S/sessiontemplates/T/sessions/N/members/-1",
                           "/serviceconfigs/S/sessiontemplates/T/sessions/N/servers",
                           "https://sessiondirectory.xboxlive.com",
                           "sessiondirectory.xboxlive.com:443"}) {
    const Target target = parse_target(path);
    EXPECT_EQ(target.kind, TargetKind::unknown) << path << " is " << name_of(target.kind);
    EXPECT_EQ(target.handle + target.element, "") << path;
    if (std::string_view(path).find("/serviceconfigs/S") == std::string_view::npos) {
      EXPECT_EQ(target.scid + target.template_name + target.session, "") << path;
    } else {
      EXPECT_EQ(target.scid, "S") << path;
    }
  }
}

TEST(Target, KeepsTheNamesOfAPathWithATypingError) {
  const std::vector<Case> cases{
      {"/serviceconfigs/S", TargetKind::unknown, "S"},
      {"/serviceconfigs/S/hoppers/H", TargetKind::unknown, "S"},
      {"/serviceconfigs/S/sessions/N", TargetKind::unknown, "S"},
      {"/serviceconfigs/S/sessiontemplates/T/session/N", TargetKind::unknown, "S", "T"},
      {"/serviceconfigs/S/sessiontemplates/T/batches", TargetKind::unknown, "S", "T"},
      {"/serviceconfigs/S/sessiontemplates/T/sessions/N/member/me", TargetKind::unknown, "S", "T",
       "N"},
      {"https://h/serviceconfigs/S/sessiontemplates/T%20/sessions/N/servers", TargetKind::unknown,
       "S", "T ", "N"},
  };
  for (const Case& c : cases) {
    const Target target = parse_target(c.path);
    EXPECT_EQ(target.kind, c.kind) << c.path;
    EXPECT_EQ(target.scid, c.scid) << c.path;
    EXPECT_EQ(target.template_name, c.template_name) << c.path;
    EXPECT_EQ(target.session, c.session) << c.path;
    EXPECT_EQ(target.element + target.handle, "") << c.path;
  }
}

TEST(Target, ReadsNocommit) {
  for (const char* query :
       {"nocommit=true", "NoCommit=TRUE", "a=b&nocommit=true&c", "nocommit=false&nocommit=true",
        "nocommi%74=tru%65", "&&nocommit=true"}) {
    EXPECT_TRUE(parse_target("/handles/H/session?" + std::string(query)).nocommit) << query;
  }
  for (const char* query : {"", "nocommit", "nocommit=", "nocommit=false", "xnocommit=true",
                            "nocommit=true1", "a=nocommit=true", "#nocommit=true"}) {
    EXPECT_FALSE(parse_target("/handles/H/session?" + std::string(query)).nocommit) << query;
  }
  EXPECT_FALSE(parse_target("/handles/H/session/properties/nocommit=true").nocommit);
}

TEST(Target, KnowsWhoAnswersWithASession) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(TargetKind::count_); ++i) {
    Target target;
    target.kind = static_cast<TargetKind>(i);
    const std::string_view name = name_of(target.kind);
    EXPECT_EQ(target.answers_session(), name == "session" || name == "session-by-handle") << name;
    EXPECT_EQ(target.within_session(),
              target.answers_session() || name == "element" || name == "element-by-handle");
  }
}

TEST(Target, KnowsTheMethods) {
  EXPECT_TRUE(supports(TargetKind::session, "GET"));
  EXPECT_TRUE(supports(TargetKind::session, "PUT"));
  EXPECT_FALSE(supports(TargetKind::session, "DELETE"));
  EXPECT_TRUE(supports(TargetKind::element, "DELETE"));
  EXPECT_FALSE(supports(TargetKind::element_by_handle, "DELETE"));
  EXPECT_TRUE(supports(TargetKind::handle, "DELETE"));
  EXPECT_FALSE(supports(TargetKind::handles, "GET"));
  EXPECT_FALSE(supports(TargetKind::session, "get"));
  EXPECT_FALSE(supports(TargetKind::session, ""));
  EXPECT_FALSE(supports(TargetKind::session, "GET PUT"));
  EXPECT_FALSE(supports(TargetKind::unknown, "GET"));
  EXPECT_FALSE(supports(TargetKind::unknown, ""));
}

// Whatever the names are, encoding them and mangling the case of the words changes nothing.
TEST(Target, RoundTripsEncodedNames) {
  std::mt19937 random(20260101);
  const auto pick = [&random](unsigned below) { return static_cast<unsigned>(random() % below); };
  const auto name = [&] {
    std::string text(1 + pick(12), ' ');
    for (char& c : text) c = static_cast<char>(pick(256));
    return text;
  };
  const auto encode = [&](std::string_view text) {
    static constexpr char kUpper[] = "0123456789ABCDEF";
    static constexpr char kLower[] = "0123456789abcdef";
    std::string out;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte) && pick(2) == 0) {
        out += c;
        continue;
      }
      const char* digits = pick(2) == 0 ? kUpper : kLower;
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return out;
  };
  const auto mangle = [&](std::string text) {
    for (char& c : text) {
      if (pick(2) == 0) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return text;
  };
  for (int i = 0; i < 3'000; ++i) {
    const std::string scid = name(), tmpl = name(), session = name(), server = name();
    std::string path = mangle("/serviceconfigs/") + encode(scid) + mangle("/sessiontemplates/") +
                       encode(tmpl) + mangle("/sessions/") + encode(session);
    const bool element = pick(2) == 0;
    if (element) path += mangle("/servers/") + encode(server);
    path += std::string(pick(3), '/');
    if (pick(2) == 0) path = "https://example.test:8443" + path;
    const Target target = parse_target(path);
    ASSERT_EQ(target.kind, element ? TargetKind::element : TargetKind::session) << path;
    ASSERT_EQ(target.scid, scid);
    ASSERT_EQ(target.template_name, tmpl);
    ASSERT_EQ(target.session, session);
    ASSERT_EQ(target.element, element ? target.element.substr(0, 8) + server : "");
  }
}

TEST(Target, SurvivesAnyBytes) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces{"/",
                                        "handles",
                                        "query",
                                        "session",
                                        "serviceconfigs",
                                        "%",
                                        "sessiontemplates",
                                        "sessions",
                                        "members",
                                        "me",
                                        "?",
                                        "#",
                                        "://",
                                        "a",
                                        std::string(1, '\0'),
                                        "nocommit=true",
                                        "&"};
  for (int i = 0; i < 20'000; ++i) {
    std::string path;
    for (std::size_t n = random() % 14; n > 0; --n) path += pieces[random() % pieces.size()];
    const Target target = parse_target(path);
    if (target.kind == TargetKind::unknown) {
      ASSERT_EQ(target.element + target.handle, "") << path;
    }
  }
}

}  // namespace
}  // namespace mpsdscope

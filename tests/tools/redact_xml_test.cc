#include "tools/redact_xml.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tools/redact_body.h"

namespace mpsdscope {
namespace {

TEST(RedactXml, TextOfElementsThatTellASecret) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"<a><Token>abc</Token>d</a>", "<a><Token>REDACTED</Token>d</a>"},
      {"<wsse:BinarySecurityToken Id=\"1\">\n abc\n</wsse:BinarySecurityToken>",
       "<wsse:BinarySecurityToken Id=\"1\">REDACTED</wsse:BinarySecurityToken>"},
      {"<wst:BinarySecret>abc=</wst:BinarySecret><x>y</x>",
       "<wst:BinarySecret>REDACTED</wst:BinarySecret><x>y</x>"},
      // Whatever stands in between.
      {"<RequestedSecurityToken><E><C>abc</C>\n</E></RequestedSecurityToken><C>d</C>",
       "<RequestedSecurityToken><E><C>REDACTED</C>\n</E></RequestedSecurityToken><C>d</C>"},
      {"<token><a/>x<b/></token>y", "<token><a/>REDACTED<b/></token>y"},
      {"<password><![CDATA[a<b>]]></password>", "<password><![CDATA[REDACTED]]></password>"},
      {"<password><!-- abc --></password>c", "<password>REDACTED</password>c"},
      {"<token/>abc", "<token/>abc"},
      {"<key>abc</key><code>NotFound</code><code>M.R3_B</code>",
       "<key>REDACTED</key><code>NotFound</code><code>REDACTED</code>"},
      // Attributes and texts are looked at as texts are.
      {"<a token=\"abc\" b='>'>c</a>", "<a token=\"REDACTED\" b='>'>c</a>"},
      {"<a>Bearer abcdefghijkl</a>", "<a>Bearer REDACTED</a>"},
      {"<!-- Bearer abcdefghijkl -->", "<!-- Bearer REDACTED -->"},
      {"<![CDATA[Bearer abcdefghijkl]]>", "<![CDATA[Bearer REDACTED]]>"},
      {"<?xml version=\"1.0\"?><!DOCTYPE a><a>b</a>",
       "<?xml version=\"1.0\"?><!DOCTYPE a><a>b</a>"},
      // Cut or damaged.
      {"<token>abc", "<token>REDACTED"},
      {"<token><![CDATA[abc", "<token><![CDATA[REDACTED"},
      {"<token><![CDATA[abc]]", "<token><![CDATA[REDACTED"},
      {"<token", "<token"},
      {"<", "<"},
      {"<![CDATA[", "<![CDATA["},
      {"<![CDATA[]]>", "<![CDATA[]]>"},
      {"</></></token>a", "</></></token>a"},
  };
  for (const auto& [body, shown] : cases) {
    EXPECT_EQ(redacted_xml(body), shown) << body;
    EXPECT_EQ(redacted_body(body), shown) << body;
    EXPECT_EQ(redacted_body("\r\n " + body), "\r\n " + shown) << body;
  }
}

}  // namespace
}  // namespace mpsdscope

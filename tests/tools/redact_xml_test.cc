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
      {"<token>a<token>b</token>c</token>d",
       "<token>REDACTED<token>REDACTED</token>REDACTED</token>d"},
      // Quotes that are none.
      {"<?note it's mine?><a><password>abc</password></a>",
       "<?note it's mine?><a><password>REDACTED</password></a>"},
      {"<!DOCTYPE a [<!-- don't --><!ELEMENT a ANY>]><password>abc</password>",
       "<!DOCTYPE a [<!-- don't --><!ELEMENT a ANY>]><password>REDACTED</password>"},
      {"<p>1 < 2 isn't</p><password>abc</password>",
       "<p>1 < 2 isn't</p><password>REDACTED</password>"},
      {"<a b='><password>abc</password>", "<a b='><password>REDACTED</password>"},
      {"<a b='>abc", "<a b='>abc"},
      // End tags that are nobody's.
      {"<password></br>abc</password>d", "<password></br>REDACTED</password>d"},
      {"<password><x/></a>abc</password>d", "<password><x/></a>REDACTED</password>d"},
      // Cut or damaged.
      {"<token>abc", "<token>REDACTED"},
      {"<token><![CDATA[abc", "<token><![CDATA[REDACTED"},
      {"<token><![CDATA[abc]]", "<token><![CDATA[REDACTED"},
      {"<token", "<token"},
      {"<", "<"},
      {"<<", "<<"},
      {"<a <", "<a <"},
      {"</<token>abc", "</<token>REDACTED"},
      {"<token '<b", "<token '<b"},
      {"<![CDATA[", "<![CDATA["},
      {"<![CDATA[]]>", "<![CDATA[]]>"},
      {"</></></token>a", "</></></token>a"},
  };
  for (const auto& [body, shown] : cases) {
    EXPECT_EQ(redacted_xml(body), shown) << body;
    EXPECT_EQ(redacted_body(body), shown) << body;
    EXPECT_EQ(redacted_body("\r\n " + body), "\r\n " + shown) << body;
    EXPECT_EQ(redacted_body("\xEF\xBB\xBF" + body), "\xEF\xBB\xBF" + shown) << body;
  }
}

}  // namespace
}  // namespace mpsdscope

#include "decode/field_names.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "decode/ascii.h"
#include "decode/field_name_table.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kNames[] = {"Authorization",
                                       "Connection",
                                       "Content-Encoding",
                                       "Content-Length",
                                       "Content-Location",
                                       "Content-Type",
                                       "x-xbl-contract-version",
                                       "X-XblCorrelationId",
                                       "Date",
                                       "X-Xbl-Debug",
                                       "ETag",
                                       "Expect",
                                       "Host",
                                       "If-Match",
                                       "If-None-Match",
                                       "If-Unmodified-Since",
                                       "Proxy-Connection",
                                       "Retry-After",
                                       "Sec-WebSocket-Extensions",
                                       "Sec-WebSocket-Protocol",
                                       "Signature",
                                       "Transfer-Encoding",
                                       "Upgrade"};

TEST(FieldNames, EachIsRecognisedHoweverItIsSpelled) {
  std::set<FieldName> all;
  for (const std::string_view name : kNames) {
    const FieldName field = recognise_field(name);
    EXPECT_NE(field, FieldName::other) << name;
    EXPECT_TRUE(all.insert(field).second) << name;
    std::string upper(name);
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    EXPECT_EQ(recognise_field(upper), field) << name;
    EXPECT_EQ(recognise_field(lower_case(name)), field) << name;
  }
  EXPECT_EQ(all.size() + 1, static_cast<std::size_t>(FieldName::count_));
}

// Not a longer, not a shorter one, and none that differs in any byte.
TEST(FieldNames, NothingNearIsTakenForOne) {
  EXPECT_EQ(recognise_field(""), FieldName::other);
  for (const std::string_view name : kNames) {
    EXPECT_EQ(recognise_field(std::string(name) + "s"), FieldName::other) << name;
    EXPECT_EQ(recognise_field(name.substr(1)), FieldName::other) << name;
    EXPECT_EQ(recognise_field(name.substr(0, name.size() - 1)), FieldName::other) << name;
    for (std::size_t i = 0; i < name.size(); ++i) {
      for (const char wrong : {'_', '\0', '\x80', static_cast<char>(name[i] ^ '\x40')}) {
        std::string near(name);
        near[i] = wrong;
        EXPECT_EQ(recognise_field(near), FieldName::other) << near;
      }
    }
  }
}

// In a head, whatever stands behind the colon; any printable character in any place of a name.
TEST(FieldNames, BeforeAColonTheSameAreRecognised) {
  const auto in_a_head = [](std::string name) {
    const std::size_t size = name.size();
    name += ": x\r\nEtag:y\r\n";
    name.resize(std::max(name.size(), field_name_table::kNameRoom), 'z');
    return recognise_field_before_colon(name.data(), size);
  };
  EXPECT_EQ(in_a_head(""), FieldName::other);
  EXPECT_EQ(in_a_head(std::string(100, 'a')), FieldName::other);
  for (const std::string_view name : kNames) {
    EXPECT_EQ(in_a_head(std::string(name) + "s"), FieldName::other) << name;
    EXPECT_EQ(in_a_head(std::string(name.substr(0, name.size() - 1))), FieldName::other) << name;
    for (std::size_t i = 0; i < name.size(); ++i) {
      for (char c = ' '; c < '\x7F'; ++c) {
        std::string near(name);
        near[i] = c;
        EXPECT_EQ(in_a_head(near), recognise_field(near)) << near;
      }
    }
  }
}

}  // namespace
}  // namespace mpsdscope

#include "tools/redact.h"

#include <cctype>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "tools/redact_body.h"

namespace mpsdscope {
namespace {

struct Case {
  std::string in;
  std::string out;
};

constexpr std::string_view kJwt =
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmN";

std::string redacted_uri(std::string_view uri) {
  std::string out;
  append_redacted_uri(out, uri);
  return out;
}

TEST(RedactUri, SecretParametersLoseTheirValues) {
  const std::string jwt(kJwt);
  const std::vector<Case> cases{
      {"/serviceconfigs/x/sessions?xuid=123&keyword=a",
       "/serviceconfigs/x/sessions?xuid=123&keyword=a"},
      {"/x?nocommit=true", "/x?nocommit=true"},
      {"/x?sig=abc", "/x?sig=REDACTED"},
      {"/x?a=1&access_token=abc&b=2", "/x?a=1&access_token=REDACTED&b=2"},
      {"/x?ID_TOKEN=abc", "/x?ID_TOKEN=REDACTED"},
      {"/x?%73ig=abc", "/x?%73ig=REDACTED"},
      {"/x?code=abc;key=def", "/x?code=REDACTED;key=REDACTED"},
      {"/x?X-Amz-Signature=abc&X-Amz-Credential=def",
       "/x?X-Amz-Signature=REDACTED&X-Amz-Credential=REDACTED"},
      {"/x#access_token=abc&state=1", "/x#access_token=REDACTED&state=1"},
      {"/x?sig=", "/x?sig=REDACTED"},
      {"/x/Bearer%20abcdefghij/y", "REDACTED"},
      {"/x?sig", "/x?sig"},
      {"/x?a=1;b=2;;c&d;e", "/x?a=1;b=2;;c&d;e"},
      {"/x?a;b=XBL3.0+x=1;secret;d=1&e;f", "/x?a;b=REDACTED&e;f"},
      {"/x?subscription-key=abc&partition-key=b", "/x?subscription-key=REDACTED&partition-key=b"},
      {"/x?go=https%3A%2F%2Fa%2F%3Fsig%3Dabc", "/x?go=REDACTED"},
      {"/x?go=https%253A%252F%252Fa%253Fsig%253Dabc", "/x?go=REDACTED"},
      {"/x?q=XBL3.0%20x%3D12%3B" + jwt, "/x?q=REDACTED"},
      {"/x?q=" + jwt, "/x?q=REDACTED"},
      {"/x?" + jwt, "/x?REDACTED"},
      {"/x?XBL3.0%20x=1;abc&b=2", "/x?XBL3.0%20x=REDACTED&b=2"},
      {"/x?q=XBL3.0+x=1;abc;d=1", "/x?q=REDACTED"},
      {"/tickets/" + jwt + "/use", "/tickets/REDACTED/use"},
      {"/x/token=abcdef/y", "/x/token=REDACTED"},
      {"/x/token:abcdef/y", "/x/token:REDACTED"},
      {"/x/XBL3.0%2520x%253D12%253Babc", "REDACTED"},
      {"/x/XBL3.0%252520x%25253D12%25253Babc", "REDACTED"},
      {"/x/a%2525252525252520b", "REDACTED"},
      {"/x/a%20b%2Fc/100%", "/x/a%20b%2Fc/100%"},
      {"https://tickets.example:8443/p?q=1", "https://tickets.example:8443/p?q=1"},
      {"https://user:secret@host/p?q=1", "https://REDACTED@host/p?q=1"},
      {"https://host/p@q?mail=a@b", "https://host/p@q?mail=a@b"},
      {"", ""},
      {"?", "?"},
      {"/%", "/%"},
      {"/x?%=1&%4=2&a=%zz", "/x?%=1&%4=2&a=%zz"},
  };
  for (const Case& one : cases) EXPECT_EQ(redacted_uri(one.in), one.out) << one.in;
}

TEST(RedactText, CredentialsLoseTheirSecrets) {
  const std::string jwt(kJwt);
  const std::vector<Case> cases{
      {"body is not an entire session: membersInfo is missing",
       "body is not an entire session: membersInfo is missing"},
      {"status code: 404, retry=12", "status code: 404, retry=12"},
      {"sent XBL3.0 x=1234;" + jwt + " twice", "sent XBL3.0 x=1234;REDACTED twice"},
      {"xbl3.0 X=1234;abc", "xbl3.0 X=1234;REDACTED"},
      {"XBL3.0 x=abcdef", "XBL3.0 x=REDACTED"},
      {"'Bearer abcdefghij'", "'Bearer REDACTED'"},
      {"Authorization: Whatever abc def\nnext", "Authorization: REDACTED\nnext"},
      {"Signature: AAAAAQHW", "Signature: REDACTED"},
      {"Cookie: a=b; c=d", "Cookie: REDACTED"},
      {"{\"token\":\"abc\",\"n\":1}", "{\"token\":\"REDACTED\",\"n\":1}"},
      {"see " + jwt, "see REDACTED"},
      {"[31mXBL3.0 x=1;abc", "[31mXBL3.0 x=1;REDACTED"},
      {"_" + jwt, "_REDACTED"},
      {"GET /x?access_token=abc&b=1 HTTP", "GET /x?access_token=REDACTED&b=1 HTTP"},
      {"a token of length 3", "a token of length 3"},
      {R"("password":"ab'cdef","n":1)", R"("password":"REDACTED","n":1)"},
      {R"('password':'ab"cdef','n':1)", R"('password':'REDACTED','n':1)"},
      {R"("password":"ab\"cd\\","n":1)", R"("password":"REDACTED","n":1)"},
      {R"(\"token\":\"a\\\"b\",\"n\":1)", R"(\"token\":\"REDACTED\",\"n\":1)"},
      {R"(password="ab' cd" n=1)", R"(password="REDACTED" n=1)"},
      {R"("token":"","n":"x")", R"("token":"","n":"x")"},
      {R"("token":"never closed)", R"("token":"REDACTED)"},
      {"\"pwd\":\"abc\"", "\"pwd\":\"REDACTED\""},
      {"pwd=abc code_verifier=abc", "pwd=REDACTED code_verifier=REDACTED"},
      {"code=M.R3_BAY.abc", "code=REDACTED"},
      {"the code: M.R3, a pass: 3, no key: none", "the code: M.R3, a pass: 3, no key: none"},
      {"code=404 code=NotFound", "code=404 code=NotFound"},
      {"eyJ", "eyJ"},
      {"", ""},
  };
  for (const Case& one : cases) EXPECT_EQ(redacted_text(one.in), one.out) << one.in;
}

TEST(RedactName, CredentialsLoseTheirSecrets) {
  const std::string jwt(kJwt);
  const std::vector<Case> cases{
      {"lobby-7492baca-c1b4-440d", "lobby-7492baca-c1b4-440d"},
      {"Just a Joke: 5 = 5", "Just a Joke: 5 = 5"},
      {"XBL3.0 x=123;abc", "XBL3.0 x=123;REDACTED"},
      {"XBL3.0%20x%3D123%3Babc", "REDACTED"},
      {"properties/custom/Signature=abc", "properties/custom/Signature=REDACTED"},
      {"\"token=abc\"", "\"token=REDACTED\""},
      {jwt, "REDACTED"},
      {"50%", "50%"},
      {"", ""},
  };
  for (const Case& one : cases) EXPECT_EQ(redacted_name(one.in), one.out) << one.in;
}

TEST(RedactHost, HostsStayAndCredentialsGo) {
  const std::string jwt(kJwt);
  std::string small = jwt;
  for (char& c : small) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::vector<Case> cases{
      {"sessiondirectory.xboxlive.com", "sessiondirectory.xboxlive.com"},
      {"Tickets.Example:8443", "Tickets.Example:8443"},
      {"[2001:db8::1]:443", "[2001:db8::1]:443"},
      {"eyjafjallajokull.example", "eyjafjallajokull.example"},
      {"user:secret@host:80", "host:80"},
      {"Signature: abc", "Signature: REDACTED"},
      {"x?token=abc", "x?token=REDACTED"},
      {jwt, "REDACTED"},
      {small, "REDACTED"},
      {"", ""},
  };
  for (const Case& one : cases) EXPECT_EQ(redacted_host(one.in), one.out) << one.in;
}

TEST(UserHash, IsADecimalNumber) {
  EXPECT_TRUE(is_user_hash("5226179089103757291"));
  for (const auto* text : {"", "abc", "12a", "1234567890123456789012345"}) {
    EXPECT_FALSE(is_user_hash(text)) << text;
  }
}

TEST(RedactText, FieldsAndParametersByName) {
  for (const auto* name :
       {"Authorization", "proxy-authorization", "Signature", "Cookie", "Set-Cookie", "X-Token",
        "X-Xbl-Auth-Token", "X-AuthToken", "key", "Ocp-Apim-Subscription-Key", "x-functions-key",
        "X_Access_Key", "sharedAccessKey", "X-Auth"}) {
    EXPECT_TRUE(is_secret_field(name)) << name;
  }
  for (const auto* name : {"ETag", "Content-Type", "Retry-After", "X-XblCorrelationId", "If-Match",
                           "Sec-WebSocket-Key", "Idempotency-Key", "X-Idempotency-Key",
                           "Surrogate-Key", "monkey", "mapKey", "author", "compass", "barcode"}) {
    EXPECT_FALSE(is_secret_field(name)) << name;
  }
  for (const auto* name : {"key", "Sig", "code", "client_secret", "%74oken", "code_verifier", "pwd",
                           "pass", "auth", "sas", "client_assertion"}) {
    EXPECT_TRUE(is_secret_parameter(name)) << name;
  }
  for (const auto* name : {"keyword", "keys", "nocommit", "xuid", "include", ""}) {
    EXPECT_FALSE(is_secret_parameter(name)) << name;
  }
}

std::string repeated(std::string_view piece, std::size_t size) {
  std::string text;
  while (text.size() < size) text += piece;
  return text;
}

// Would take minutes if every ';' had what is behind it looked at again.
TEST(Redact, TakesTimeAsLongAsTheQuery) {
  for (const std::string_view piece : {"a;", "&a;b", "key=;"}) {
    const std::string query = repeated(piece, std::size_t{160} << 10);
    EXPECT_GE(redacted_uri("/x?" + query).size(), query.size()) << piece;
  }
}

TEST(Redact, TakesTimeAsLongAsTheText) {
  for (const std::string_view piece :
       {"=",       ":",         "://",    "://a;",        "Basic ", "x=", "eyJ",  "code: ",
        "code=a ", "\"code\":", "token:", "token\":\"\"", "\\",     "\"", "\\\"", "%25",
        "%3D;",    "'",         "[",      "{\"token\":"}) {
    const std::string text = repeated(piece, std::size_t{24} << 10);
    EXPECT_FALSE(redacted_uri("/x?" + text).empty()) << piece;
    EXPECT_FALSE(redacted_text(text).empty()) << piece;
    EXPECT_FALSE(redacted_body("{" + text).empty()) << piece;
  }
}

TEST(Redact, ASecretSurvivesNowhere) {
  const std::string secret = "S3CRETVALUE0123456789";
  std::mt19937 random(3);
  const std::vector<std::string> around{"/a", "?", "&", "b=1", ";", "%20", "#", "x/", "=", "%3D"};
  const std::vector<std::string> secrets{"?access_token=" + secret, "&sig=" + secret,
                                         "Bearer " + secret,        "XBL3.0 x=1;" + secret,
                                         "#id_token=" + secret,     "eyJ" + secret};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto i = random() % 4; i > 0; --i) text += around[random() % around.size()];
    // Something that ends a name or a word stands before the secret.
    text += random() % 2 == 0 ? "/" : "&";
    text += secrets[random() % secrets.size()];
    for (auto i = random() % 4; i > 0; --i) text += around[random() % around.size()];
    ASSERT_EQ(redacted_uri(text).find(secret), std::string::npos) << text;
    ASSERT_EQ(redacted_text(text).find(secret), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace mpsdscope

#include "tools/filter/filter.h"

#include <gtest/gtest.h>

#include "tests/tools/testing/sample_calls.h"
#include "tools/filter/filter_terms.h"

namespace mpsdscope {
namespace {

Record throttled() {
  Call call = testing::read_session(429, Row::r429);
  call.exchange->request.target += "?nocommit=true";
  call.target.session = "Lobby 7";
  call.target.element = "members/me";
  call.user_hash = "3219098430493094";
  call.correlation_id = "7df43b00-d57d";
  call.etag = "\"a1-b2\"";
  call.exchange->defects.add(Defect::response_gap);
  call.exchange->malformed = "bare CR";
  call.violations.push_back({Rule::no_retry_after_429, Severity::error, "no Retry-After at all"});
  call.violations.push_back({Rule::session_no_etag, Severity::info, "Zurich gar\xc3\xa7on"});
  Record record;
  record_of(record, call);
  record.title_name = "Foundry Night";
  record.findings.front().advice = "Send fewer of them";
  return record;
}

Record record_of_row(int status, Row row) {
  Record record;
  record_of(record, testing::read_session(status, row));
  return record;
}

Filter parsed(std::string_view expression) {
  auto filter = Filter::parse(expression);
  if (const auto* error = std::get_if<FilterError>(&filter)) {
    ADD_FAILURE() << error->message << "\n" << pointed_at(expression, error->at);
    return {};
  }
  return std::get<Filter>(filter);
}

TEST(Filter, TermsThatMatch) {
  const Record record = throttled();
  for (const std::string_view expression : {"",
                                            "  ",
                                            "row:429",
                                            "ROW:429",
                                            "row=429",
                                            "row:4xx",
                                            "row:4*",
                                            "row:/^42/",
                                            "status:429",
                                            "status:4xx",
                                            "status=4XX",
                                            "status==429",
                                            "user==2814646326226712",
                                            "status>=429",
                                            "status<=429",
                                            "status>428",
                                            "status<430",
                                            "title:0A6D2730",
                                            "title:0a6d2730",
                                            "title:174925616",
                                            "title:Foundry",
                                            "title:foundry",
                                            "title=\"foundry night\"",
                                            "title:f*night",
                                            "title:/^Foun/",
                                            "user:28146",
                                            "user:2814646326226712",
                                            "user=2814646326226712",
                                            "user:*712",
                                            "user:3219098",
                                            "user:/^28\\d+$/",
                                            "session:lobby",
                                            "session:\"Lobby 7\"",
                                            "session=\"lobby 7\"",
                                            "template:lobby",
                                            "scid:7492BACA",
                                            "element:members/me",
                                            "element=members/me",
                                            "target:session",
                                            "target:s*n",
                                            "method:GET",
                                            "method=get",
                                            "host:xboxlive",
                                            "host:*.xboxlive.com",
                                            "uri:nocommit=true",
                                            "uri:/nocommit=(true|false)$/",
                                            "rule:429-no-retry-after",
                                            "rule:429-*",
                                            "rule:*etag",
                                            "severity>=warning",
                                            "severity:error",
                                            "severity:info",
                                            "severity<warning",
                                            "severity>info",
                                            "severity<=error",
                                            "defect:response-gap",
                                            "elapsed>12ms",
                                            "elapsed<13",
                                            "elapsed>=12345us",
                                            "elapsed:12.345ms",
                                            "elapsed>0.012s",
                                            "elapsed<1m",
                                            "elapsed<1h",
                                            "elapsed > 12ms",
                                            "row : 429",
                                            "retry-after:12",
                                            "retry-after<13",
                                            "etag:a1-b2",
                                            "correlation:7DF4",
                                            "client:192.0.2.1",
                                            "server:*:443",
                                            "conn:17",
                                            "conn<18",
                                            "type:exchange",
                                            "type:ex*",
                                            "type:\"change\"",
                                            "type:/^ex/",
                                            "foundry",
                                            "\"send fewer\"",
                                            "user:/^28.*&&|^28/",
                                            "\"||\" or \"!row\" or 429",
                                            "429",
                                            "nowhere or 7492baca",
                                            "\"retry-after at\"",
                                            "/retry-after AT all/i",
                                            "/[Rr]etry/",
                                            "gar\xc3\xa7on",
                                            "\"bare cr\"",
                                            "response-gap",
                                            "0a6d2730",
                                            "/s\\/me$/",
                                            "not row:200",
                                            "not not row:429",
                                            "not not not row:200",
                                            "row:200 or row:429",
                                            "row:429 or row:200",
                                            "row:429 and status:429",
                                            "row:429 status:429",
                                            "row:429 AND NOT row:200",
                                            "(row:429)",
                                            "((row:200) or ((row:429)))",
                                            "not (row:200 or row:201)",
                                            "row:200 row:201 or row:429",
                                            "row:429 or row:200 row:201",
                                            "(row:200 or row:429) get",
                                            "not row:200 and not row:201",
                                            "not (row:200) get"}) {
    EXPECT_TRUE(parsed(expression).matches(record)) << expression;
  }
}

TEST(Filter, TermsThatDoNot) {
  const Record record = throttled();
  for (const std::string_view expression : {"row:200",
                                            "row:5xx",
                                            "row:unlisted",
                                            "row:403",
                                            "row:/^9/",
                                            "status:5xx",
                                            "status<429",
                                            "status>429",
                                            "title:0A6D2731",
                                            "title:unknown",
                                            "user:7777",
                                            "user=2814",
                                            "user:28*9",
                                            "session:lobby-8",
                                            "session=lobby",
                                            "element:constants",
                                            "handle:*",
                                            "handle:/.*/",
                                            "target:element",
                                            "method:PUT",
                                            "method=ge",
                                            "host:example",
                                            "rule:412-no-etag",
                                            "severity:warning",
                                            "severity<info",
                                            "severity>error",
                                            "defect:stream-reset",
                                            "elapsed>500ms",
                                            "elapsed<12ms",
                                            "retry-after>12",
                                            "conn:18",
                                            "type:rates",
                                            "nowhere",
                                            "/GET./",
                                            "/retry-after AT all/",
                                            "not row:429",
                                            "not not not row:429",
                                            "row:429 row:200",
                                            "row:200 or row:201",
                                            "not (row:429 or row:200)",
                                            "(row:200 or row:429) put",
                                            "row:429 and (row:200 or row:201)",
                                            "not 429 or put"}) {
    EXPECT_FALSE(parsed(expression).matches(record)) << expression;
  }
}

TEST(Filter, RowsWithSeveralNames) {
  const Record absent = record_of_row(204, Row::r204);
  EXPECT_TRUE(parsed("row:204").matches(absent));
  EXPECT_TRUE(parsed("row:session-absent").matches(absent));
  EXPECT_FALSE(parsed("row:element-absent").matches(absent));
  const Record conflict = record_of_row(412, Row::r412_session);
  EXPECT_TRUE(parsed("row:412").matches(conflict));
  EXPECT_TRUE(parsed("row:412-session").matches(conflict));
  EXPECT_FALSE(parsed("row:412-bare").matches(conflict));
  const Record unlisted = record_of_row(418, Row::unlisted);
  EXPECT_TRUE(parsed("row:unlisted").matches(unlisted));
  EXPECT_FALSE(parsed("row:4xx").matches(unlisted));
  EXPECT_TRUE(parsed("status:4xx").matches(unlisted));
}

TEST(Filter, WhatARecordDoesNotHaveDoesNotMatch) {
  Record record;
  for (const FilterTerm& term : filter_terms()) {
    const std::string text(term.example);
    EXPECT_FALSE(parsed(text).matches(record)) << text;
    EXPECT_TRUE(parsed("not " + text).matches(record)) << text;
  }
  for (const std::string_view expression :
       {"status<1000", "status>=0", "elapsed>=0", "retry-after>=0", "conn>=0", "severity<=error",
        "user:*", "user:/.*/", "title:unknown", "host=*"}) {
    EXPECT_FALSE(parsed(expression).matches(record)) << expression;
  }
}

TEST(Filter, OtherKindsOfRecords) {
  RecordReader reader;
  Record event, rates, newer;
  ASSERT_TRUE(reader.read(R"({"type":"event","event":"upstream_untrusted","host":"a.example",)"
                          R"("client":"192.0.2.1:5","message":"expired"})",
                          event));
  ASSERT_TRUE(reader.read(R"({"type":"rates","title_id":"0A6D2730"})", rates));
  ASSERT_TRUE(reader.read(R"({"type":"notification","message":"tap"})", newer));
  EXPECT_TRUE(parsed("severity:error host:a.example expired type:event").matches(event));
  EXPECT_TRUE(parsed("title:0A6D2730 not type:exchange").matches(rates));
  EXPECT_TRUE(parsed("type:notification tap").matches(newer));
  EXPECT_FALSE(parsed("title:unknown").matches(rates));
}

struct Wrong {
  std::string expression;
  std::size_t at;
  std::string words;
};

TEST(Filter, ErrorsPointAtTheColumn) {
  const std::vector<Wrong> cases{
      {"row:492", 4, "unknown row '492'; did you mean '"},
      {"get and metod:put", 8, "unknown term 'metod'; did you mean 'method'?"},
      {"http://x", 0, "in quotes"},
      {"row:", 4, "a value is missing here, such as row:429"},
      {"row: ", 5, "a value is missing"},
      {"row:\"\"", 4, "a value is missing"},
      {"\"\"", 0, "no text to search for"},
      {"host>a", 4, "'host' has no order"},
      {"elapsed>fast", 8, "'fast' is no time such as 500ms"},
      {"elapsed>-1", 8, "is no time"},
      {"elapsed>1e300s", 8, "is no time"},
      {"elapsed>nan", 8, "is no time"},
      {"status:abc", 7, "'abc' is no number"},
      {"conn:99999999999999999999", 5, "is no number"},
      {"severity>=loud", 10, "'loud' is not info, warning or error"},
      {"severity:off", 9, "is not info, warning or error"},
      {"severity:/e/", 9, "does not take a regular expression"},
      {"severity:warn", 9, "did you mean 'warning'?"},
      {"severity:err", 9, "did you mean 'error'?"},
      {"status:/4../", 7, "write status:4xx, or several terms with 'or'"},
      {"status:4*", 7, "'4*' is no number, nor a class such as 4xx"},
      {"type:exchnge", 5, "unknown type 'exchnge'; did you mean 'exchange'?"},
      {"status!=200", 6, "'!=' is no operator; write not status:200"},
      {"get status != 200", 11, "write not status:200"},
      {"row!:429", 3, "write not row:429"},
      {"user=~28", 4, "write user:/28/"},
      {"user!~28", 4, "write not user:/28/"},
      {"status<>200", 6, "write not status:200"},
      {"elapsed=>5s", 7, "write elapsed>=5s"},
      {"status!=", 6, "write not status:…"},
      {"metod!=put", 0, "did you mean 'method'?"},
      {"!row:429", 0, "write not row:429 for '!row:429'"},
      {"get !(row:429)", 4, "write not for '!'"},
      {"user:!28", 5, "not user:28"},
      {"row:429 && user:2533", 8, "write and for '&&'"},
      {"row:429 & user:2533", 8, "write and for '&'"},
      {"row:429 || user:2533", 8, "write or for '||'"},
      {"row:429 | user:2533", 8, "write or for '|'"},
      {"(row:429)||(row:412)", 9, "write or for '||'"},
      {"user:28&&row:429", 7, "write and for '&&', between spaces"},
      {"&&", 0, "write and"},
      {"rule:412-no-tag", 5, "did you mean '412-no-etag'?"},
      {"rule:zzz*", 5, "unknown rule"},
      {"target:elemnt", 7, "did you mean 'element'?"},
      {"/abc", 0, "has no '/' at its end"},
      {"/a(b/", 0, "missing )"},
      {"host:/a(b/", 5, "missing )"},
      {"/a/x", 3, "only 'i'"},
      {"\"abc", 0, "quote is not closed"},
      {"(row:429", 0, "this '(' is not closed"},
      {"row:429)", 7, "this ')' closes nothing"},
      {"()", 1, "a term is missing before ')'"},
      {"row:429 and", 11, "a term is missing here"},
      {"row:429 or", 10, "a term is missing here"},
      {"not", 3, "a term is missing here"},
      {"and row:429", 0, "a term is missing before 'and'"},
      {"or row:429", 0, "a term is missing before 'or'"},
      {"row:429 or or row:200", 11, "a term is missing before 'or'"},
      {">500ms", 0, "what is compared"},
      {std::string(65, '(') + "row:429", 64, "more than 64 parentheses"},
      {std::string(4'097, 'a'), 4'096, "longer than 4096 bytes"},
  };
  for (const Wrong& wrong : cases) {
    const auto filter = Filter::parse(wrong.expression);
    const auto* error = std::get_if<FilterError>(&filter);
    ASSERT_NE(error, nullptr) << wrong.expression;
    EXPECT_EQ(error->at, wrong.at) << wrong.expression << ": " << error->message;
    EXPECT_NE(error->message.find(wrong.words), std::string::npos)
        << wrong.expression << ": " << error->message;
  }
}

TEST(Filter, CaretStandsUnderTheColumnAlsoBehindWideAndUnseenCharacters) {
  EXPECT_EQ(pointed_at("row:492", 4), "  row:492\n      ^\n");
  EXPECT_EQ(pointed_at("\"\xe4\xb8\xad\" x:1", 6), "  \"\xe4\xb8\xad\" x:1\n       ^\n");
  EXPECT_EQ(pointed_at("\x1b x:1", 2), "  \\u{001b} x:1\n           ^\n");
}

TEST(Filter, KnowsWhetherItHasTerms) {
  for (const std::string_view expression : {"row:429", "a or (b not user:7)"}) {
    EXPECT_TRUE(parsed(expression).has_terms()) << expression;
  }
  for (const std::string_view expression : {"", "play.jsonl", "./row:429", "a b /c/"}) {
    EXPECT_FALSE(parsed(expression).has_terms()) << expression;
  }
}

TEST(Filter, AnyBytesAreAnswered) {
  const Record record = throttled();
  std::uint32_t state = 7;
  const std::string_view pieces[] = {
      "row:", "429",     " ",   "(",    ")",  "\"", "/",
      "\\",   "not ",    "or ", "and ", ">",  "=",  "*",
      "\xff", "elapsed", "i",   "!",    "&&", "~",  std::string_view("\0", 1)};
  for (int round = 0; round < 20'000; ++round) {
    std::string expression;
    for (int i = 0; i < 8; ++i) {
      state = state * 1664525 + 1013904223;
      expression += pieces[(state >> 16) % std::size(pieces)];
    }
    const auto filter = Filter::parse(expression);
    if (const auto* error = std::get_if<FilterError>(&filter)) {
      EXPECT_LE(error->at, expression.size());
      EXPECT_FALSE(error->message.empty());
    } else {
      static_cast<void>(std::get<Filter>(filter).matches(record));
    }
  }
}

TEST(Filter, EveryTermIsInTheHelp) {
  const std::string help = filter_help();
  for (const FilterTerm& term : filter_terms()) {
    EXPECT_NE(help.find("\n  " + std::string(term.example) + " "), std::string::npos) << term.name;
    EXPECT_EQ(term.example.substr(0, term.name.size()), term.name);
  }
  for (std::size_t at = 0; at < help.size();) {
    const std::size_t end = help.find('\n', at);
    EXPECT_LE(end - at, 102u) << help.substr(at, end - at);
    at = end + 1;
  }
}

}  // namespace
}  // namespace mpsdscope

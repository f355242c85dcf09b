// The tables of facts: rules/status_table and rules/rule_table.
#include <set>

#include <gtest/gtest.h>

#include "rules/rule_table.h"
#include "rules/status_table.h"

namespace mpsdscope {
namespace {

struct Expected {
  const char* id;
  int status;
  const char* reason;
  const char* media_type;
  BodyDemand body;
};

TEST(StatusTable, HasTheFifteenRows) {
  constexpr auto none = BodyDemand::none;
  constexpr auto blank = BodyDemand::unspecified;
  constexpr auto message = BodyDemand::message;
  constexpr auto session = BodyDemand::session;
  const std::array<Expected, 15> expected{{
      {"200", 200, "OK", "application/json", session},
      {"201", 201, "Created", "application/json", session},
      {"202", 202, "Accepted", "text/plain", none},
      {"204", 204, "No content", "", blank},
      {"304", 304, "Not modified", "", blank},
      {"400", 400, "Bad request", "text/plain", message},
      {"403-message", 403, "Forbidden", "text/plain", message},
      {"403-session", 403, "Forbidden", "application/json", session},
      {"404", 404, "Not found", "text/plain", message},
      {"405", 405, "Method not allowed", "text/plain", message},
      {"409", 409, "Conflict", "text/plain", message},
      {"412-bare", 412, "Precondition failed", "", blank},
      {"412-session", 412, "Precondition failed", "application/json", session},
      {"429", 429, "Too many requests", "application/json", message},
      {"503", 503, "Service unavailable", "text/plain", none},
  }};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const StatusRow& row = kStatusTable[i];
    EXPECT_EQ(row.row, static_cast<Row>(i));
    EXPECT_EQ(row.id, expected[i].id);
    EXPECT_EQ(row.status, expected[i].status);
    EXPECT_EQ(row.reason, expected[i].reason);
    EXPECT_EQ(row.media_type, expected[i].media_type);
    EXPECT_EQ(row.body, expected[i].body) << row.id;
    EXPECT_FALSE(row.meaning.empty());
    EXPECT_EQ(id_of(row.row), row.id);
    EXPECT_EQ(status_row_of(row.row), &row);
  }
  EXPECT_EQ(id_of(Row::unlisted), "unlisted");
  EXPECT_EQ(status_row_of(Row::unlisted), nullptr);
}

TEST(StatusTable, ClassifiesEveryStatus) {
  for (int status = 0; status < 1'000; ++status) {
    const Row row = classify(status, "text/plain", false);
    const StatusRow* listed = status_row_of(row);
    if (listed != nullptr) {
      EXPECT_EQ(listed->status, status);
    } else {
      for (const StatusRow& other : kStatusTable) EXPECT_NE(other.status, status);
    }
  }
}

TEST(StatusTable, SplitsByMediaTypeThenByBody) {
  struct Split {
    const char* media_type;
    bool object;
    bool session;
  };
  for (const Split& c : std::initializer_list<Split>{{"application/json", true, true},
                                                     {"application/json", false, true},
                                                     {"APPLICATION/JSON", false, true},
                                                     {"text/plain", true, false},
                                                     {"application/problem+json", true, false},
                                                     {"text/plain", false, false},
                                                     {"", true, true},
                                                     {"", false, false}}) {
    EXPECT_EQ(classify(403, c.media_type, c.object),
              c.session ? Row::r403_session : Row::r403_message);
    EXPECT_EQ(classify(412, c.media_type, c.object),
              c.session ? Row::r412_session : Row::r412_bare);
    EXPECT_EQ(classify(404, c.media_type, c.object), Row::r404);
  }
}

TEST(StatusTable, TellsWhatA204Means) {
  using enum TargetKind;
  EXPECT_EQ(variant_of("GET", session), Variant204::session_absent);
  EXPECT_EQ(variant_of("GET", session_by_handle), Variant204::session_absent);
  EXPECT_EQ(variant_of("GET", element), Variant204::element_absent);
  EXPECT_EQ(variant_of("GET", element_by_handle), Variant204::element_absent);
  EXPECT_EQ(variant_of("PUT", session), Variant204::session_deleted);
  EXPECT_EQ(variant_of("PUT", session_by_handle), Variant204::session_deleted);
  EXPECT_EQ(variant_of("PUT", element), Variant204::element_gone);
  EXPECT_EQ(variant_of("DELETE", element), Variant204::element_gone);
  EXPECT_EQ(variant_of("PUT", element_by_handle), Variant204::element_gone);
  EXPECT_EQ(variant_of("DELETE", session), Variant204::none);
  EXPECT_EQ(variant_of("DELETE", handle), Variant204::none);
  EXPECT_EQ(variant_of("GET", unknown), Variant204::none);
  EXPECT_EQ(variant_of("", session), Variant204::none);
  EXPECT_EQ(variant_of("POST", session), Variant204::none);
  EXPECT_EQ(name_of(Variant204::none), "");
  EXPECT_EQ(name_of(Variant204::session_absent), "session-absent");
  EXPECT_EQ(name_of(Variant204::element_gone), "element-gone");
}

TEST(RuleTable, HasBothSides) {
  struct Listed {
    const char* id;
    Severity severity;
  };
  const std::array<Listed, kRuleCount> expected{{{"4xx-partial-session", Severity::error},
                                                 {"503-no-retry-after", Severity::error},
                                                 {"429-no-retry-after", Severity::error},
                                                 {"retry-after-malformed", Severity::warning},
                                                 {"session-malformed", Severity::error},
                                                 {"412-no-etag", Severity::error},
                                                 {"session-no-etag", Severity::info},
                                                 {"content-type-mismatch", Severity::warning},
                                                 {"body-unexpected", Severity::warning},
                                                 {"body-missing", Severity::warning},
                                                 {"429-body-malformed", Severity::warning},
                                                 {"status-method-mismatch", Severity::warning},
                                                 {"status-unlisted", Severity::warning},
                                                 {"http-malformed", Severity::error},
                                                 {"response-missing", Severity::warning},
                                                 {"retry-after-ignored", Severity::error},
                                                 {"retry-after-ignored-bucket", Severity::warning},
                                                 {"throttle-loop", Severity::warning},
                                                 {"stale-etag-retry", Severity::error},
                                                 {"blind-overwrite", Severity::info},
                                                 {"contract-version", Severity::warning},
                                                 {"rate-burst", Severity::warning},
                                                 {"rate-sustained", Severity::warning},
                                                 {"rate-certification", Severity::error},
                                                 {"polling", Severity::warning},
                                                 {"repeated-call", Severity::info},
                                                 {"small-batch", Severity::info},
                                                 {"batch-frequency", Severity::info}}};
  constexpr std::size_t kOfService = 15;
  ASSERT_EQ(rule_table().size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const RuleInfo& info = rule_table()[i];
    EXPECT_EQ(info.rule, static_cast<Rule>(i));
    EXPECT_EQ(info.id, expected[i].id);
    EXPECT_EQ(info.severity, expected[i].severity) << info.id;
    EXPECT_EQ(info.side, i < kOfService ? Side::service : Side::title);
    EXPECT_EQ(find_rule(info.id), &info);
    EXPECT_EQ(&info_of(info.rule), &info);
    EXPECT_FALSE(info.title.empty() || info.explanation.empty() || info.source.empty());
    EXPECT_LT(info.title.size(), 100U) << info.id;
  }
  EXPECT_EQ(find_rule("no-such-rule"), nullptr);
  EXPECT_EQ(find_rule(""), nullptr);
}

TEST(RuleTable, NamesSeverities) {
  for (const Severity severity :
       {Severity::off, Severity::info, Severity::warning, Severity::error}) {
    EXPECT_EQ(parse_severity(name_of(severity)), severity);
  }
  EXPECT_EQ(parse_severity("Error"), Severity::error);
  EXPECT_EQ(parse_severity("fatal"), std::nullopt);
  EXPECT_EQ(parse_severity(""), std::nullopt);
}

}  // namespace
}  // namespace mpsdscope

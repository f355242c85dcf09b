#include "tools/filter/filter_terms.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "decode/ascii.h"
#include "rules/host_pattern.h"
#include "rules/target.h"
#include "tools/filter/text_test.h"
#include "tools/parse_time.h"
#include "tools/parse_value.h"

namespace mpsdscope {
namespace {

Result<TextTest> text_test_of(FilterOperator op, const FilterValue& value) {
  if (value.form == FilterValue::Form::expression) {
    auto test = TextTest::matching(value.text, value.ignoring_case);
    if (auto* why = std::get_if<std::string>(&test)) return Error{"regular expression: " + *why};
    return std::get<TextTest>(std::move(test));
  }
  const bool pattern =
      value.form == FilterValue::Form::word && value.text.find('*') != std::string::npos;
  if (op == FilterOperator::is || pattern) return TextTest::like(value.text);
  return TextTest::contains(value.text);
}

template <std::string Record::*... Texts>
Result<RecordTest> text_term(const TermUse& use) {
  auto test = text_test_of(use.op, use.value);
  if (!test) return test.error();
  return RecordTest(
      [test = std::move(*test)](const Record& record) { return (test(record.*Texts) || ...); });
}

// One of a list of words, or a pattern that at least one of them matches.
Result<TextTest> word_test_of(const TermUse& use, const std::vector<std::string_view>& known) {
  if (use.value.form == FilterValue::Form::expression) return text_test_of(use.op, use.value);
  const auto fits = [&](std::string_view word) { return matches_host(use.value.text, word); };
  if (std::any_of(known.begin(), known.end(), fits)) return TextTest::like(use.value.text);
  return Error{unknown_name(use.term.name, use.value.text, known)};
}

template <class Kind>
std::vector<std::string_view> names_of_all() {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Kind::count_); ++i) {
    names.push_back(name_of(static_cast<Kind>(i)));
  }
  return names;
}

Result<RecordTest> target_term(const TermUse& use) {
  auto test = word_test_of(use, names_of_all<TargetKind>());
  if (!test) return test.error();
  return RecordTest(
      [test = std::move(*test)](const Record& record) { return test(record.target); });
}

Result<RecordTest> defect_term(const TermUse& use) {
  auto test = word_test_of(use, names_of_all<Defect>());
  if (!test) return test.error();
  return RecordTest([test = std::move(*test)](const Record& record) {
    return std::any_of(record.defects.begin(), record.defects.end(), test);
  });
}

Result<RecordTest> rule_term(const TermUse& use) {
  std::vector<std::string_view> ids;
  for (const RuleInfo& rule : rule_table()) ids.push_back(rule.id);
  auto test = word_test_of(use, ids);
  if (!test) return test.error();
  return RecordTest([test = std::move(*test)](const Record& record) {
    return std::any_of(record.findings.begin(), record.findings.end(),
                       [&](const Finding& finding) { return test(finding.rule); });
  });
}

// "4xx": the class; 0 if it is none.
char class_of(std::string_view text) {
  const bool is = text.size() == 3 && text[0] >= '1' && text[0] <= '5' &&
                  equals_ignoring_case(text.substr(1), "xx");
  return is ? text[0] : '\0';
}

// Also "403" for both of its rows, a class, and what a 204 means.
Result<RecordTest> row_term(const TermUse& use) {
  const bool word = use.value.form == FilterValue::Form::word;
  if (const char digit = word ? class_of(use.value.text) : '\0') {
    return RecordTest([digit](const Record& record) {
      return !record.row.empty() && record.row.front() == digit;
    });
  }
  std::vector<std::string_view> known{id_of(Row::unlisted), "403", "412"};
  for (const StatusRow& row : kStatusTable) known.push_back(row.id);
  for (auto variant = Variant204::session_absent; variant <= Variant204::element_gone;
       variant = static_cast<Variant204>(static_cast<int>(variant) + 1)) {
    known.push_back(name_of(variant));
  }
  auto test = word_test_of(use, known);
  if (!test) return test.error();
  return RecordTest([test = std::move(*test)](const Record& record) {
    const std::string_view row = record.row;
    return test(row) || test(row.substr(0, row.find('-'))) || test(record.variant);
  });
}

// Types that are newer than this program are found in quotes.
Result<RecordTest> type_term(const TermUse& use) {
  if (use.value.form == FilterValue::Form::quoted) return text_term<&Record::type>(use);
  std::vector<std::string_view> known;
  for (auto kind = RecordKind::header; kind < RecordKind::other;
       kind = static_cast<RecordKind>(static_cast<int>(kind) + 1)) {
    known.push_back(name_of(kind));
  }
  auto test = word_test_of(use, known);
  if (!test) return test.error();
  return RecordTest([test = std::move(*test)](const Record& record) { return test(record.type); });
}

template <class Number>
bool compare(Number left, FilterOperator op, Number right) {
  switch (op) {
    case FilterOperator::less:
      return left < right;
    case FilterOperator::at_most:
      return left <= right;
    case FilterOperator::more:
      return left > right;
    case FilterOperator::at_least:
      return left >= right;
    default:
      return left == right;
  }
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// `of(record)`: an optional number.
template <class Of>
Result<RecordTest> number_term(const TermUse& use, Of of) {
  const auto number = parse_number(use.value.text);
  if (!number) return Error{"'" + use.value.text + "' is no number"};
  return RecordTest([of, op = use.op, number = *number](const Record& record) {
    const std::optional<std::int64_t> found = of(record);
    return found && compare(*found, op, number);
  });
}

Result<RecordTest> status_term(const TermUse& use) {
  const char digit = class_of(use.value.text);
  if (!digit && !parse_number(use.value.text)) {
    return Error{"'" + use.value.text + "' is no number, nor a class such as 4xx"};
  }
  if (digit && (use.op == FilterOperator::has || use.op == FilterOperator::is)) {
    return RecordTest([digit](const Record& record) { return record.status / 100 == digit - '0'; });
  }
  return number_term(use, [](const Record& record) -> std::optional<std::int64_t> {
    return record.status > 0 ? std::optional<std::int64_t>(record.status) : std::nullopt;
  });
}

Result<RecordTest> conn_term(const TermUse& use) {
  return number_term(use, [](const Record& record) -> std::optional<std::int64_t> {
    if (record.conn == 0 || record.conn > std::uint64_t{INT64_MAX}) return std::nullopt;
    return static_cast<std::int64_t>(record.conn);
  });
}

Result<RecordTest> retry_after_term(const TermUse& use) {
  return number_term(use, [](const Record& record) { return record.retry_after_s; });
}

// "500ms", "1.5s", "2m", "1h"; without a unit milliseconds.
std::optional<Duration> parse_elapsed(std::string_view text) {
  constexpr double kMostSeconds = 1e9;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const double seconds = unit.empty() || unit == "ms" ? 1e-3
                         : unit == "us"               ? 1e-6
                         : unit == "s"                ? 1
                         : unit == "m"                ? 60
                         : unit == "h"                ? 3600
                                                      : 0;
  if (error != std::errc() || seconds == 0 || !(value >= 0) || value * seconds > kMostSeconds) {
    return std::nullopt;
  }
  return std::chrono::round<std::chrono::microseconds>(
      std::chrono::duration<double>(value * seconds));
}

Result<RecordTest> elapsed_term(const TermUse& use) {
  const auto elapsed = parse_elapsed(use.value.text);
  if (!elapsed) {
    return Error{"'" + use.value.text + "' is no time such as 500ms, 250us, 1.5s, 2m or 1h"};
  }
  return RecordTest([op = use.op, elapsed = *elapsed](const Record& record) {
    return record.elapsed && compare(*record.elapsed, op, elapsed);
  });
}

// Of an exchange any of its findings is enough: "severity<warning" asks for an info.
Result<RecordTest> severity_term(const TermUse& use) {
  const auto severity = parse_severity(lower_case(use.value.text));
  if (!severity || *severity == Severity::off) {
    constexpr std::array<std::string_view, 3> kKnown{"info", "warning", "error"};
    const std::vector<std::string_view> near = near_matches(use.value.text, kKnown);
    const std::string meant =
        near.empty() ? "" : "; did you mean '" + std::string(near.front()) + "'?";
    return Error{"'" + use.value.text + "' is not info, warning or error" + meant};
  }
  return RecordTest([op = use.op, severity = *severity](const Record& record) {
    const auto fits = [&](Severity one) {
      return one != Severity::off && compare(one, op, severity);
    };
    return fits(record.event_severity) ||
           std::any_of(record.findings.begin(), record.findings.end(),
                       [&](const Finding& finding) { return fits(finding.severity); });
  });
}

// 8 hexadecimal digits as they are shown, or the decimal number of the same.
std::optional<std::uint32_t> title_of(std::string_view text) {
  if (const auto id = parse_hex_title_id(text)) return id;
  const auto number = parse_number(text);
  if (number && *number > 0 && *number <= UINT32_MAX) return static_cast<std::uint32_t>(*number);
  return std::nullopt;
}

Result<RecordTest> title_term(const TermUse& use) {
  if (equals_ignoring_case(use.value.text, "unknown")) {
    return RecordTest([](const Record& record) {
      const bool titled = record.mpsd() || (!record.rates.empty() && !record.rates[0].other);
      return titled && !record.title_id;
    });
  }
  const bool word = use.value.form == FilterValue::Form::word;
  const auto id = word ? title_of(use.value.text) : std::nullopt;
  if (!id) return text_term<&Record::title_name>(use);
  return RecordTest([id = *id](const Record& record) { return record.title_id == id; });
}

constexpr std::array<FilterTerm, 24> kTerms{{
    {"row", false, "row:429",
     "row of the status table; 403 and 412 are both of their rows, 4xx all "
     "that begin so; of a 204 also what it means: row:session-absent",
     row_term},
    {"status", true, "status:4xx", "status code", status_term},
    {"title", false, "title:0A6D2730",
     "title id (hexadecimal or decimal), or its configured name; or unknown", title_term},
    {"user", false, "user:28146", "XUID or user hash",
     text_term<&Record::user_id, &Record::user_hash>},
    {"session", false, "session:lobby-7", "name of the session", text_term<&Record::session>},
    {"template", false, "template:lobby", "its template", text_term<&Record::template_name>},
    {"scid", false, "scid:7492baca", "its service configuration", text_term<&Record::scid>},
    {"element", false, "element:members/me", "path below the session", text_term<&Record::element>},
    {"handle", false, "handle:a1b2", "handle id", text_term<&Record::handle>},
    {"target", false, "target:element", "what is addressed: session, element, handle-query, …",
     target_term},
    {"method", false, "method:PUT", "request method", text_term<&Record::method>},
    {"host", false, "host:*.xboxlive.com", "host of the request, or of an event",
     text_term<&Record::host>},
    {"uri", false, "uri:nocommit=true", "URI of the request", text_term<&Record::uri>},
    {"rule", false, "rule:412-no-etag", "a violation of that rule (mpsdscope rules)", rule_term},
    {"severity", true, "severity>=warning", "a violation, or an event, of that severity",
     severity_term},
    {"defect", false, "defect:response-gap", "what could not be read", defect_term},
    {"elapsed", true, "elapsed>500ms", "time of the exchange: us, ms (default), s, m, h",
     elapsed_term},
    {"retry-after", true, "retry-after>=15", "seconds that the response asks to wait",
     retry_after_term},
    {"etag", false, "etag:a1b2", "entity-tag of the response", text_term<&Record::etag>},
    {"correlation", false, "correlation:7df4", "X-XblCorrelationId",
     text_term<&Record::correlation_id>},
    {"client", false, "client:192.0.2.7", "address and port of the client",
     text_term<&Record::client>},
    {"server", false, "server:*:443", "address and port of the server", text_term<&Record::server>},
    {"conn", true, "conn:17", "number of the connection", conn_term},
    {"type", false, "type:exchange",
     "type of the record: exchange, rates, event, summary, header, …", type_term},
}};

bool holds_text(const Record& record, const TextTest& test) {
  for (const auto text : {&Record::host,      &Record::method,        &Record::uri,
                          &Record::row,       &Record::variant,       &Record::target,
                          &Record::scid,      &Record::template_name, &Record::session,
                          &Record::element,   &Record::handle,        &Record::user_id,
                          &Record::user_hash, &Record::etag,          &Record::correlation_id,
                          &Record::client,    &Record::server,        &Record::malformed,
                          &Record::event,     &Record::message,       &Record::type,
                          &Record::title_name}) {
    if (test(record.*text)) return true;
  }
  if (record.title_id && test(format_title_id(*record.title_id))) return true;
  return std::any_of(record.defects.begin(), record.defects.end(), test) ||
         std::any_of(record.findings.begin(), record.findings.end(), [&](const Finding& finding) {
           return test(finding.rule) || test(finding.message) || test(finding.advice);
         });
}

}  // namespace

std::span<const FilterTerm> filter_terms() {
  return kTerms;
}

const FilterTerm* find_filter_term(std::string_view name) {
  const auto* found = std::find_if(kTerms.begin(), kTerms.end(), [&](const FilterTerm& term) {
    return equals_ignoring_case(term.name, name);
  });
  return found == kTerms.end() ? nullptr : found;
}

Result<RecordTest> compile_free_text(const FilterValue& value) {
  auto test = text_test_of(FilterOperator::has, value);
  if (!test) return test.error();
  return RecordTest(
      [test = std::move(*test)](const Record& record) { return holds_text(record, test); });
}

}  // namespace mpsdscope

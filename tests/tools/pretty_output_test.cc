#include "tools/pretty_output.h"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/tools/testing/sample_calls.h"
#include "tools/pretty_report.h"
#include "tools/pretty_text.h"
#include "tools/text_width.h"

namespace mpsdscope {
namespace {

using testing::Collected;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Takes out ESC [ … m.
std::string without_colour(std::string text) {
  for (std::size_t at = text.find("\x1b["); at != std::string::npos; at = text.find("\x1b[", at)) {
    text.erase(at, text.find('m', at) + 1 - at);
  }
  return text;
}

// A run with a bit of everything.
std::string run(const PrettyOptions& options, RunSummary summary = testing::full_summary()) {
  Collected collected;
  const auto output = make_pretty_output(collected.sink, options, true);
  output->begin();
  output->call(testing::created_session());
  Call throttled = testing::read_session(429, Row::r429, 1'500);
  throttled.violations.push_back({Rule::body_malformed_429, Severity::warning,
                                  "the body names neither maxRequests nor periodInSeconds, so the "
                                  "title cannot learn from it"});
  output->call(throttled);
  Call partial = testing::read_session(412, Row::r412_session, 86'400'000);
  partial.violations.push_back(
      {Rule::partial_session_4xx, Severity::error, "\x1b[31mXBL3.0 x=1;secret"});
  partial.exchange->defects.add(Defect::response_gap);
  output->call(partial);
  Call element = testing::read_session(204, Row::r204, 86'400'100);
  element.target.session = "中文字字文中";
  element.target.element = "members/me";
  element.target.kind = TargetKind::element;
  output->call(element);
  output->call(testing::other_exchange());
  output->rates(testing::at(2'000), summary.rates);
  output->end(summary);
  return collected.text;
}

TEST(PrettyOutput, LinesAlignAtEightyColumns) {
  Collected collected;
  PrettyOptions options;
  options.width = 80;
  options.wrap = true;
  const auto output = make_pretty_output(collected.sink, options, false);
  output->call(testing::created_session());
  Call absent = testing::read_session(204, Row::r204, 1'500);
  absent.violations.push_back(
      {Rule::http_malformed, Severity::error, "Content-Length is 5 but the body has 7 bytes"});
  output->call(absent);
  output->call(testing::read_session(0, Row::unlisted, 86'400'000));
  EXPECT_EQ(collected.text,
            "TIME (UTC)   TITLE    USER   METHOD TARGET              ROW              ELAPSED\n"
            "2026-11-23\n"
            "08:11:39.123 0A6D2730 …26712 PUT    session 5…f1ad2f3a1 201              12.3 ms\n"
            "08:11:40.623 0A6D2730 …26712 GET    session 5…f1ad2f3a1 session-absent   12.3 ms\n"
            "  error   http-malformed         Content-Length is 5 but the body has 7 bytes\n"
            "2026-11-24\n"
            "08:11:39.123 0A6D2730 …26712 GET    session 5…f1ad2f3a1 -                      -\n");
}

TEST(PrettyOutput, EverythingFitsEveryWidth) {
  for (std::size_t width = 20; width <= 300; ++width) {
    PrettyOptions options;
    options.width = width;
    options.wrap = true;
    for (const std::string& line : lines_of(run(options))) {
      ASSERT_LE(columns_of(line), width) << line;
    }
  }
}

TEST(PrettyOutput, RowStaysAtAnyWidthAndNoHeadingIsCut) {
  for (std::size_t width = 20; width <= 300; ++width) {
    const LineLayout layout = LineLayout::of(width);
    EXPECT_GE(layout.row, 15u);
    EXPECT_EQ(layout.status, width < 100 ? 0u : 6u) << width;
    PrettyOptions options;
    options.width = width;
    EXPECT_EQ(lines_of(run(options)).front().find("…"), std::string::npos) << width;
    if (width < 73) continue;
    EXPECT_GT(std::min({layout.time, layout.title, layout.user, layout.method, layout.target,
                        layout.elapsed}),
              0u)
        << width;
  }
}

TEST(PrettyOutput, TheRowTellsTheStatusWhereThatHasNoColumn) {
  PrettyOptions options;
  options.width = 80;
  Collected collected;
  const auto output = make_pretty_output(collected.sink, options, false);
  output->call(testing::read_session(418, Row::unlisted));
  output->call(testing::other_exchange());
  const auto lines = lines_of(collected.text);
  EXPECT_NE(lines[2].find(" 418 unlisted "), std::string::npos) << lines[2];
  EXPECT_NE(lines[3].find(" 200 "), std::string::npos) << lines[3];
}

TEST(PrettyOutput, A429SaysWhatItsBodySaid) {
  Call call = testing::read_session(429, Row::r429);
  DocumentFacts body;
  body.max_requests = 30;
  body.period_in_seconds = 15;
  body.current_requests = 31;
  body.limit_type = "Rate";
  call.response_document = SharedFacts(std::move(body));
  Collected collected;
  make_pretty_output(collected.sink, {}, false)->call(call);
  EXPECT_EQ(lines_of(collected.text).back(),
            "          limit 30 in 15 s (Rate), 31 counted by the service");
}

TEST(PrettyOutput, ACallWithViolationsShowsItsCorrelationId) {
  Call call = testing::read_session(200, Row::r200);
  call.correlation_id = "8bc93cfd";
  Collected without;
  make_pretty_output(without.sink, {}, false)->call(call);
  EXPECT_EQ(without.text.find("8bc93cfd"), std::string::npos);
  call.violations.push_back({Rule::session_no_etag, Severity::info, "no ETag"});
  Collected with;
  make_pretty_output(with.sink, {}, false)->call(call);
  EXPECT_EQ(lines_of(with.text).back(), "          X-XblCorrelationId 8bc93cfd");
}

TEST(PrettyOutput, PeaksHaveADateWhenTheCaptureSpansDays) {
  RunSummary summary = testing::full_summary();
  PrettyOptions options;
  options.width = 200;
  EXPECT_NE(run(options, summary).find("5 of 20 at 08:11:59"), std::string::npos);
  summary.last_packet = testing::at(86'400'000);
  EXPECT_NE(run(options, summary).find("5 of 20 at 2026-11-23 08:11:59"), std::string::npos);
}

TEST(PrettyOutput, EveryCounterIsGrammaticalOfOne) {
  EXPECT_EQ(counted_words(2, "gaps in TCP streams"), "2 gaps in TCP streams");
  EXPECT_EQ(counted_words(1, "gaps in TCP streams"), "1 gap in TCP streams");
  EXPECT_EQ(counted_words(1, "HTTP bodies over the limit"), "1 HTTP body over the limit");
  EXPECT_EQ(counted_words(1, "packets that are not IP"), "1 packet that is not IP");
  EXPECT_EQ(counted_words(1, "damaged packets"), "1 damaged packet");
  for (std::size_t i = 0; i < kCounterCount; ++i) {
    const std::string_view words = describe(static_cast<Counter>(i));
    EXPECT_LT(counted_words(1, words).size(), words.size() + 2) << words;
  }
}

TEST(PrettyOutput, ForgottenThingsAreSaid) {
  RunSummary summary = testing::full_summary();
  summary.forgotten = 1;
  summary.overflowed = 2;
  const std::string text = run({}, summary);
  EXPECT_NE(text.find("1 thing (handles, users, calls) forgotten"), std::string::npos);
  EXPECT_NE(text.find("2 calls counted under other titles or users"), std::string::npos);
}

TEST(PrettyOutput, ColourIsOnlyColour) {
  PrettyOptions options;
  const std::string plain = run(options);
  options.colour = true;
  const std::string coloured = run(options);
  EXPECT_NE(coloured, plain);
  EXPECT_EQ(without_colour(coloured), plain);
  EXPECT_TRUE(std::none_of(plain.begin(), plain.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f;
  }));
}

TEST(PrettyOutput, NoSecretAndNoRawControl) {
  const std::string text = run({});
  EXPECT_EQ(text.find("secret"), std::string::npos);
  EXPECT_NE(text.find("\\u{001b}[31mXBL3.0 x=1;REDACTED"), std::string::npos);
}

TEST(PrettyOutput, WithoutWrappingAViolationIsOneLine) {
  const std::string text = run({});
  EXPECT_NE(text.find("  warning 429-body-malformed     the body names neither maxRequests nor "
                      "periodInSeconds, so "
                      "the title cannot learn from it\n"),
            std::string::npos);
}

TEST(PrettyOutput, SummaryTellsWhatMatters) {
  PrettyOptions options;
  options.width = 200;
  const std::string text = run(options);
  for (const auto* part : {"1,238 multiplayer session calls among 1,300 HTTP exchanges",
                           "2 errors, 0 warnings, 1 info", "3 gaps in TCP streams",
                           "title.mgt.example: 1 TLS connection not read, no key: give the key log",
                           "play.pcapng: cut short in the middle of a packet at byte 81920",
                           "3 of 7 (42.9 %)", "5 of 20 at 08:11:59", "0.6 %"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(text.find("captured bytes"), std::string::npos);  // ordinary: only with -v
}

TEST(PrettyOutput, NoCallsIsSaidWithWhatThereWas) {
  RunSummary summary = testing::full_summary();
  summary.calls = 0;
  summary.rates.clear();
  ++summary.report.count_of_host("b.example");
  ++summary.report.count_of_host("b.example");
  summary.report.add_undecrypted("sessiondirectory.xboxlive.com", TlsFailure::no_key, "");
  std::string text;
  append_report(text, {}, summary);
  EXPECT_NE(text.find("No multiplayer session calls found."), std::string::npos);
  EXPECT_NE(text.find("--mpsd-host"), std::string::npos);
  const std::size_t b = text.find("b.example");
  EXPECT_LT(b, text.find("sessiondirectory.xboxlive.com"));  // more exchanges come first
  // The service itself comes first among what could not be read.
  const std::size_t undecrypted = text.find("TLS that could not be read");
  EXPECT_LT(
      text.find("sessiondirectory.xboxlive.com: 1 TLS connection not read, no key", undecrypted),
      text.find("title.mgt.example", undecrypted));
}

TEST(PrettyOutput, EmptyInputIsSaid) {
  std::string text;
  append_report(text, {}, RunSummary{});
  EXPECT_NE(text.find("The input held no packets."), std::string::npos);
}

TEST(PrettyOutput, ManyUsersAreCutUnlessVerbose) {
  RunSummary summary = testing::full_summary();
  for (int i = 0; i < 50; ++i) summary.rates[0].users["user" + std::to_string(i)].requests = 1;
  // Of other services only: not of this table, nor of the number of those left out.
  summary.rates[0].users["elsewhere"] = {};
  PrettyOptions options;
  options.width = 200;
  std::string text;
  append_report(text, options, summary);
  EXPECT_NE(text.find("and 31 users with fewer 429s and calls"), std::string::npos);
  options.verbose = true;
  text.clear();
  append_report(text, options, summary);
  EXPECT_NE(text.find("user49"), std::string::npos);
  EXPECT_EQ(text.find("elsewhere"), std::string::npos);
}

TEST(PrettyOutput, RatesThatAreNotExactSaySo) {
  RunSummary summary = testing::full_summary();
  summary.rates[0].total.exact = false;
  summary.rates.push_back({});
  summary.rates.back().other = true;
  summary.rates.back().total.requests = 1;
  std::string text;
  append_report(text, {}, summary);
  EXPECT_NE(text.find("~3 of 7 (42.9 %)"), std::string::npos);
  EXPECT_NE(text.find("~5 of 20 at"), std::string::npos);
  EXPECT_NE(text.find("~: about"), std::string::npos);
  EXPECT_NE(text.find("other titles"), std::string::npos);
}

}  // namespace
}  // namespace mpsdscope

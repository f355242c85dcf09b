#include "tools/record.h"

#include <gtest/gtest.h>

#include "tests/tools/testing/sample_calls.h"
#include "tools/jsonl_output.h"
#include "tools/pretty_line.h"
#include "tools/pretty_output.h"
#include "tools/record_text.h"
#include "tools/text_width.h"

namespace mpsdscope {
namespace {

using testing::Collected;

std::vector<Record> records_of(const std::string& log) {
  std::vector<Record> records;
  RecordReader reader;
  for (std::size_t at = 0; at < log.size();) {
    const std::size_t end = log.find('\n', at);
    EXPECT_TRUE(reader.read(std::string_view(log).substr(at, end - at), records.emplace_back()));
    at = end + 1;
  }
  return records;
}

std::string pretty(const std::vector<Record>& records, const PrettyOptions& options) {
  std::string text;
  PrettyLines lines(options);
  for (const Record& record : records) lines.append(text, record);
  return text;
}

Call troubled_call() {
  Call call = testing::read_session(429, Row::r429, 86'400'000);
  call.exchange->request.authority = "User:pw@SessionDirectory.XboxLive.com:443";
  call.exchange->request.method = "GET\xff\x1b[2J";
  call.target.session =
      "\xe4\xb8\xad bad \xc3 utf-8 \xe2\x80\xae token=eyJhbGciOiJIUzI1NiJ9.secret";
  call.user_id.clear();
  call.user_hash = "3219098430493094";
  call.correlation_id = "8bc93cfd\x07";
  call.etag = "\"a\\b\"";
  call.exchange->request.begin -= std::chrono::nanoseconds(50'999);  // 12.395999 ms
  call.exchange->malformed = "Authorization: Bearer abcdefghijklmnop \x9b";
  call.exchange->defects.add(Defect::response_gap);
  call.exchange->defects.add(Defect::request_ambiguous);
  DocumentFacts body;
  body.max_requests = 30;
  body.limit_type = "Rate";
  call.response_document = SharedFacts(std::move(body));
  call.violations.push_back({Rule::body_malformed_429, Severity::warning, "no\nlimit \x80"});
  call.violations.push_back({Rule::http_malformed, Severity::error, "XBL3.0 x=1;secret"});
  call.violations.back().advice = "wait \x1b until then";
  call.violations.back().exchanges = {{1, 2, testing::at(1)}, {17, 3, testing::at(86'400'000)}};
  return call;
}

std::vector<Notification> sample_notifications() {
  Notification tap;
  tap.at = testing::at(86'400'350);
  tap.title_id = 0x0A6D2730;
  tap.user = "hash:321909843049309";
  tap.session = {std::string(testing::kScid), "lobby", "caf\xc3\xa9 \x1b \xff"};
  tap.change_number = 5;
  Notification refused;
  refused.kind = Notification::Kind::refused;
  refused.at = tap.at;
  refused.user = "2814646326226712";
  refused.uri = "https://h/x?token=secret";
  Notification closed;
  closed.kind = Notification::Kind::closed;
  closed.at = tap.at;
  return {tap, refused, closed};
}

std::vector<Conduct> sample_conducts() {
  Conduct honoured;
  honoured.end = ConductEnd::honoured;
  honoured.answer = {17, 3, testing::at(5)};
  honoured.status = 429;
  honoured.retry_after_s = 3;
  honoured.method = "PUT";
  honoured.next = ExchangeRef{17, 5, testing::at(3'500)};
  honoured.after = std::chrono::nanoseconds(3'499'950'999);
  honoured.automatic = true;
  Conduct open;
  open.answer = honoured.answer;
  return {honoured, open};
}

std::vector<Call> sample_calls() {
  std::vector<Call> calls;
  calls.push_back(testing::created_session());
  calls.push_back(testing::read_session(204, Row::r204, 1'500));
  calls.push_back(troubled_call());
  calls.push_back(testing::read_session(418, Row::unlisted, 86'400'100));
  calls.push_back(testing::read_session(0, Row::unlisted, 86'400'200));
  calls.push_back(testing::other_exchange());
  Call connect = testing::other_exchange();
  connect.exchange->request.method = "CONNECT";
  connect.exchange->request.target = "Example.com:443";
  calls.push_back(std::move(connect));
  Call unseen = testing::other_exchange();
  unseen.exchange->request = {};
  calls.push_back(std::move(unseen));
  for (const TargetKind kind :
       {TargetKind::element, TargetKind::session_by_handle, TargetKind::element_by_handle,
        TargetKind::handle, TargetKind::handle_query, TargetKind::batch_query}) {
    Call call = testing::read_session(200, Row::r200, 86'400'300);
    call.target.kind = kind;
    call.target.element = "members/me";
    call.target.handle = "a-handle";
    calls.push_back(std::move(call));
  }
  return calls;
}

TEST(Record, OfACallAndOfItsLineInTheLogPrintTheSame) {
  Collected log, lines;
  const auto jsonl = make_jsonl_output(log.sink, {});
  for (const std::size_t width : {40u, 80u, 120u, 200u}) {
    log.text.clear();
    lines.text.clear();
    PrettyOptions options;
    options.width = width;
    options.wrap = true;
    const auto printed = make_pretty_output(lines.sink, options, true);
    for (const Call& call : sample_calls()) {
      jsonl->call(call);
      printed->call(call);
    }
    for (const auto& output : {&jsonl, &printed}) {
      for (const Notification& told : sample_notifications()) (*output)->notification(told);
      for (const Conduct& conduct : sample_conducts()) (*output)->conduct(conduct);
      (*output)->rates(testing::at(86'400'400), testing::full_summary().rates);
    }
    EXPECT_EQ(pretty(records_of(log.text), options), lines.text);
  }
  EXPECT_EQ(lines.text.find("secret"), std::string::npos);
  EXPECT_NE(lines.text.find("12.4 ms"), std::string::npos);
  EXPECT_NE(lines.text.find("Retry-After honoured"), std::string::npos);
  EXPECT_NE(lines.text.find("change 5"), std::string::npos);
  EXPECT_NE(lines.text.find("#321909843049309"), std::string::npos);
}

TEST(Record, NumbersThatNobodyMeasuredDoNotBreakLines) {
  PrettyOptions options;
  options.width = 120;
  for (const std::string ms : {"1e12", "-1e12", "8.9e12", "999999499", "999999500", "-3"}) {
    const std::string text =
        pretty(records_of(R"({"type":"exchange","elapsed_ms":)" + ms + "}\n"), options);
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      EXPECT_LE(columns_of(text.substr(at, text.find('\n', at) - at)), 120u) << text;
    }
  }
  EXPECT_EQ(duration_text(std::chrono::hours(24 * 100)), "100 d");
  Record conduct;
  conduct.conduct.end = "honoured";
  conduct.retry_after_s = -5;
  EXPECT_NE(conduct_text(conduct).find(": 0 s asked"), std::string::npos) << conduct_text(conduct);
}

TEST(Record, FieldsOfACallAndOfItsLineAreTheSame) {
  for (const Call& call : sample_calls()) {
    Collected log;
    make_jsonl_output(log.sink, {})->call(call);
    const Record read = records_of(log.text).front();
    Record made;
    record_of(made, call);
    for (const auto text :
         {&Record::type, &Record::host, &Record::method, &Record::uri, &Record::row,
          &Record::variant, &Record::target, &Record::scid, &Record::template_name,
          &Record::session, &Record::element, &Record::handle, &Record::user_id, &Record::user_hash,
          &Record::etag, &Record::correlation_id, &Record::client, &Record::server,
          &Record::malformed}) {
      EXPECT_EQ(read.*text, made.*text);
    }
    EXPECT_EQ(read.kind, made.kind);
    EXPECT_EQ(read.time, made.time);
    EXPECT_EQ(read.status, made.status);
    EXPECT_EQ(read.title_id, made.title_id);
    EXPECT_EQ(read.retry_after_s, made.retry_after_s);
    EXPECT_EQ(read.elapsed, made.elapsed);
    EXPECT_EQ(read.conn, made.conn);
    EXPECT_EQ(read.stream, made.stream);
    EXPECT_EQ(read.defects, made.defects);
    EXPECT_EQ(read.limit.has_value(), made.limit.has_value());
    EXPECT_EQ(read.severity(), made.severity());
    ASSERT_EQ(read.findings.size(), made.findings.size());
    for (std::size_t i = 0; i < made.findings.size(); ++i) {
      EXPECT_EQ(read.findings[i].rule, made.findings[i].rule);
      EXPECT_EQ(read.findings[i].message, made.findings[i].message);
    }
  }
}

TEST(Record, HeadsAndBodiesOfACallAndOfItsLineAreTheSame) {
  Call call = testing::read_session(412, Row::r412_session);
  call.exchange->request.fields.add("Authorization", "XBL3.0 x=1;secret");
  call.exchange->request.fields.add("X-Odd\x1b", "\xff value");
  call.exchange->request.body = "{\"token\":\"secret\",\"a\":\"\xc3\"}";
  call.exchange->response.body = std::string(100, 'x');
  for (const BodyLog& bodies : {BodyLog{Bodies::all, 64}, BodyLog{Bodies::violations, 64}}) {
    Collected log;
    make_jsonl_output(log.sink, {}, bodies)->call(call);
    const Record read = records_of(log.text).front();
    Record made;
    set_messages(made, call, bodies);
    EXPECT_EQ(read.request.headers, made.request.headers);
    EXPECT_EQ(read.request.body, made.request.body);
    EXPECT_EQ(read.request.cut, made.request.cut);
    EXPECT_EQ(read.response.headers, made.response.headers);
    EXPECT_EQ(read.response.body, made.response.body);
    EXPECT_EQ(read.response.cut, made.response.cut);
    EXPECT_EQ(made.response.cut, bodies.of == Bodies::all);  // nothing was found
    EXPECT_EQ(log.text.find("secret"), std::string::npos);
  }
}

TEST(Record, KindsOfRecords) {
  Collected log;
  const auto jsonl = make_jsonl_output(log.sink, {"a.pcap", "b.pcap"});
  jsonl->begin();
  jsonl->end(testing::full_summary());
  const auto records = records_of(log.text);
  EXPECT_EQ(records.front().kind, RecordKind::header);
  EXPECT_EQ(records.front().message, "a.pcap, b.pcap");
  const RunSummary summary = testing::full_summary();
  EXPECT_EQ(records[1].kind, RecordKind::rates);
  ASSERT_EQ(records[1].rates.size(), 1 + summary.rates.front().users.size());
  EXPECT_EQ(records[1].rates[0].throttled, summary.rates.front().total.throttled);
  EXPECT_EQ(records[1].rates[0].sustained.peak_at, summary.rates.front().total.sustained.peak_at);
  EXPECT_EQ(records[1].rates[1].user, summary.rates.front().users.begin()->first);
  EXPECT_EQ(records.back().kind, RecordKind::summary);
  EXPECT_EQ(records.back().calls, summary.calls);
  EXPECT_EQ(records.back().by_severity, summary.by_severity);
  EXPECT_EQ(records.back().time, summary.last_packet);
}

TEST(Record, OfANewerProgram) {
  RecordReader reader;
  Record record;
  ASSERT_TRUE(reader.read(R"({"type":"exchange","ts":"2030-01-01T00:00:00Z","row":"418-teapot",)"
                          R"("colour":{"deep":[1,2,{}]},"target":"session","host":7,"status":"x",)"
                          R"("violations":[{"rule":"new","severity":"fatal","why":1},3],)"
                          R"("elapsed_ms":1e300,"conn":-1,"limit":[],"defects":{"a":1}})",
                          record));
  EXPECT_EQ(record.row, "418-teapot");
  EXPECT_EQ(record.host, "");
  EXPECT_EQ(record.status, 0);
  EXPECT_FALSE(record.elapsed);
  ASSERT_EQ(record.findings.size(), 1u);
  EXPECT_EQ(record.severity(), Severity::error);
  ASSERT_TRUE(reader.read(R"({"later":1,"type":"hologram","message":"hi"})", record));
  EXPECT_EQ(record.kind, RecordKind::other);
  EXPECT_EQ(record.type, "hologram");
}

TEST(Record, Events) {
  RecordReader reader;
  Record record;
  ASSERT_TRUE(reader.read(R"({"type":"event","ts":"2026-11-23T08:11:39.000001Z",)"
                          R"("event":"upstream_untrusted","message":"expired"})",
                          record));
  EXPECT_EQ(record.severity(), Severity::error);
  EXPECT_EQ(pretty({record}, {}).substr(pretty({record}, {}).find("08:")),
            "08:11:39.000 upstream_untrusted: expired\n");
}

TEST(Record, DamagedLinesAreNone) {
  RecordReader reader;
  Record record;
  Collected log;
  make_jsonl_output(log.sink, {})->call(testing::created_session());
  const std::string whole = log.text.substr(0, log.text.size() - 1);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(reader.read(std::string_view(whole).substr(0, size), record)) << size;
  }
  EXPECT_TRUE(reader.read(whole, record));
  for (const std::string_view line :
       {"[]", "1", "null", "{}", R"({"type":1})", R"({"type":""})", "{\"type\":\"\xff\"}",
        R"({"type":"exchange"}{"type":"exchange"})", "\x1b[2J"}) {
    EXPECT_FALSE(reader.read(line, record)) << line;
  }
  const std::string deep = R"({"type":"x","a":)" + std::string(100'000, '[');
  EXPECT_FALSE(reader.read(deep, record));
}

}  // namespace
}  // namespace mpsdscope

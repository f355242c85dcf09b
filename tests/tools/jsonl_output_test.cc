#include "tools/jsonl_output.h"

#include <cerrno>
#include <random>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/tools/testing/sample_calls.h"

namespace mpsdscope {
namespace {

using testing::Collected;

std::string record_of(const Call& call) {
  Collected collected;
  make_jsonl_output(collected.sink, {})->call(call);
  return collected.text;
}

std::string text_at(const simdjson::dom::element& record, std::string_view key) {
  std::string_view text;
  return record[key].get(text) == simdjson::SUCCESS ? std::string(text) : "(none)";
}

TEST(JsonlOutput, HeaderNamesTheInputs) {
  Collected collected;
  make_jsonl_output(collected.sink, {"a.pcap", "b\n.pcap"})->begin();
  EXPECT_EQ(
      collected.text,
      "{\"type\":\"header\",\"schema\":1,\"program\":\"mpsdscope\",\"version\":\"" MPSDSCOPE_VERSION
      "\",\"inputs\":[\"a.pcap\",\"b\\n.pcap\"]}\n");
}

TEST(JsonlOutput, ExchangeHoldsEveryFact) {
  Call call = testing::created_session();
  call.violations.push_back({Rule::session_no_etag, Severity::info, "no \"ETag\""});
  call.exchange->defects.add(Defect::response_gap);
  EXPECT_EQ(record_of(call),
            "{\"type\":\"exchange\",\"ts\":\"2026-11-23T08:11:39.123456Z\","
            "\"host\":\"sessiondirectory.xboxlive.com\",\"method\":\"PUT\","
            "\"uri\":\"https://sessiondirectory.xboxlive.com/serviceconfigs/"
            "7492baca-c1b4-440d-a391-b7ef364a8d40/sessiontemplates/lobby/sessions/"
            "5e5c5b0a-41e7-4a2b-9b9c-0d3f1ad2f3a1\",\"status\":201,\"row\":\"201\",\"target\":"
            "\"session\","
            "\"scid\":\"7492baca-c1b4-440d-a391-b7ef364a8d40\",\"template\":\"lobby\","
            "\"session\":\"5e5c5b0a-41e7-4a2b-9b9c-0d3f1ad2f3a1\",\"title_id\":\"0A6D2730\","
            "\"user_id\":\"2814646326226712\",\"user_source\":\"debug\",\"user_hash\":"
            "\"3219098430493094\",\"etag\":\"\\\"a1-"
            "b2\\\"\","
            "\"elapsed_ms\":12.345,\"client\":\"192.0.2.1:50123\",\"server\":\"192.0.2.80:443\","
            "\"conn\":17,\"stream\":3,\"http\":\"1.1\",\"tls\":true,\"request_bytes\":321,"
            "\"response_bytes\":1234,\"defects\":[\"response-gap\"],"
            "\"violations\":[{\"rule\":\"session-no-etag\",\"severity\":\"info\","
            "\"message\":\"no \\\"ETag\\\"\"}]}\n");
}

// Whatever was written before: numbers that are far apart, and one that comes again for others.
TEST(JsonlOutput, EachExchangeIsOfItsOwnConnection) {
  Collected collected;
  const auto output = make_jsonl_output(collected.sink, {});
  std::string expected;
  for (const std::uint64_t conn : {17u, 529u, 17u, 1'041u, 17u, 18u}) {
    for (const std::uint16_t port : {std::uint16_t{50'123}, std::uint16_t{50'124}}) {
      for (const bool other_server : {false, true}) {
        Call call = testing::created_session();
        call.exchange->conn = conn;
        call.exchange->client.port = port;
        if (other_server) call.exchange->server.port = 8'443;
        output->call(call);
        expected += record_of(call);
      }
    }
  }
  EXPECT_EQ(collected.text, expected);
}

TEST(JsonlOutput, AbsentFactsAreLeftOut) {
  Call call = testing::created_session();
  call.exchange->request = {};
  call.exchange->response = {};
  call.exchange->decided = testing::at(5);
  call.row.reset();
  call.target = {};
  call.title_id.reset();
  call.user_id.clear();
  call.user_hash.clear();
  call.etag.clear();
  EXPECT_EQ(record_of(call),
            "{\"type\":\"exchange\",\"ts\":\"2026-11-23T08:11:39.128456Z\",\"target\":\"unknown\","
            "\"client\":\"192.0.2.1:50123\",\"server\":\"192.0.2.80:443\",\"conn\":17,\"stream\":3,"
            "\"tls\":true,\"defects\":[],\"violations\":[]}\n");
}

TEST(JsonlOutput, A429SaysWhatItsBodySaid) {
  Call call = testing::read_session(429, Row::r429);
  EXPECT_EQ(record_of(call).find("\"limit\""), std::string::npos);
  DocumentFacts body;
  body.max_requests = 30;
  body.period_in_seconds = 15;
  call.response_document = SharedFacts(body);
  EXPECT_NE(record_of(call).find("\"limit\":{\"max\":30,\"period_s\":15}"), std::string::npos);
  body.current_requests = 31;
  body.limit_type = "Rate";
  call.response_document = SharedFacts(body);
  EXPECT_NE(record_of(call).find(
                "\"limit\":{\"current\":31,\"max\":30,\"period_s\":15,\"type\":\"Rate\"}"),
            std::string::npos);
  body.limit_type = "not a word";
  call.response_document = SharedFacts(body);
  EXPECT_EQ(record_of(call).find("not a word"), std::string::npos);
  // Of another service too, which has no rows.
  call.mpsd = false;
  call.row.reset();
  EXPECT_NE(record_of(call).find("\"limit\":{\"current\":31,"), std::string::npos);
  call.exchange->response.status = 503;
  EXPECT_EQ(record_of(call).find("\"limit\""), std::string::npos);
}

TEST(JsonlOutput, CorrelationIdIsCutAndRedacted) {
  const auto shown = [](std::string_view value) {
    Call call = testing::created_session();
    call.correlation_id = value;
    simdjson::dom::parser parser;
    return text_at(parser.parse(record_of(call)).value(), "correlation_id");
  };
  EXPECT_EQ(shown("8bc93cfd-7c3e"), "8bc93cfd-7c3e");
  EXPECT_EQ(shown("Bearer abcdefghijkl"), "Bearer REDACTED");
  EXPECT_EQ(shown(std::string(100, 'x')), std::string(64, 'x'));
  EXPECT_EQ(shown(std::string(63, 'x') + "\u00e9"), std::string(63, 'x'));
  EXPECT_EQ(shown(""), "(none)");
}

TEST(JsonlOutput, WhatWasForgottenIsCounted) {
  RunSummary summary = testing::full_summary();
  Collected none;
  make_jsonl_output(none.sink, {})->end(summary);
  EXPECT_EQ(none.text.find("forgotten"), std::string::npos);
  summary.forgotten = 4;
  summary.overflowed = 5;
  Collected some;
  make_jsonl_output(some.sink, {})->end(summary);
  EXPECT_NE(some.text.find("\"forgotten\":4,\"overflowed\":5"), std::string::npos);
}

// Hosts that are redacted come together, not as one key twice.
TEST(JsonlOutput, RedactedHostsCountTogether) {
  RunSummary summary;
  ++summary.report.count_of_host("x?token=a");
  ++summary.report.count_of_host("x?token=b");
  Collected collected;
  make_jsonl_output(collected.sink, {})->end(summary);
  EXPECT_NE(collected.text.find("\"hosts\":{\"x?token=REDACTED\":2}"), std::string::npos);
}

TEST(JsonlOutput, OtherHostsHaveNoVerdictAndNoSecrets) {
  const std::string record = record_of(testing::other_exchange());
  EXPECT_EQ(record.find("topsecretvalue"), std::string::npos);
  EXPECT_EQ(record.find("\"row\""), std::string::npos);
  EXPECT_EQ(record.find("\"target\""), std::string::npos);
  EXPECT_NE(record.find("\"host\":\"stats.example\""), std::string::npos);
  EXPECT_NE(record.find("\"uri\":\"https://Stats.Example:8443/stats?sig=REDACTED&page=2\""),
            std::string::npos);
}

TEST(JsonlOutput, ElapsedHasThreeDecimalsAndASign) {
  for (const auto& [microseconds, text] : {std::pair<int, const char*>{0, "0.000"},
                                           {1, "0.001"},
                                           {999, "0.999"},
                                           {61'000'050, "61000.050"},
                                           {-1'500, "-1.500"}}) {
    Call call = testing::created_session();
    call.exchange->response.end =
        call.exchange->request.begin + std::chrono::microseconds(microseconds);
    EXPECT_NE(record_of(call).find("\"elapsed_ms\":" + std::string(text) + ","), std::string::npos)
        << text;
  }
}

TEST(JsonlOutput, Ipv6EndpointsStandInBrackets) {
  Call call = testing::created_session();
  const std::array<std::uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0,
                                           0,    0,    0,    0,    0, 0, 0, 1};
  call.exchange->client = {IpAddress::from_bytes(bytes), 4711};
  EXPECT_NE(record_of(call).find("\"client\":\"[2001:db8::1]:4711\""), std::string::npos);
}

TEST(JsonlOutput, EndWritesRatesAndSummary) {
  Collected collected;
  make_jsonl_output(collected.sink, {})->end(testing::full_summary());
  const std::size_t second = collected.text.find('\n') + 1;
  simdjson::dom::parser parser;
  simdjson::dom::element rates;
  ASSERT_EQ(parser.parse(collected.text.substr(0, second)).get(rates), simdjson::SUCCESS);
  EXPECT_EQ(text_at(rates, "type"), "rates");
  EXPECT_EQ(text_at(rates, "title_id"), "0A6D2730");
  EXPECT_EQ(rates["throttled"].get_uint64().value(), 8u);
  EXPECT_DOUBLE_EQ(rates["throttled_percent"].get_double().value(), 0.646);
  EXPECT_EQ(rates["last_15s"]["throttled"].get_uint64().value(), 3u);
  EXPECT_EQ(rates["last_300s"]["peak_at"].get_string().value(), "2026-11-23T08:12:39.123456Z");
  EXPECT_EQ(rates["last_300s"]["responses_at_peak"].get_uint64().value(), 1'230u);
  EXPECT_EQ(rates["users"].at(0)["user"].get_string().value(), "2814646326226712");
  simdjson::dom::parser second_parser;
  simdjson::dom::element summary;
  ASSERT_EQ(second_parser.parse(collected.text.substr(second)).get(summary), simdjson::SUCCESS);
  EXPECT_EQ(text_at(summary, "type"), "summary");
  EXPECT_EQ(summary["by_row"]["412-session"].get_uint64().value(), 30u);
  EXPECT_EQ(summary["rules"]["4xx-partial-session"].get_uint64().value(), 2u);
  EXPECT_EQ(summary["violations"]["error"].get_uint64().value(), 2u);
  EXPECT_EQ(summary["counters"]["tcp_gaps"].get_uint64().value(), 3u);
  EXPECT_EQ(summary["undecrypted"].at(0)["reason"].get_string().value(), "no key");
  EXPECT_EQ(summary["problems"].get_array().size(), 1u);
}

// Whatever traffic puts into any text, the record is one line of valid JSON.
TEST(JsonlOutput, HostileTextsStayInsideTheirStrings) {
  std::mt19937 random(5);
  const auto noise = [&random] {
    std::string text(random() % 30, ' ');
    for (char& c : text) c = static_cast<char>(random() % 256);
    return text;
  };
  simdjson::dom::parser parser;
  for (int round = 0; round < 2'000; ++round) {
    Call call = testing::created_session();
    call.exchange->request.method = noise();
    call.exchange->request.target = noise();
    call.exchange->request.authority = noise();
    call.exchange->malformed = noise();
    call.target.session = noise();
    call.target.handle = noise();
    call.etag = noise();
    call.user_id = noise();
    call.violations.push_back({Rule::http_malformed, Severity::error, noise()});
    const std::string record = record_of(call);
    ASSERT_EQ(record.find('\n'), record.size() - 1);
    ASSERT_EQ(parser.parse(record).error(), simdjson::SUCCESS) << record;
  }
}

TEST(JsonlOutput, SaysThatItCouldNotWrite) {
  TextSink sink([](std::string_view) { return ENOSPC; }, true);
  const auto output = make_jsonl_output(sink, {});
  std::string why;
  EXPECT_TRUE(output->ok(why));
  output->begin();
  EXPECT_FALSE(output->ok(why));
  EXPECT_EQ(why, "No space left on device");
}

}  // namespace
}  // namespace mpsdscope

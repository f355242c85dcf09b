#include "tests/tools/testing/sample_calls.h"

#include <array>

namespace mpsdscope::testing {
namespace {

constexpr std::int64_t kStart = 1'795'421'499'123'456;  // microseconds

Endpoint endpoint(std::uint8_t last, std::uint16_t port) {
  const std::array<std::uint8_t, 4> bytes{192, 0, 2, last};
  return {IpAddress::from_bytes(bytes), port};
}

Call call_of(std::string_view method, std::string_view target, int status,
             std::int64_t milliseconds) {
  Call call;
  call.exchange = std::make_unique<Exchange>();
  Exchange& exchange = *call.exchange;
  exchange.conn = 17;
  exchange.stream = 3;
  exchange.client = endpoint(1, 50123);
  exchange.server = endpoint(80, 443);
  exchange.tls = true;
  exchange.request.present = true;
  exchange.request.version = HttpVersion::http_1_1;
  exchange.request.method = method;
  exchange.request.target = target;
  exchange.request.scheme = "https";
  exchange.request.authority = "sessiondirectory.xboxlive.com";
  exchange.request.body_length = 321;
  exchange.request.end = at(milliseconds);
  exchange.request.begin = exchange.request.end - std::chrono::microseconds(12'345);
  exchange.response.present = status != 0;
  exchange.response.version = HttpVersion::http_1_1;
  exchange.response.status = status;
  exchange.response.body_length = 1'234;
  exchange.response.begin = exchange.response.end = at(milliseconds);
  exchange.decided = at(milliseconds);
  return call;
}

std::string session_path() {
  return "/serviceconfigs/" + std::string(kScid) + "/sessiontemplates/lobby/sessions/" +
         std::string(kSession);
}

Call session_call(std::string_view method, int status, Row row, std::int64_t milliseconds) {
  Call call = call_of(method, session_path(), status, milliseconds);
  call.mpsd = true;
  call.target = parse_target(call.exchange->request.target);
  if (status != 0) call.row = row;
  call.title_id = 0x0A6D2730;
  call.user_id = "2814646326226712";
  call.user_source = UserSource::debug;
  return call;
}

}  // namespace

CaptureTime at(std::int64_t milliseconds) {
  return CaptureTime(std::chrono::microseconds(kStart) + std::chrono::milliseconds(milliseconds));
}

Call created_session() {
  Call call = session_call("PUT", 201, Row::r201, 0);
  call.etag = "\"a1-b2\"";
  call.user_hash = "3219098430493094";
  return call;
}

Call read_session(int status, Row row, std::int64_t milliseconds) {
  Call call = session_call("GET", status, row, milliseconds);
  if (status == 204) call.variant = Variant204::session_absent;
  if (status == 429 || status == 503) call.retry_after_s = 12;
  return call;
}

Call other_exchange() {
  Call call = call_of("GET", "/stats?sig=topsecretvalue&page=2", 200, 0);
  call.exchange->request.authority = "Stats.Example:8443";
  return call;
}

RunSummary full_summary() {
  RunSummary summary;
  summary.inputs = {"play.pcapng"};
  summary.problems = {"play.pcapng: cut short in the middle of a packet at byte 81920"};
  summary.first_packet = at(0);
  summary.last_packet = at(61'500);
  summary.calls = 1'238;
  summary.by_row[static_cast<std::size_t>(Row::r200)] = 1'200;
  summary.by_row[static_cast<std::size_t>(Row::r412_session)] = 30;
  summary.by_row[static_cast<std::size_t>(Row::r429)] = 8;
  summary.by_rule[static_cast<std::size_t>(Rule::partial_session_4xx)] = 2;
  summary.by_rule[static_cast<std::size_t>(Rule::session_no_etag)] = 1;
  summary.by_severity = {0, 1, 0, 2};
  summary.report.add(Counter::packets, 9'876);
  summary.report.add(Counter::tcp_connections, 12);
  summary.report.add(Counter::exchanges, 1'300);
  summary.report.add(Counter::tcp_gaps, 3);
  ++summary.report.count_of_host("sessiondirectory.xboxlive.com");
  summary.report.add_undecrypted("title.mgt.example", TlsFailure::no_key, "");
  TitleRates title;
  title.title_id = 0x0A6D2730;
  title.total.by_row = summary.by_row;
  title.total.requests = 1'239;
  title.total.responses = 1'238;
  title.total.throttled = 8;
  title.total.burst = {7, 3, 5, 20, at(20'000)};
  title.total.sustained = {1'238, 8, 8, 1'230, at(60'000)};
  title.total.violations = summary.by_severity;
  title.users["2814646326226712"] = title.total;
  summary.rates = {title};
  return summary;
}

}  // namespace mpsdscope::testing

#include "tools/live_tap.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/testing/live_run.h"

namespace mpsdscope {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::LiveRun;
using testing::LiveRunOptions;

constexpr std::string_view kSession =
    "/serviceconfigs/7492baca-c1b4-440d-a391-b7ef364a8d40/sessiontemplates/lobby/sessions/one";

std::string request(std::string_view method, std::string_view body = "") {
  return std::string(method) + " " + std::string(kSession) +
         " HTTP/1.1\r\nHost: sessiondirectory.xboxlive.com\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string response(int status, std::string_view body = "", std::string_view fields = "") {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(fields) +
         "\r\n" + std::string(body);
}

struct Message {
  Direction direction;
  std::string text;
};

// A play test in small: rows with and without violations.
std::vector<Message> conversation() {
  return {
      {Direction::to_server,
       request("PUT",
               R"({"members":{"me":{"constants":{"system":{"xuid":"2814646326226712"}}}}})")},
      {Direction::to_client, response(201, R"({"members":{}})", "ETag: \"1\"\r\n")},
      {Direction::to_server, request("GET")},
      {Direction::to_client, response(503)},
      {Direction::to_server, request("GET") + request("GET")},
      {Direction::to_client,
       response(429, R"({"maxRequests":30,"periodInSeconds":15})") + response(304)},
      {Direction::to_server, request("PUT", "{}")},
      {Direction::to_client, response(412, R"({"next":1})")},
  };
}

// As the proxy does: at one moment first the wire's bytes, then the content.
void pass(LiveRun& run, ConnectionTap& connection, Direction direction, std::string_view text) {
  const CaptureTime time = run.tick();
  connection.on_wire(direction, time, as_bytes(text));
  connection.on_data(direction, time, as_bytes(text));
}

void close(LiveRun& run, ConnectionTap& connection, StreamEnd end = StreamEnd::closed) {
  connection.on_end(Direction::to_server, run.tick(), end);
  connection.on_end(Direction::to_client, run.tick(), end);
}

std::string ts_of(const std::string& line) {
  return line.substr(line.find("\"ts\""), 33);
}

TEST(LiveTap, SavedCaptureReplaysToTheSameLogHoweverTheBytesCame) {
  std::vector<std::string> whole;
  for (const std::size_t chunk : {100'000U, 1U, 2U, 7U, 64U, 333U}) {
    LiveRun run;
    auto connection = run.connect();
    for (const Message& message : conversation()) {
      for (std::size_t at = 0; at < message.text.size(); at += chunk) {
        pass(run, *connection, message.direction, std::string_view(message.text).substr(at, chunk));
      }
    }
    close(run, *connection);
    connection.reset();
    const RunSummary summary = run.finish();
    EXPECT_EQ(summary.calls, 5U);
    EXPECT_EQ(run.logged().size(), 5U);
    EXPECT_EQ(run.logged(), run.replayed()) << "chunks of " << chunk;
  }
}

// Without what waits for its answer still: only a capture that ended knows of an end.
std::vector<std::string> answered(std::vector<std::string> lines) {
  std::erase_if(lines, [](const std::string& line) {
    return line.find("response-unseen") != std::string::npos;
  });
  return lines;
}

TEST(LiveTap, ACallIsInLogAndCaptureAsSoonAsItIsSettled) {
  LiveRun run;
  auto connection = run.connect();
  std::size_t answers = 0;
  for (const Message& message : conversation()) {
    pass(run, *connection, message.direction, message.text);
    run.tap->settle(0);
    if (message.direction == Direction::to_client)
      answers += message.text.find("304") < 200 ? 2 : 1;
    EXPECT_EQ(run.logged().size(), answers);
    EXPECT_EQ(answered(run.replayed()), run.logged());
  }
  connection.reset();
  run.finish();
}

TEST(LiveTap, EveryWayToEndGivesTheSameVerdictAsTheCapture) {
  for (const StreamEnd end : {StreamEnd::closed, StreamEnd::reset, StreamEnd::unknown}) {
    LiveRun run;
    auto connection = run.connect(LiveRun::v6(1, 50'000), LiveRun::v6(2, 80));
    pass(run, *connection, Direction::to_server, request("GET"));
    pass(run, *connection, Direction::to_client, response(200, "{}").substr(0, 40));
    close(run, *connection, end);
    connection.reset();
    run.finish();
    ASSERT_EQ(run.logged().size(), 1U) << static_cast<int>(end);
    EXPECT_EQ(run.logged(), run.replayed()) << static_cast<int>(end);
  }
}

TEST(LiveTap, AConnectionThatIsDroppedEndsToo) {
  LiveRun run;
  auto connection = run.connect();
  pass(run, *connection, Direction::to_server, request("GET"));
  connection.reset();
  run.finish();
  ASSERT_EQ(run.logged().size(), 1U);
  EXPECT_THAT(run.logged()[0], HasSubstr("response-unseen"));
}

// A request that waited for its upstream connection, while others went on.
TEST(LiveTap, WhatHadToWaitHasTheTimeAtWhichItWasRead) {
  LiveRun run;
  auto other = run.connect();
  const CaptureTime before = run.tick(), after = run.tick();
  other->on_wire(Direction::to_server, after, as_bytes(request("GET")));
  other->on_data(Direction::to_server, after, as_bytes(request("GET")));
  run.now = before - std::chrono::milliseconds(1);
  auto waited = run.connect(LiveRun::v4(3, 50'000), LiveRun::v4(2, 80));
  pass(run, *waited, Direction::to_server, request("PUT", "{}"));
  run.now = after;
  pass(run, *waited, Direction::to_client, response(201, "{}"));
  EXPECT_THAT(run.logged(), IsEmpty());
  run.tap->settle(0);
  ASSERT_EQ(run.logged().size(), 1U);
  EXPECT_THAT(run.logged()[0], HasSubstr("\"elapsed_ms\":1.000"));
  other.reset();
  waited.reset();
  run.finish();
  EXPECT_EQ(run.logged(), run.replayed());
}

TEST(LiveTap, AWorkerThatWasOvertakenKeepsItsOwnTimes) {
  LiveRunOptions options;
  options.workers = 2;
  LiveRun run(options);
  auto late = run.connect(0);
  auto early = run.connect(1);
  const CaptureTime before = run.tick(), after = run.tick();
  for (auto* connection : {late.get(), early.get()}) {
    connection->on_data(Direction::to_server, before, as_bytes(request("GET")));
  }
  // The second worker's turn began later, but it was the first to be done.
  early->on_data(Direction::to_client, after, as_bytes(response(304)));
  run.tap->settle(1);
  late->on_data(Direction::to_client, before, as_bytes(response(200, "{}")));
  run.tap->settle(0);
  late.reset();
  early.reset();
  run.finish();
  const auto lines = run.logged();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[0], HasSubstr("\"status\":304"));
  EXPECT_THAT(lines[0], HasSubstr("\"elapsed_ms\":1.000"));
  EXPECT_THAT(lines[1], HasSubstr("\"elapsed_ms\":0.000"));
  EXPECT_NE(ts_of(lines[0]), ts_of(lines[1]));
}

std::vector<std::string> sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST(LiveTap, AClockThatIsSetBackMovesNoTimes) {
  LiveRun run;
  auto connection = run.connect();
  std::string before;
  for (const Message& message : conversation()) {
    pass(run, *connection, message.direction, message.text);
    run.now -= std::chrono::hours(1);
  }
  close(run, *connection);
  connection.reset();
  run.finish();
  ASSERT_EQ(run.logged().size(), 5U);
  EXPECT_EQ(run.logged(), run.replayed());
  for (const std::string& line : run.logged()) {
    EXPECT_LE(before, ts_of(line));
    before = ts_of(line);
    EXPECT_THAT(line, HasSubstr("\"elapsed_ms\":0.000"));
  }
}

TEST(LiveTap, OneClientPortToTwoListenersIsTwoConnectionsOfTheCapture) {
  for (const bool at_once : {false, true}) {
    LiveRunOptions options;
    options.workers = 2;
    LiveRun run(options);
    const auto connect = [&](unsigned worker) {
      return run.connect(LiveRun::v4(1, 50'000), LiveRun::v4(2, 80), worker);
    };
    auto one = connect(0);
    auto two = at_once ? connect(1) : nullptr;
    for (ConnectionTap* connection : {one.get(), two.get()}) {
      if (connection != nullptr) pass(run, *connection, Direction::to_server, request("GET"));
    }
    pass(run, *one, Direction::to_client, response(200, "{}"));
    if (!at_once) {
      close(run, *one);
      one.reset();
      two = connect(1);
      pass(run, *two, Direction::to_server, request("GET"));
    }
    pass(run, *two, Direction::to_client, response(304));
    one.reset();
    two.reset();
    run.finish();
    ASSERT_EQ(run.logged().size(), 2U);
    // The log tells the client's own port.
    std::vector<std::string> replayed = run.replayed();
    for (std::string& line : replayed) {
      const std::size_t port = line.find("192.0.2.1:50001");
      EXPECT_EQ(port != line.npos, at_once && line.find("\"status\":304") != line.npos);
      if (port != line.npos) line.replace(port, 15, "192.0.2.1:50000");
    }
    EXPECT_EQ(sorted(run.logged()), sorted(replayed));
  }
}

TEST(LiveTap, MemoryIsBoundedByGivingUpWhatHoldsMost) {
  LiveRunOptions options;
  options.limits.max_buffered_total = 100'000;
  options.save = false;
  LiveRun run(options);
  auto large = run.connect(), small = run.connect();
  const std::string head = request("PUT").substr(0, request("PUT").find("Content-Length")) +
                           "Content-Length: 1000000\r\n\r\n";
  pass(run, *small, Direction::to_server, head + std::string(1'000, 'x'));
  pass(run, *large, Direction::to_server, head);
  for (int i = 0; i < 20; ++i) pass(run, *large, Direction::to_server, std::string(10'000, 'x'));
  close(run, *large);
  large.reset();
  small.reset();
  const RunSummary summary = run.finish();
  EXPECT_EQ(summary.report[Counter::flows_evicted_memory], 1U);
  EXPECT_EQ(run.logged().size(), 2U);
}

TEST(LiveTap, SecretsStandBeforeThePacketsThatNeedThem) {
  LiveRun run;
  auto connection = run.connect(LiveRun::v4(1, 50'000), LiveRun::v4(2, 443), 0, true);
  connection->on_secret(run.tick(), "CLIENT_RANDOM 01 02");
  connection->on_wire(Direction::to_server, run.tick(), as_bytes("wire bytes"));
  connection.reset();
  run.finish();
  const std::string capture = run.read("play.pcapng");
  EXPECT_LT(capture.find("CLIENT_RANDOM 01 02\n"), capture.find("wire bytes"));
  EXPECT_EQ(run.read("keys.log"), "CLIENT_RANDOM 01 02\n");
}

TEST(LiveTap, AFullDiskIsCountedAndTrafficGoesOn) {
  LiveRunOptions options;
  options.log = options.capture = "/dev/full";
  ::testing::internal::CaptureStderr();
  LiveRun run(options);
  auto connection = run.connect();
  for (const Message& message : conversation()) {
    pass(run, *connection, message.direction, message.text);
  }
  connection.reset();
  const RunSummary summary = run.finish();
  const std::string told = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(summary.calls, 5U);
  EXPECT_GE(run.recorder->lost(), 5U);
  // The packets, those of the handshake among them, and the beginning of the file.
  EXPECT_EQ(run.capture->lost(), 4U + conversation().size());
  EXPECT_THAT(told, HasSubstr("cannot write the log /dev/full: No space left on device"));
  EXPECT_THAT(told, HasSubstr("cannot write the capture /dev/full: No space left on device"));
}

}  // namespace
}  // namespace mpsdscope

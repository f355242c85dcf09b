#include "tools/live_tap.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/testing/live_run.h"

namespace mpsdscope {
namespace {

using ::testing::HasSubstr;
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
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

struct Message {
  Direction direction;
  std::string text;
};

// A play test in small: rows with and without violations.
std::vector<Message> conversation() {
  return {
      {Direction::to_server, request("PUT", R"({"members":{"me":{"constants":{"system":{"xuid":"2814646326226712"}}}}})")},
      {Direction::to_client, response(201, R"({"members":{}})", "ETag: \"1\"\r\n")},
      {Direction::to_server, request("GET")},
      {Direction::to_client, response(503)},
      {Direction::to_server, request("GET") + request("GET")},
      {Direction::to_client, response(429, R"({"maxRequests":30,"periodInSeconds":15})") + response(304)},
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

TEST(LiveTap, ACallIsInTheLogAsSoonAsItIsComplete) {
  LiveRun run;
  auto connection = run.connect();
  std::size_t answers = 0;
  for (const Message& message : conversation()) {
    pass(run, *connection, message.direction, message.text);
    if (message.direction == Direction::to_client) ++answers;
    EXPECT_EQ(run.logged().size(), answers + (answers >= 3 ? 1 : 0));
    EXPECT_EQ(run.replayed(), run.logged());
  }
  connection.reset();
  run.finish();
}

}  // namespace
}  // namespace mpsdscope

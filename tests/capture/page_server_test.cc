#include "capture/page_server.h"

#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "capture/file_descriptor.h"
#include "capture/proxy/socket_address.h"

namespace mpsdscope {
namespace {

const Endpoint kAnyPort{IpAddress::from_bytes(std::array<std::uint8_t, 4>{127, 0, 0, 1}), 0};
constexpr std::string_view kRequest = "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n";

FileDescriptor connect_to(const PageServer& server) {
  const SocketAddress address(server.listening());
  FileDescriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(socket.get(), address.data(), address.length), 0);
  return socket;
}

void say(const FileDescriptor& socket, std::string_view text) {
  EXPECT_EQ(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
}

// Until the server ends it.
std::string hear(const FileDescriptor& socket) {
  std::string heard;
  std::array<char, 4'096> piece;
  while (true) {
    const ssize_t size = ::recv(socket.get(), piece.data(), piece.size(), 0);
    if (size <= 0) return heard;
    heard.append(piece.data(), static_cast<std::size_t>(size));
  }
}

std::unique_ptr<PageServer> serve(const PageServerLimits& limits = {},
                                  std::string body = "the page\n") {
  auto server = PageServer::open(kAnyPort, "--page", limits);
  EXPECT_TRUE(server.ok());
  (*server)->start({"/page", "text/plain", [body = std::move(body)] { return body; }});
  return std::move(*server);
}

TEST(PageServer, AnswersPieceByPieceAndWaitsForTheClient) {
  const auto server = serve();
  const FileDescriptor client = connect_to(*server);
  for (const char c : kRequest) say(client, std::string_view(&c, 1));
  const std::string answer = hear(client);
  EXPECT_EQ(answer.substr(0, 17), "HTTP/1.1 200 OK\r\n");
  EXPECT_NE(answer.find("Content-Length: 9\r\n\r\nthe page\n"), std::string::npos) << answer;
}

TEST(PageServer, ALongPageIsSentAsTheClientTakesIt) {
  const auto server = serve({}, std::string(std::size_t{16} << 20, 'x'));
  const FileDescriptor slow = connect_to(*server);
  say(slow, kRequest);
  const FileDescriptor quick = connect_to(*server);
  say(quick, kRequest);
  ::shutdown(quick.get(), SHUT_WR);  // it says all that it has to say
  EXPECT_GT(hear(quick).size(), std::size_t{16} << 20);
  EXPECT_GT(hear(slow).size(), std::size_t{16} << 20);
}

TEST(PageServer, TheOldestMakesRoom) {
  PageServerLimits limits;
  limits.clients = 2;
  limits.patience = std::chrono::hours(1);
  const auto server = serve(limits);
  const FileDescriptor oldest = connect_to(*server), older = connect_to(*server);
  const FileDescriptor newest = connect_to(*server);
  EXPECT_EQ(hear(oldest), "");
  say(older, kRequest);
  EXPECT_EQ(hear(older).substr(0, 12), "HTTP/1.1 200");
  say(newest, kRequest);
  EXPECT_EQ(hear(newest).substr(0, 12), "HTTP/1.1 200");
}

TEST(PageServer, WhoSaysNothingIsNotWaitedForForEver) {
  PageServerLimits limits;
  limits.patience = std::chrono::milliseconds(1);
  const auto server = serve(limits);
  EXPECT_EQ(hear(connect_to(*server)), "");
}

TEST(PageServer, AHeadOfTheLongestLengthAndOneByteMore) {
  PageServerLimits limits;
  limits.head_bytes = 100;
  const auto server = serve(limits);
  for (const auto& [bytes, status] : {std::pair{100, "HTTP/1.1 200"}, {101, "HTTP/1.1 431"}}) {
    std::string head(kRequest);
    head.insert(head.size() - 2, "X: \r\n");
    head.insert(head.size() - 4, std::string(static_cast<std::size_t>(bytes) - head.size(), 'x'));
    const FileDescriptor client = connect_to(*server);
    say(client, head);
    EXPECT_EQ(hear(client).substr(0, 12), status) << bytes;
  }
}

TEST(PageServer, EndsWhileClientsWait) {
  auto server = serve();
  const FileDescriptor client = connect_to(*server);
  say(client, "GET ");
  server.reset();
  EXPECT_EQ(hear(client), "");
  // Never started.
  EXPECT_TRUE(PageServer::open(kAnyPort, "--page").ok());
}

TEST(PageServer, APortThatIsTakenIsNamedWithTheOption) {
  const auto server = serve();
  const auto second = PageServer::open(server->listening(), "--page");
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message.find("another port with --page"), std::string::npos)
      << second.error().message;
}

}  // namespace
}  // namespace mpsdscope

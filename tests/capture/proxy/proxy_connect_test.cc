#include "capture/proxy/proxy_connect.h"

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

using State = ProxyConnect::State;

TEST(ProxyConnects, AskForTheDestination) {
  EXPECT_EQ(ProxyConnect({"a.example", 443}, "", 1000).request(),
            "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n");
  EXPECT_EQ(ProxyConnect({"2001:db8::1", 80}, "Aladdin:open sesame", 1000).request(),
            "CONNECT [2001:db8::1]:80 HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n"
            "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
}

TEST(ProxyConnects, LeaveWhatFollowsTheAnswer) {
  const std::string answer = "HTTP/1.0 200 Connection established\r\nVia: x\r\n\r\n";
  for (std::size_t chunk = 1; chunk <= answer.size(); ++chunk) {
    ProxyConnect connect({"a.example", 443}, "", 1000);
    const std::string text = answer + "after";
    State state = State::reading;
    std::size_t at = 0;
    Bytes piece;
    for (; state == State::reading && at < text.size(); at += chunk) {
      piece = as_bytes(std::string_view(text).substr(at, chunk));
      state = connect.read(piece);
    }
    EXPECT_EQ(state, State::connected);
    EXPECT_EQ(std::string(as_text(piece)) + text.substr(std::min(at, text.size())), "after");
  }
}

TEST(ProxyConnects, SayWhyTheyAreRefused) {
  struct Case {
    std::string answer;
    const char* problem;
  };
  for (const auto& [answer, problem] :
       {Case{"HTTP/1.1 503 Busy\r\n\r\n", "503"}, Case{"HTTP/1.1 407 Who\r\n\r\n", "credentials"},
        Case{"220 smtp\r\n\r\n", "HTTP"},
        Case{"HTTP/1.1 200 " + std::string(1000, 'x'), "no end"}}) {
    ProxyConnect connect({"a.example", 443}, "", 500);
    Bytes bytes = as_bytes(answer);
    EXPECT_EQ(connect.read(bytes), State::refused);
    EXPECT_NE(connect.problem().find(problem), std::string::npos) << connect.problem();
  }
}

}  // namespace
}  // namespace mpsdscope

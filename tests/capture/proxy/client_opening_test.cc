#include "capture/proxy/client_opening.h"

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

using Kind = ClientOpening::Kind;
using namespace std::string_literals;

constexpr std::size_t kLimit = 2000;

// A ClientHello (RFC 8446 §4.1.2) with a server name and two protocols.
std::string hello_body() {
  const std::string name = "a.example";
  const std::string sni = "\x00\x00\x00\x0e\x00\x0c\x00\x00\x09"s + name;
  const std::string alpn = "\x00\x10\x00\x0e\x00\x0c\x02h2\x08http/1.1"s;
  const std::string extensions = sni + alpn;
  std::string body =
      "\x03\x03"s + std::string(32, 'r') + "\x00"s + "\x00\x02\x13\x01"s + "\x01\x00"s;
  return body + "\x00"s + static_cast<char>(extensions.size()) + extensions;
}
std::string message(const std::string& body) {
  return "\x01\x00"s + static_cast<char>(body.size() >> 8) + static_cast<char>(body.size()) + body;
}
std::string record(const std::string& fragment) {
  return "\x16\x03\x01"s + static_cast<char>(fragment.size() >> 8) +
         static_cast<char>(fragment.size()) + fragment;
}

Kind read(ClientOpening& opening, const std::string& text, std::size_t chunk) {
  for (std::size_t at = 0; at < text.size(); at += chunk) {
    opening.read(as_bytes(std::string_view(text).substr(at, chunk)));
  }
  return opening.kind();
}

TEST(ClientOpenings, AreHellosInPiecesAndRecordsOfAnySize) {
  const std::string whole = message(hello_body());
  for (std::size_t chunk = 1; chunk <= whole.size() + 5; ++chunk) {
    for (const std::size_t part : {std::size_t{1}, std::size_t{3}, std::size_t{50}, whole.size()}) {
      std::string records;
      for (std::size_t at = 0; at < whole.size(); at += part)
        records += record(whole.substr(at, part));
      ClientOpening opening(kLimit);
      ASSERT_EQ(read(opening, records, chunk), Kind::tls) << chunk << ' ' << part;
      EXPECT_EQ(opening.hello().server_name, "a.example");
      EXPECT_EQ(opening.hello().alpn, (std::vector<std::string>{"h2", "http/1.1"}));
      EXPECT_EQ(as_text(opening.kept()), records);
    }
  }
}

TEST(ClientOpenings, AreToldApart) {
  struct Case {
    std::string text;
    Kind kind;
  };
  const std::string hello = message(hello_body());
  const Case cases[] = {
      {"", Kind::undecided},
      {"GET / HTTP/1.1\r\n", Kind::http},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Kind::http},
      {"HTTP/1.1 200 OK\r\n", Kind::other},
      {"SSH-2.0-OpenSSH\r\n", Kind::other},
      {"\x16", Kind::undecided},
      {"\x16\x03\x01", Kind::undecided},
      {"\x16\x02\x00\x00\x10"s, Kind::other},
      {"\x16\x03\x01\x00\x00"s, Kind::damaged},
      {"\x16\x03\x01\x40\x01"s, Kind::damaged},
      {record("\x02\x00\x00\x00"s), Kind::damaged},
      {record(hello.substr(0, 20)), Kind::undecided},
      {record(hello.substr(0, 20)) + "\x17\x03\x03\x00\x01x"s, Kind::damaged},
      {record(hello.substr(0, 20)) + "GET / HTTP/1.1\r\n", Kind::damaged},
      {record("\x01\x00\x00\x03xyz"s), Kind::damaged},
      {record("\x01\x03\x00\x00"s), Kind::damaged},
      {record("\x01\x00\x20\x00"s + std::string(kLimit, 'x')), Kind::damaged},
      {std::string(kLimit, 'G'), Kind::other},
  };
  for (const auto& [text, kind] : cases) {
    ClientOpening whole(kLimit), pieces(kLimit);
    EXPECT_EQ(read(whole, text, text.size() + 1), kind) << text.substr(0, 40);
    EXPECT_EQ(read(pieces, text, 1), kind) << text.substr(0, 40);
  }
}

TEST(ClientOpenings, NameTheHostOfAPlainRequest) {
  struct Case {
    const char* head;
    const char* host;
  };
  for (const auto& [head, host] :
       {Case{"Host: Example.COM:8080", "example.com"},
        Case{"host:\t[2001:DB8::1]:80 ", "2001:db8::1"}, Case{"Host: [2001:db8::1]", "2001:db8::1"},
        Case{"X: y", ""}, Case{"Host: a\r\nHost: b", ""}, Case{"Host: [", ""}, Case{"Host:", ""}}) {
    const std::string text = std::string("GET /path HTTP/1.1\r\n") + head + "\r\n\r\n";
    ClientOpening opening(kLimit);
    read(opening, text.substr(0, text.size() - 1), 3);
    EXPECT_FALSE(opening.head_complete());
    read(opening, text.substr(text.size() - 1), 1);
    EXPECT_TRUE(opening.head_complete());
    EXPECT_EQ(opening.http_host(), host) << head;
    EXPECT_EQ(opening.request().method, "GET");
    EXPECT_EQ(opening.request().target, "/path");
  }
  ClientOpening endless(kLimit);
  read(endless, "GET / HTTP/1.1\r\nX: " + std::string(kLimit, 'x'), 100);
  EXPECT_TRUE(endless.head_complete());
  EXPECT_EQ(endless.http_host(), "");
}

}  // namespace
}  // namespace mpsdscope

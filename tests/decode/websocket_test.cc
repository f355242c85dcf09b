#include "decode/websocket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/http1.h"
#include "decode/message_inflater.h"
#include "tests/decode/testing/http_transcript.h"
#include "tests/decode/testing/websocket_frames.h"

namespace mpsdscope {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Takes the messages of every websocket.
class Listener final : public ExchangeSink {
 public:
  bool wants_bodies(const Exchange& /*exchange*/) override { return true; }
  bool wants_messages(const Exchange& upgrade) override {
    asked.push_back(upgrade.request.target);
    return true;
  }
  void on_exchange(ExchangePtr exchange) override { exchanges.push_back(std::move(exchange)); }

  std::vector<std::string> asked;
  std::vector<ExchangePtr> exchanges;
};

// A websocket behind its upgrade, fed like any HTTP connection.
struct Websocket : Connection {
  explicit Websocket(std::string agreed = "")
      : Connection([this](DecodeContext& /*unused*/, ConnectionInfo& connection) {
          return make_http1_connection(listening, connection);
        }),
        extensions(std::move(agreed)) {}

  void play(Transcript messages, Cut cut = {}) {
    const std::string extension =
        extensions.empty() ? "" : "Sec-WebSocket-Extensions: " + extensions + "\r\n";
    Transcript all{client("GET /connect HTTP/1.1\r\nHost: rta.example\r\nConnection: Upgrade\r\n"
                          "Upgrade: websocket\r\nAuthorization: XBL3.0 x=7;t\r\n\r\n"),
                   server("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                          "Upgrade: WebSocket\r\n" +
                          extension + "\r\n")};
    all.insert(all.end(), messages.begin(), messages.end());
    feed(all, cut);
  }

  // "> text" of the client, "< text" of the server, "end"; without the upgrade.
  std::vector<std::string> messages() const {
    std::vector<std::string> lines;
    for (const ExchangePtr& exchange : listener.exchanges) {
      if (exchange->kind == Exchange::Kind::end_of_messages) lines.emplace_back("end");
      if (exchange->kind != Exchange::Kind::message) continue;
      lines.push_back(exchange->response.present ? "< " + exchange->response.body
                                                 : "> " + exchange->request.body);
    }
    return lines;
  }

  std::string extensions;
  Listener listener;
  DecodeContext listening{keys, false, limits, report, listener};
};

std::string said(std::string_view text) {
  return frame(kFinal | kText, text, true);
}
std::string told(std::string_view text) {
  return frame(kFinal | kText, text);
}

TEST(Websocket, ReadsMessagesOfBothSidesHoweverTheyAreCut) {
  const std::string medium(300, 'm'), large(70'000, 'l');
  for (const Cut cut : cuts()) {
    Websocket websocket;
    websocket.play({client(said("hello") + said("")), server(told("hi") + told(medium)),
                    client(said(medium)), server(told(large) + told("bye"))},
                   cut);
    EXPECT_THAT(websocket.messages(), ElementsAre("> hello", "> ", "< hi", "< " + medium,
                                                  "> " + medium, "< " + large, "< bye"));
    EXPECT_EQ(websocket.count(Counter::websocket_messages), 7u);
    EXPECT_EQ(websocket.count(Counter::websockets), 1u);
    EXPECT_THAT(websocket.listener.asked, ElementsAre("/connect"));
  }
}

TEST(Websocket, GivesEveryMessageWhatItsOpeningTold) {
  Websocket websocket;
  websocket.info.tls = true;
  websocket.play({client(said("a")), server(told("b"))});
  ASSERT_EQ(websocket.listener.exchanges.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const Exchange& exchange = *websocket.listener.exchanges[i];
    EXPECT_EQ(exchange.request.authority, "rta.example");
    EXPECT_EQ(exchange.request.target, "/connect");
    EXPECT_EQ(exchange.request.scheme, "https");
    EXPECT_EQ(exchange.request.fields.find(FieldName::authorization), "XBL3.0 x=7;t");
    EXPECT_EQ(exchange.conn, 7u);
    EXPECT_EQ(exchange.stream, 1u);
    EXPECT_EQ(exchange.index, i);
  }
  EXPECT_EQ(websocket.listener.exchanges[1]->completed(),
            CaptureTime(std::chrono::milliseconds(3)));
  EXPECT_EQ(websocket.listener.exchanges[2]->completed(),
            CaptureTime(std::chrono::milliseconds(4)));
}

TEST(Websocket, JoinsFragmentsAroundControlFrames) {
  for (const Cut cut : cuts()) {
    Websocket websocket;
    websocket.play({server(frame(kText, "one, ") + frame(kFinal | kPing, "are you there") +
                           frame(kContinuation, "") + frame(kContinuation, "two, ") +
                           frame(kFinal | kContinuation, "three") + told("next"))},
                   cut);
    EXPECT_THAT(websocket.messages(), ElementsAre("< one, two, three", "< next"));
  }
}

TEST(Websocket, CountsBinaryMessagesOnly) {
  Websocket websocket;
  websocket.play({server(frame(kFinal | kBinary, "\x01\x02") + told("text"))});
  EXPECT_THAT(websocket.messages(), ElementsAre("< text"));
  EXPECT_EQ(websocket.count(Counter::websocket_messages), 2u);
}

TEST(Websocket, DecompressesWithAndWithoutTheWindowOfTheMessageBefore) {
  struct Case {
    const char* agreed;
    bool client_takeover, server_takeover;
  };
  for (const Case& c : {Case{"permessage-deflate", true, true},
                        Case{"permessage-deflate; client_no_context_takeover", false, true},
                        Case{"x-other, permessage-deflate;server_no_context_takeover ; "
                             "client_max_window_bits=10;client_no_context_takeover",
                             false, false}}) {
    for (const Cut cut : cuts()) {
      Websocket websocket(c.agreed);
      Deflater says(c.client_takeover), tells(c.server_takeover);
      // Compressed in the order in which they are sent.
      std::string said_twice, told_all;
      for (int i = 0; i < 2; ++i) {
        said_twice += frame(kFinal | kCompressed | kText, says("the same thing"), true);
      }
      const std::string first = tells("again and again and again");
      told_all += frame(kCompressed | kText, first.substr(0, 5));
      told_all += frame(kFinal | kContinuation, first.substr(5)) + told("plain");
      told_all += frame(kFinal | kCompressed | kText, tells("again and again and again"));
      told_all += frame(kFinal | kCompressed | kText, tells(""));
      websocket.play({client(said_twice), server(told_all)}, cut);
      EXPECT_THAT(websocket.messages(),
                  ElementsAre("> the same thing", "> the same thing", "< again and again and again",
                              "< plain", "< again and again and again", "< "))
          << c.agreed;
    }
  }
}

TEST(Websocket, TellsOnceThatItEnded) {
  const std::string close = frame(kFinal | kClose, "\x03\xE8");
  const Transcript by_frame{server(told("a") + close + told("late")),
                            client(frame(kFinal | kClose, "\x03\xE8", true)), client_ends(),
                            server_ends()};
  for (const Cut cut : cuts()) {
    Websocket websocket;
    websocket.play(by_frame, cut);
    EXPECT_THAT(websocket.messages(), ElementsAre("< a", "end"));
  }
  Websocket closed, reset, unknown;
  closed.play({server_ends(), client_ends()});
  EXPECT_THAT(closed.messages(), ElementsAre("end"));
  reset.play({client_ends(StreamEnd::reset)});
  EXPECT_THAT(reset.messages(), ElementsAre("end"));
  unknown.play({client_ends(StreamEnd::unknown), server_ends(StreamEnd::unknown)});
  EXPECT_THAT(unknown.messages(), IsEmpty());
}

TEST(Websocket, GivesUpADirectionThatIsNoWebsocket) {
  const std::string eight_mib_and_more("\x81\x7F\x80\0\0\0\0\0\0\0", 10);
  const std::vector<std::string> wrong{
      frame(kFinal | kText, "a", true),          // masked by a server
      frame(kFinal | 3, "a"),                    // an opcode that does not exist
      frame(kFinal | 0x20 | kText, "a"),         // RSV2
      frame(kFinal | kCompressed | kText, "a"),  // RSV1, and no extension
      frame(kFinal | kContinuation, "a"),        // continues nothing
      frame(kText, "a") + told("b"),             // interrupts a message
      frame(kPing, "a"),                         // a control frame in fragments
      frame(kFinal | kPing, std::string(126, 'p')),
      eight_mib_and_more,
  };
  for (const std::string& bytes : wrong) {
    for (const Cut cut : cuts()) {
      Websocket websocket;
      websocket.play({server(told("before") + bytes + told("after")), client(said("other"))}, cut);
      EXPECT_THAT(websocket.messages(), ElementsAre("< before", "> other"));
      EXPECT_EQ(websocket.count(Counter::websocket_lost), 1u);
    }
  }
  Websocket unmasked;
  unmasked.play({client(told("a")), server(told("b"))});
  EXPECT_THAT(unmasked.messages(), ElementsAre("< b"));
}

TEST(Websocket, DropsWhatIsTooLong) {
  for (const Cut cut : cuts()) {
    Websocket websocket;
    websocket.limits.max_websocket_message = 100;
    const std::string most(100, 'x');
    websocket.play({server(told(most) + told(most + "y") + frame(kText, most) +
                           frame(kFinal | kContinuation, "y") + told("after"))},
                   cut);
    EXPECT_THAT(websocket.messages(), ElementsAre("< " + most, "< after"));
    EXPECT_EQ(websocket.count(Counter::websocket_dropped), 2u);
    EXPECT_EQ(websocket.count(Counter::websocket_lost), 0u);
    EXPECT_LT(websocket.most_buffered, 2'000u);
  }
}

TEST(Websocket, DropsWhatDecompressesToTooMuchOrNotAtAll) {
  const std::string bomb(100'000, 'x');
  for (const bool takeover : {true, false}) {
    for (const bool damaged : {true, false}) {
      Websocket websocket(takeover ? "permessage-deflate"
                                   : "permessage-deflate; server_no_context_takeover");
      websocket.limits.max_websocket_message = 1'000;
      Deflater tells(takeover);
      const std::string payload = damaged ? "\xFF\xFF\xFF" : tells(bomb);
      const std::string after = tells("after");
      websocket.play({server(frame(kFinal | kCompressed | kText, payload) +
                             frame(kFinal | kCompressed | kText, after) + told("plain"))});
      EXPECT_EQ(websocket.count(Counter::websocket_dropped), 1u);
      EXPECT_EQ(websocket.count(Counter::websocket_lost), takeover ? 1u : 0u);
      if (takeover) {
        EXPECT_THAT(websocket.messages(), IsEmpty());
      } else {
        EXPECT_THAT(websocket.messages(), ElementsAre("< after", "< plain"));
      }
    }
  }
}

TEST(Websocket, GoesOnAfterAGapWithinAPayload) {
  Websocket websocket;
  const std::string whole = told("0123456789");
  websocket.play({server(whole.substr(0, 5)), server_lost(4), server(whole.substr(9) + told("b")),
                  server(whole.substr(0, 6)), server_lost(6), server(told("c")),
                  server(frame(kText, "d") + frame(kFinal | kContinuation, "efg").substr(0, 3)),
                  server_lost(2), server(told("h"))});
  EXPECT_THAT(websocket.messages(), ElementsAre("< b", "< c", "< h"));
  EXPECT_EQ(websocket.count(Counter::websocket_dropped), 3u);
  EXPECT_EQ(websocket.count(Counter::websocket_lost), 0u);
}

TEST(Websocket, GivesUpAfterAnyOtherGap) {
  for (const std::uint64_t length : {0u, 11u}) {
    Websocket websocket;
    websocket.play({server(told("0123456789").substr(0, 2)), server_lost(length),
                    server(told("after")), client(said("other"))});
    EXPECT_THAT(websocket.messages(), ElementsAre("> other"));
    EXPECT_EQ(websocket.count(Counter::websocket_lost), 1u);
  }
  Websocket compressed("permessage-deflate");
  Deflater tells(true);
  const std::string whole = frame(kFinal | kCompressed | kText, tells("something"));
  compressed.play({server(whole.substr(0, 4)), server_lost(2), server(whole.substr(6)),
                   server(frame(kFinal | kCompressed | kText, tells("something")))});
  EXPECT_THAT(compressed.messages(), IsEmpty());
  EXPECT_EQ(compressed.count(Counter::websocket_lost), 1u);
}

TEST(Websocket, NobodyWantsOtherUpgrades) {
  Websocket websocket;
  websocket.feed(
      {client("GET /x HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n"),
       server("HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n" + told("a"))});
  EXPECT_THAT(websocket.messages(), IsEmpty());
  EXPECT_EQ(websocket.listener.exchanges.size(), 1u);
  EXPECT_EQ(websocket.count(Counter::websockets), 1u);
  EXPECT_EQ(websocket.count(Counter::websocket_lost), 0u);
}

TEST(MessageInflater, ReadsBlocksThatSayTheyAreTheLast) {
  // RFC 7692 §7.2.3.4 "Hello" with BFINAL set, and a byte that is no data.
  const std::string final_block("\xF3\x48\xCD\xC9\xC9\x07\x00\x00", 8);
  for (const bool takeover : {true, false}) {
    MessageInflater inflater(takeover);
    std::string out;
    for (int i = 0; i < 3; ++i) {
      ASSERT_EQ(inflater.inflate(final_block, 100, out), MessageInflater::Outcome::inflated);
      EXPECT_EQ(out, "Hello");
    }
  }
}

TEST(MessageInflater, StopsAtTheLimit) {
  Deflater deflate(false);
  const std::string packed = deflate(std::string(5'000, 'a'));
  std::string out;
  EXPECT_EQ(MessageInflater(false).inflate(packed, 5'000, out), MessageInflater::Outcome::inflated);
  EXPECT_EQ(out.size(), 5'000u);
  EXPECT_EQ(MessageInflater(false).inflate(packed, 4'999, out),
            MessageInflater::Outcome::over_limit);
  EXPECT_EQ(MessageInflater(false).inflate(deflate(""), 0, out),
            MessageInflater::Outcome::inflated);
}

}  // namespace
}  // namespace mpsdscope

// The two directions of an HTTP/1.x connection, and what connects them.
#pragma once

#include <memory>
#include <string>

#include "decode/exchange_builder.h"
#include "decode/http1_parser.h"
#include "decode/http1_queue.h"
#include "decode/http1_sync.h"
#include "decode/stream.h"
#include "decode/websocket.h"

namespace mpsdscope {

// RFC 9110 §15.2; but 101 is the last response in HTTP.
inline bool is_interim(int status) {
  return status < 200 && status != 101;
}

// A response that began before the request's head was read was taken to be to the last host.
inline void forget_guess(HttpRequest& request) {
  request.authority.clear();
  request.authority_guessed = false;
  request.scheme.clear();
}

class Http1Connection final : public StreamSink, private Http1Events {
 public:
  Http1Connection(DecodeContext& context, ConnectionInfo& info, Http1Heads heads);

  void on_data(Direction direction, CaptureTime time, Bytes bytes) override;
  void on_gap(Direction direction, CaptureTime time, std::uint64_t length) override;
  void on_end(Direction direction, CaptureTime time, StreamEnd end) override;
  void on_tick(CaptureTime time) override;
  std::size_t buffered_bytes() const override;
  bool under_way() const override;

 private:
  struct Side {
    Side(Direction direction, const Limits& limits, Http1Heads heads, Http1Events& events)
        : parser(direction, limits, heads, events), sync(direction) {}
    Http1Parser parser;
    Http1Sync sync;
    bool begun = false;    // anything came before
    bool seeking = false;  // sync looks for the next message
    bool joined = false;   // the search is for the first message: nothing of it was lost here
    bool ended = false;
    StreamEnd end = StreamEnd::unknown;
  };
  // What follows on the connection once the message being read is complete.
  enum class Next : std::uint8_t { http, http2, tunnel, other };

  void on_message_begin(Http1Parser& parser) override;
  Framing on_head(Http1Parser& parser) override;
  void on_content(Http1Parser& parser, std::string_view piece) override;
  void on_message_complete(Http1Parser& parser) override;

  void begin_request(Http1Parser& parser);
  void begin_response(Http1Parser& parser);
  Framing request_head(Http1Parser& parser);
  Framing response_head(Http1Parser& parser);
  void keep_response_head(Http1Parser& parser);
  void request_complete(Http1Parser& parser);
  void response_complete(Http1Parser& parser);

  void lose_bytes(Direction direction, CaptureTime time, std::uint64_t length);
  void feed(Side& side, CaptureTime time, std::string_view bytes);
  std::string_view seek(Side& side, CaptureTime time, std::string_view bytes);
  void count_skipped(Side& side, std::size_t bytes);
  void after(Side& side, const Http1Parser::Step& step, CaptureTime time, std::string_view rest);

  // The message under way ends here, with that defect; then the next one is looked for.
  void lose_request(Defect defect, bool surely, bool within_chunk);
  void lose_response(Defect defect, bool within_chunk);
  bool take_surplus();
  void finish_surplus();
  void search(Side& side, bool within_chunk);
  void note_malformed(Exchange& exchange, Defect defect, const Http1Parser& parser);
  void end_request(Defect defect);
  void end_refused_request(std::string_view bytes);
  void end_response(Defect defect);

  void hold(CaptureTime time, std::string_view bytes);
  void release_held();
  void abandon_held();
  void note_upgrade(const Exchange& exchange);
  void switch_protocol(CaptureTime time, std::string_view rest);
  std::unique_ptr<StreamSink> make_next(std::uint32_t stream);

  OpenExchange& responding() { return orphan_active_ ? orphan_ : queue_.oldest(); }
  void hand_over(OpenExchange open);
  void flush();
  void emit_oldest();
  void emit_finished();
  void give_up(PendingRequest request);
  PendingRequest take_oldest();
  void end_unanswered();

  Side& side(Direction direction) {
    return direction == Direction::to_server ? requests_ : responses_;
  }

  ExchangeBuilder builder_;
  Side requests_;
  Side responses_;
  Http1Queue queue_;
  OpenExchange orphan_;  // the response under way, when it has no request
  bool orphan_active_ = false;
  OpenExchange done_;  // over; given on when the call ends that completed it
  // A response behind whose end bytes came, until they have all come.
  struct Surplus {
    OpenExchange open;  // none: the oldest that waits, whose request goes on
    bool active = false;
    bool of_previous = false;  // that one was given on: `open` was made to tell of them
    std::uint32_t stream = 0;
    std::uint64_t bytes = 0;
  };
  Surplus surplus_;
  std::uint32_t exchanges_ = 0;
  bool client_left_ =
      false;  // reset, or ended within a response: what is missing is no one's fault

  Next next_ = Next::http;
  std::string connect_authority_;
  std::unique_ptr<WebsocketUpgrade> websocket_;  // whose messages are wanted
  bool holding_ = false;  // request bytes wait for the answer to CONNECT or Upgrade
  bool held_lost_ = false;
  std::string held_;
  CaptureTime held_time_{};
  std::unique_ptr<StreamSink> tunnel_;
  bool dropped_ = false;  // what follows is another protocol
};

}  // namespace mpsdscope

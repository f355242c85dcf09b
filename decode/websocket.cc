#include "decode/websocket.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "decode/ascii.h"
#include "decode/exchange_builder.h"
#include "decode/http_fields.h"
#include "decode/message_inflater.h"
#include "decode/websocket_reader.h"

namespace mpsdscope {
namespace {

class WebsocketConnection final : public StreamSink {
 public:
  WebsocketConnection(DecodeContext& context, ConnectionInfo& info, WebsocketUpgrade upgrade)
      : context_(context),
        builder_(context, info),
        upgrade_(std::move(upgrade)),
        sides_{Side(Direction::to_server, upgrade_.compression.agreed,
                    upgrade_.compression.client_takeover, context.limits.max_websocket_message),
               Side(Direction::to_client, upgrade_.compression.agreed,
                    upgrade_.compression.server_takeover, context.limits.max_websocket_message)} {}

  void on_data(Direction direction, CaptureTime time, Bytes bytes) override {
    Side& side = sides_[index_of(direction)];
    while (!side.over && !bytes.empty()) {
      const WebsocketReader::Step step = side.reader.read(time, bytes);
      bytes = bytes.subspan(step.consumed);
      switch (step.outcome) {
        case WebsocketReader::Outcome::more:
          break;
        case WebsocketReader::Outcome::message:
          message(side, direction, time);
          break;
        case WebsocketReader::Outcome::dropped:
          drop(side);
          break;
        case WebsocketReader::Outcome::close:
          side.over = true;
          end(direction, time);
          break;
        case WebsocketReader::Outcome::error:
          give_up(side);
          break;
      }
    }
  }

  void on_gap(Direction direction, CaptureTime /*time*/, std::uint64_t length) override {
    Side& side = sides_[index_of(direction)];
    if (!side.over && !side.reader.lose(length)) give_up(side);
  }

  void on_end(Direction direction, CaptureTime time, StreamEnd how) override {
    sides_[index_of(direction)].over = true;
    if (how != StreamEnd::unknown) end(direction, time);
  }

  std::size_t buffered_bytes() const override {
    std::size_t bytes = upgrade_.authorization.size();
    for (const Side& side : sides_) {
      bytes += side.reader.buffered() + (side.inflater ? MessageInflater::kMemory : 0);
    }
    return bytes;
  }

 private:
  struct Side {
    Side(Direction direction, bool compression, bool keeps_window, std::size_t max_message)
        : reader(direction, compression, max_message), takeover(keeps_window) {}
    WebsocketReader reader;
    bool takeover;
    std::unique_ptr<MessageInflater> inflater;  // since the first compressed message
    bool over = false;                          // nothing more is read
  };

  void message(Side& side, Direction direction, CaptureTime time) {
    context_.report.add(Counter::websocket_messages);
    if (side.reader.compressed()) {
      if (!side.inflater) side.inflater = std::make_unique<MessageInflater>(side.takeover);
      std::string text;
      const std::size_t most = context_.limits.max_websocket_message;
      if (side.inflater->inflate(side.reader.payload(), most, text) !=
          MessageInflater::Outcome::inflated) {
        return drop(side);
      }
      side.reader.payload().swap(text);
    }
    if (!side.reader.text()) return;
    OpenExchange open = begin(Exchange::Kind::message, direction, side.reader.begin(), time);
    Exchange& exchange = *open.exchange;
    std::string& body =
        direction == Direction::to_server ? exchange.request.body : exchange.response.body;
    body.swap(side.reader.payload());
    builder_.hand_over(std::move(open), upgrade_.stream);
  }

  // Of a compressed message the ones behind it need the window, too.
  void drop(Side& side) {
    context_.report.add(Counter::websocket_dropped);
    if (side.reader.compressed() && side.takeover) give_up(side);
  }

  void give_up(Side& side) {
    side.over = true;
    side.inflater.reset();
    context_.report.add(Counter::websocket_lost);
  }

  // Either side may end it; then nothing is told any more.
  void end(Direction direction, CaptureTime time) {
    if (std::exchange(ended_, true)) return;
    builder_.hand_over(begin(Exchange::Kind::end_of_messages, direction, time, time),
                       upgrade_.stream);
  }

  OpenExchange begin(Exchange::Kind kind, Direction direction, CaptureTime first,
                     CaptureTime last) {
    OpenExchange open = builder_.begin();
    open.request_done = open.response_done = true;
    Exchange& exchange = *open.exchange;
    exchange.kind = kind;
    exchange.request.scheme = upgrade_.scheme;
    exchange.request.authority = upgrade_.authority;
    exchange.request.target = upgrade_.target;
    if (!upgrade_.authorization.empty()) {
      exchange.request.fields.add("Authorization", upgrade_.authorization);
    }
    const bool asks = direction == Direction::to_server;
    (asks ? exchange.request.present : exchange.response.present) = true;
    (asks ? exchange.request.begin : exchange.response.begin) = first;
    (asks ? exchange.request.end : exchange.response.end) = std::max(first, last);
    return open;
  }

  DecodeContext& context_;
  ExchangeBuilder builder_;
  WebsocketUpgrade upgrade_;
  std::array<Side, 2> sides_;
  bool ended_ = false;
};

// The next element of a list, up to the separator, without whitespace.
std::string_view take_element(std::string_view& list, char separator) {
  const std::size_t end = std::min(list.find(separator), list.size());
  const std::string_view element = trim_ows(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return element;
}

}  // namespace

MessageCompression parse_message_compression(std::string_view extensions) {
  MessageCompression compression;
  while (!extensions.empty() && !compression.agreed) {
    std::string_view extension = take_element(extensions, ',');
    if (!equals_ignoring_case(take_element(extension, ';'), "permessage-deflate")) continue;
    compression.agreed = true;
    while (!extension.empty()) {
      const std::string_view parameter = take_element(extension, ';');
      if (equals_ignoring_case(parameter, "client_no_context_takeover")) {
        compression.client_takeover = false;
      } else if (equals_ignoring_case(parameter, "server_no_context_takeover")) {
        compression.server_takeover = false;
      }
    }
  }
  return compression;
}

std::unique_ptr<WebsocketUpgrade> WebsocketUpgrade::of(const Exchange& exchange) {
  const HttpRequest& request = exchange.request;
  const FieldLines& answer = exchange.response.fields;
  if (!equals_ignoring_case(trim_ows(answer.find(FieldName::upgrade).value_or("")), "websocket")) {
    return nullptr;
  }
  auto upgrade = std::make_unique<WebsocketUpgrade>();
  upgrade->scheme = request.scheme;
  upgrade->authority = request.authority;
  upgrade->target = request.target;
  upgrade->authorization = request.fields.find(FieldName::authorization).value_or("");
  upgrade->compression =
      parse_message_compression(answer.find(FieldName::sec_websocket_extensions).value_or(""));
  return upgrade;
}

std::unique_ptr<StreamSink> make_websocket_connection(DecodeContext& context, ConnectionInfo& info,
                                                      WebsocketUpgrade upgrade) {
  return std::make_unique<WebsocketConnection>(context, info, std::move(upgrade));
}

}  // namespace mpsdscope

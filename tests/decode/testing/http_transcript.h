// Transcripts of HTTP connections: what each side sends, where bytes are lost, how it ends; fed
// whole, byte by byte and in random pieces; and the exchanges that come out, as lines of text.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "decode/context.h"
#include "decode/exchange.h"
#include "decode/stream.h"

namespace mpsdscope::testing {

class ExchangeRecorder : public ExchangeSink {
 public:
  bool wants_bodies(const Exchange& exchange) override {
    asked.push_back(exchange.request.method + " " + exchange.request.target);
    return wanted;
  }
  bool wants_response_body(const Exchange& exchange) override {
    return exchange.response.status == wanted_status;
  }
  void on_exchange(ExchangePtr exchange) override { exchanges.push_back(std::move(exchange)); }

  bool wanted = true;
  int wanted_status = 0;  // of responses whose bodies are wanted nevertheless
  std::vector<std::string> asked;
  std::vector<ExchangePtr> exchanges;
};

struct Event {
  enum class Kind { data, gap, end };
  Kind kind;
  Direction direction;
  std::string bytes;
  std::uint64_t length = 0;
  StreamEnd end = StreamEnd::closed;
};

inline Event client(std::string bytes) {
  return {Event::Kind::data, Direction::to_server, std::move(bytes)};
}
inline Event server(std::string bytes) {
  return {Event::Kind::data, Direction::to_client, std::move(bytes)};
}
inline Event lost(Direction direction, std::uint64_t length) {
  return {Event::Kind::gap, direction, "", length};
}
inline Event client_lost(std::uint64_t length) {
  return lost(Direction::to_server, length);
}
inline Event server_lost(std::uint64_t length) {
  return lost(Direction::to_client, length);
}
inline Event client_ends(StreamEnd end = StreamEnd::closed) {
  return {Event::Kind::end, Direction::to_server, "", 0, end};
}
inline Event server_ends(StreamEnd end = StreamEnd::closed) {
  return {Event::Kind::end, Direction::to_client, "", 0, end};
}

using Transcript = std::vector<Event>;

inline std::string fields_of(const FieldLines& fields) {
  std::string text;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!text.empty()) text += "; ";
    text += std::string(fields[i].name) + "=" + std::string(fields[i].value);
  }
  return text;
}

inline std::string defects_of(const Exchange& exchange) {
  std::string text;
  for (unsigned i = 0; i < static_cast<unsigned>(Defect::count_); ++i) {
    const auto defect = static_cast<Defect>(i);
    if (exchange.defects.has(defect)) text += " !" + std::string(name_of(defect));
  }
  return text;
}

// "GET /x -> 200 'body' !defect": the columns most tests compare.
inline std::string brief(const Exchange& exchange) {
  const HttpRequest& request = exchange.request;
  const HttpResponse& response = exchange.response;
  std::string text = request.present ? request.method + " " + request.target : "?";
  if (!request.body.empty()) text += " '" + request.body + "'";
  text += " -> " + (response.present ? std::to_string(response.status) : std::string("?"));
  if (!response.body.empty()) text += " '" + response.body + "'";
  return text + defects_of(exchange);
}

// Everything but times.
inline std::string full(const Exchange& exchange) {
  const HttpRequest& q = exchange.request;
  const HttpResponse& s = exchange.response;
  return std::to_string(exchange.index) + "/" + std::to_string(exchange.stream) + " " +
         brief(exchange) + " {" + q.scheme + "://" + q.authority + "|" + fields_of(q.fields) + "|" +
         std::to_string(q.body_length) + "} {" + s.reason + "|" + fields_of(s.fields) + "|" +
         std::to_string(s.body_length) + "|" + fields_of(s.trailers) + "} " + exchange.malformed;
}

using MakeConnection =
    std::function<std::unique_ptr<StreamSink>(DecodeContext& context, ConnectionInfo& info)>;

// How the bytes of each event are cut into chunks.
struct Cut {
  enum class Kind { whole, bytes, random };
  Kind kind = Kind::whole;
  unsigned seed = 0;
};

// One connection and all that it needs. Settings may be changed before feed().
struct Connection {
  explicit Connection(MakeConnection make_connection) : make(std::move(make_connection)) {
    info.conn = 7;
    info.client.port = 50'000;
    info.server.port = 80;
  }

  void feed(const Transcript& transcript, Cut cut = {}) {
    if (!sink) sink = make(context, info);
    std::mt19937 random(cut.seed);
    for (const Event& event : transcript) {
      now += std::chrono::milliseconds(1);
      if (event.kind == Event::Kind::gap) {
        sink->on_gap(event.direction, now, event.length);
      } else if (event.kind == Event::Kind::end) {
        sink->on_end(event.direction, now, event.end);
      } else {
        feed_bytes(event, cut, random);
      }
      most_buffered = std::max(most_buffered, sink->buffered_bytes());
    }
  }

  std::vector<std::string> briefs() const { return lines(brief); }
  std::vector<std::string> fulls() const { return lines(full); }
  const Exchange& operator[](std::size_t i) const { return *recorder.exchanges.at(i); }
  std::uint64_t count(Counter counter) const { return report[counter]; }

  MakeConnection make;
  KeyLog keys;
  Limits limits;
  DecodeReport report;
  ExchangeRecorder recorder;
  DecodeContext context{keys, false, limits, report, recorder};
  ConnectionInfo info;
  CaptureTime now{};
  std::unique_ptr<StreamSink> sink;
  std::size_t most_buffered = 0;

 private:
  void feed_bytes(const Event& event, Cut cut, std::mt19937& random) {
    std::string_view rest = event.bytes;
    while (!rest.empty()) {
      std::size_t n = rest.size();
      if (cut.kind == Cut::Kind::bytes) n = 1;
      if (cut.kind == Cut::Kind::random) n = std::min<std::size_t>(n, 1 + random() % 40);
      // An exact-size copy, so that a sanitizer sees a read past the end.
      const std::vector<std::uint8_t> chunk(rest.begin(),
                                            rest.begin() + static_cast<std::ptrdiff_t>(n));
      sink->on_data(event.direction, now, chunk);
      rest.remove_prefix(n);
    }
  }
  std::vector<std::string> lines(std::string (*format)(const Exchange&)) const {
    std::vector<std::string> all;
    for (const ExchangePtr& exchange : recorder.exchanges) all.push_back(format(*exchange));
    return all;
  }
};

// Every way of cutting that a test tries.
inline std::vector<Cut> cuts() {
  std::vector<Cut> all{{Cut::Kind::whole, 0}, {Cut::Kind::bytes, 0}};
  for (unsigned seed = 1; seed <= 8; ++seed) all.push_back({Cut::Kind::random, seed});
  return all;
}

}  // namespace mpsdscope::testing

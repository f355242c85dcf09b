// How fuzz inputs of the HTTP decoders are read: a list of events.
//   op (low 3 bits: 0 client data, 1 server data, 2 client loses, 3 server loses, 4 client ends,
//   5 server ends, 6 time steps back, 7 both join in the middle), 2 bytes little-endian length,
//   data.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "decode/context.h"
#include "decode/stream.h"

namespace mpsdscope::fuzz {

class Sink : public ExchangeSink {
 public:
  bool wants_bodies(const Exchange& exchange) override { return exchange.request.target != "/-"; }
  void on_exchange(ExchangePtr exchange) override {
    if (exchange->index != exchanges.size()) std::abort();
    const HttpRequest& q = exchange->request;
    const HttpResponse& s = exchange->response;
    if (q.end < q.begin || s.end < s.begin) std::abort();
    if (q.present && exchange->defects.has(Defect::request_missing)) std::abort();
    std::string text = q.method + " " + q.target + " " + q.scheme + " " + q.authority + " " +
                       q.body + " " + std::to_string(q.body_length) + " " +
                       std::to_string(s.status) + " " + s.reason + " " + s.body + " " +
                       std::to_string(s.body_length) + " " + exchange->malformed;
    for (const FieldLines* fields : {&q.fields, &s.fields, &s.trailers}) {
      for (std::size_t i = 0; i < fields->size(); ++i) {
        text += "\n" + std::string((*fields)[i].name) + ":" + std::string((*fields)[i].value);
      }
    }
    for (unsigned i = 0; i < static_cast<unsigned>(Defect::count_); ++i) {
      text += exchange->defects.has(static_cast<Defect>(i)) ? '1' : '0';
    }
    exchanges.push_back(std::move(text));
  }
  std::vector<std::string> exchanges;
};

struct Run {
  std::vector<std::string> exchanges;
  DecodeReport report;
};

template <class Make>
Run run(Make make, Bytes input, std::size_t chunk) {
  KeyLog keys;
  Limits limits;
  limits.max_head_bytes = 4'096;
  limits.max_body_bytes = 2'048;
  limits.max_decoded_body_bytes = 8'192;
  limits.max_h2_streams = 8;
  limits.max_h2_header_list = 4'096;
  limits.max_pipelined = 8;
  Run result;
  Sink sink;
  DecodeContext context{keys, false, limits, result.report, sink};
  ConnectionInfo info;
  const std::unique_ptr<StreamSink> stream = make(context, info);
  CaptureTime now{};
  ByteReader reader(input);
  while (reader.remaining() > 3) {
    const unsigned op = reader.u8() % 8;
    const std::size_t low = reader.u8();
    const std::size_t length = low | std::size_t{reader.u8()} << 8;
    const auto direction = static_cast<Direction>(op & 1);
    now += std::chrono::milliseconds(1);
    if (op < 2) {
      Bytes data = reader.take(std::min(length, reader.remaining()));
      while (!data.empty()) {
        const Bytes piece = data.first(std::min(chunk, data.size()));
        const std::vector<std::uint8_t> exact(piece.begin(), piece.end());
        stream->on_data(direction, now, exact);
        data = data.subspan(piece.size());
      }
    } else if (op < 4) {
      stream->on_gap(direction, now, length);
    } else if (op < 6) {
      stream->on_end(direction, now, static_cast<StreamEnd>(length % 3));
    } else if (op == 6) {
      now -= std::chrono::milliseconds(length);
    } else {
      stream->on_gap(Direction::to_server, now, 0);
      stream->on_gap(Direction::to_client, now, 0);
    }
    if (stream->buffered_bytes() > 4u << 20) std::abort();
  }
  stream->on_end(Direction::to_server, now, StreamEnd::unknown);
  stream->on_end(Direction::to_client, now, StreamEnd::unknown);
  result.exchanges = std::move(sink.exchanges);
  return result;
}

}  // namespace mpsdscope::fuzz

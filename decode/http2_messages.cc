// From the header lists and ends of HTTP/2 streams to requests and responses (RFC 9113 §8.1).
#include <algorithm>
#include <utility>

#include "decode/http2_connection.h"

namespace mpsdscope {
namespace {

constexpr const char* kHeadersAfterEnd = "HEADERS after the end of the response";

// More than was declared is too much, whatever was lost.
bool differs(std::optional<std::uint64_t> declared, std::uint64_t length, bool lost) {
  return declared && (lost ? length > *declared : length != *declared);
}

}  // namespace

// Ids only grow (RFC 9113 §5.1.1): a lower one is of a stream that is closed, unless its request
// was lost.
Http2Connection::Stream* Http2Connection::stream_of_block(const Block& block, bool of_request) {
  const std::uint32_t id = block.promised != 0 ? block.promised : block.stream;
  if (Stream* const known = find(id)) return known;
  const bool push = id % 2 == 0;
  const bool request_lost =
      !of_request && side(push ? Direction::to_client : Direction::to_server).losses > 0;
  std::uint32_t& last = push ? last_push_ : last_request_;
  if (id <= last) {
    if (!request_lost || !skipped_.take(id)) {
      if (!of_request) on_surplus(id, kHeadersAfterEnd);
      return nullptr;
    }
  } else {
    if (push && block.promised == 0 && !request_lost) return nullptr;
    skipped_.add_between(last, id);
    last = id;
  }
  Stream& stream = open(id);
  stream.request_done = request_lost;
  if (push) stream.exchange->defects.add(Defect::pushed);
  return &stream;
}

void Http2Connection::block_complete(Side& side) {
  const Block& block = side.block;
  const bool of_request = side.reader.direction() == Direction::to_server || block.promised != 0;
  Stream* const stream = stream_of_block(block, of_request);
  if (stream == nullptr) return;
  of_request ? request_block(*stream, side) : response_block(*stream, side);
  const std::uint32_t id = block.promised != 0 ? block.promised : block.stream;
  end_unanswered(id, *stream);
  emit_if_done(id);
}

void Http2Connection::note_malformed(Exchange& exchange, Defect defect,
                                     const Http2HeaderList& list) {
  if (list.too_large) {
    builder_.head_over_limit(exchange, defect, list.problem);
  } else {
    builder_.malformed(exchange, defect, list.problem);
  }
}

void Http2Connection::request_block(Stream& stream, Side& side) {
  Block& block = side.block;
  Http2HeaderList& list = block.list;
  Exchange& exchange = *stream.exchange;
  HttpRequest& request = exchange.request;
  if (stream.request_done) return;
  const CaptureTime now = side.reader.now();
  if (!stream.request_head) {
    list.check_request();
    stream.request_head = true;
    stream.tunnel = list.method == "CONNECT";
    stream.extended = stream.tunnel && !list.protocol.empty();
    request.present = !list.method.empty() && !list.cut;
    request.version = HttpVersion::http_2;
    request.begin = block.begun;
    request.end = std::max(block.begun, now);
    request.method = list.method;
    request.scheme = list.scheme;
    request.authority = without_userinfo(list.authority);
    request.target = stream.tunnel && list.path.empty() ? list.authority : list.path;
    std::swap(request.fields, list.fields);
    stream.request_length = read_content_length(request.fields, list.problem);
    builder_.request_head(stream);
  } else {
    list.check_trailers();
    if (list.problem.empty() && !block.end_stream) list.problem = "Trailers do not end the stream";
  }
  if (!list.problem.empty()) {
    note_malformed(exchange, Defect::request_malformed, list);
  }
  if (list.cut) {
    const bool by_client = side.ended && side.end != StreamEnd::unknown;
    exchange.defects.add(by_client ? Defect::request_truncated : Defect::request_gap);
  }
  if (block.end_stream || block.promised != 0) end_of_request(stream, now);
}

void Http2Connection::response_block(Stream& stream, Side& side) {
  Block& block = side.block;
  Http2HeaderList& list = block.list;
  Exchange& exchange = *stream.exchange;
  HttpResponse& response = exchange.response;
  if (stream.response_done) {
    if (stream.server_ended && side.losses == 0) {
      builder_.malformed(exchange, Defect::response_malformed, kHeadersAfterEnd);
    }
    return;
  }
  if (block.end_stream) stream.server_ended = true;
  const CaptureTime now = side.reader.now();
  if (!response.present && list.status.empty() && (list.cut || unsure_of_response(stream))) {
    // A head that cannot be read, or the trailers of one that is lost.
    exchange.defects.add(Defect::response_gap);
    stream.response_sure = kNever;
    if (block.end_stream) end_of_response(stream, now);
    return;
  }
  if (!response.present) {
    list.check_response();
    const int status = list.status_code();
    if (status / 100 == 1 && list.problem.empty() && !block.end_stream) return;  // interim
    response.present = true;
    response.head_cut = list.cut || list.too_large;
    stream.response_sure = side.losses;
    if (list.cut) exchange.defects.add(Defect::response_gap);
    response.version = HttpVersion::http_2;
    response.status = status;
    response.begin = block.begun;
    response.end = std::max(block.begun, now);
    std::swap(response.fields, list.fields);
    stream.response_length = read_content_length(response.fields, list.problem);
    builder_.hold(stream, response.fields.byte_size());
    if (!stream.request_head) builder_.response_head(stream);
  } else {
    list.check_trailers();
    if (list.problem.empty() && !block.end_stream) list.problem = "Trailers do not end the stream";
    std::swap(response.trailers, list.fields);
    if (list.cut) exchange.defects.add(Defect::response_gap);
  }
  if (!list.problem.empty()) {
    note_malformed(exchange, Defect::response_malformed, list);
  }
  if (stream.tunnel && response.status / 100 == 2) {
    // The stream is a tunnel from here on; its bytes are nobody's content.
    open_tunnel(stream, block.stream);
    stream.request_length = stream.response_length = std::nullopt;
    end_of_request(stream, now);
    end_of_response(stream, now);
  } else if (block.end_stream) {
    end_of_response(stream, now);
  }
}

void Http2Connection::end_of_request(Stream& stream, CaptureTime time) {
  if (stream.request_done) return;
  Exchange& exchange = *stream.exchange;
  HttpRequest& request = exchange.request;
  stream.request_done = true;
  request.end = std::max(request.begin, time);
  settle_request(stream);
  if (!differs(stream.request_length, request.body_length,
               exchange.defects.has(Defect::request_gap)) ||
      exchange.defects.has(Defect::pushed)) {
    return;
  }
  // Whoever has the whole answer may leave off (RFC 9113 §8.1); some end the stream for that.
  if (stream.response_done && request.body_length < *stream.request_length) {
    exchange.defects.add(Defect::request_truncated);
  } else {
    builder_.malformed(exchange, Defect::request_malformed,
                       "content-length " + std::to_string(*stream.request_length) + ", but " +
                           std::to_string(request.body_length) + " bytes of content");
  }
}

void Http2Connection::end_of_response(Stream& stream, CaptureTime time) {
  if (stream.response_done) return;
  Exchange& exchange = *stream.exchange;
  HttpResponse& response = exchange.response;
  stream.response_done = true;
  response.end = std::max(response.begin, time);
  settle_response(stream);
  const bool head = exchange.request.method == "HEAD";
  // RFC 9110 §6.4.1.
  if ((head || response.status == 204 || response.status == 304) && response.body_length > 0) {
    builder_.malformed(exchange, Defect::response_malformed,
                       std::to_string(response.body_length) + " bytes of content in a " +
                           (head ? "response to HEAD" : std::to_string(response.status)));
  }
  // RFC 9110 §8.6: these tell the length of what a GET would have brought.
  const bool no_content = head || exchange.request.method.empty() || response.status == 304;
  if (differs(stream.response_length, response.body_length,
              exchange.defects.has(Defect::response_gap)) &&
      !(no_content && response.body_length == 0)) {
    builder_.malformed(exchange, Defect::response_malformed,
                       "content-length " + std::to_string(*stream.response_length) + ", but " +
                           std::to_string(response.body_length) + " bytes of content");
  }
}

}  // namespace mpsdscope

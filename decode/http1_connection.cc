#include "decode/http1_connection.h"

#include <algorithm>
#include <utility>

#include "decode/http_fields.h"

namespace mpsdscope {
namespace {

// Room that most heads fit in.
constexpr std::size_t kUsualLines = 16, kUsualHead = 512;

// A declared length is a claim: no more room than this is made before bytes come.
constexpr std::uint64_t kMaxReserve = 16 * 1024;

// RFC 7540 §3.2: HTTP/2 over cleartext.
bool upgrades_to_http2(const FieldLines& fields) {
  const auto upgrade = fields.find(FieldName::upgrade);
  return upgrade && equals_ignoring_case(trim_ows(*upgrade), "h2c");
}

void reserve(std::string& body, const Http1Parser& parser) {
  body.reserve(static_cast<std::size_t>(std::min(parser.content_length(), kMaxReserve)));
}

}  // namespace

Http1Connection::Http1Connection(DecodeContext& context, ConnectionInfo& info, Http1Heads heads)
    : builder_(context, info),
      requests_(Direction::to_server, context.limits, heads, *this),
      responses_(Direction::to_client, context.limits, heads, *this) {
  context.report.add(Counter::http1_connections);
}

// ---- events of the readers -----------------------------------------------------------------

void Http1Connection::on_message_begin(Http1Parser& parser) {
  parser.direction() == Direction::to_server ? begin_request(parser) : begin_response(parser);
}

Http1Events::Framing Http1Connection::on_head(Http1Parser& parser) {
  return parser.direction() == Direction::to_server ? request_head(parser) : response_head(parser);
}

void Http1Connection::on_content(Http1Parser& parser, std::string_view piece) {
  if (parser.direction() == Direction::to_server) {
    builder_.request_body(queue_.newest(), piece);
  } else {
    builder_.response_body(responding(), piece);
  }
}

void Http1Connection::on_message_complete(Http1Parser& parser) {
  parser.direction() == Direction::to_server ? request_complete(parser) : response_complete(parser);
}

void Http1Connection::begin_request(Http1Parser& parser) {
  const Limits& limits = builder_.context().limits;
  while (queue_.size() > 1 && (queue_.size() >= limits.max_pipelined ||
                               builder_.held() > limits.max_buffered_per_flow)) {
    builder_.context().report.add(Counter::http_pipeline_overflow);
    if (surplus_.active) finish_surplus();
    give_up(queue_.evict());
  }
  PendingRequest pending;
  static_cast<OpenExchange&>(pending) = builder_.begin();
  HttpRequest& request = pending.exchange->request;
  request.begin = request.end = parser.now();
  request.fields.reserve(kUsualLines, kUsualHead);
  parser.set_place(&request.target, &request.fields, nullptr);
  queue_.push(std::move(pending));
}

Http1Events::Framing Http1Connection::request_head(Http1Parser& parser) {
  PendingRequest& pending = queue_.newest();
  HttpRequest& request = pending.exchange->request;
  request.present = true;
  request.version = parser.version();
  request.method = parser.method();
  if (parser.target_malformed()) {
    builder_.malformed(*pending.exchange, Defect::request_malformed, parser.error_reason());
  }
  forget_guess(request);
  pending.head = request.method == "HEAD";
  pending.upgrade = parser.may_upgrade();
  builder_.request_head(pending);
  if (pending.keep_bodies) reserve(request.body, parser);
  return Framing::as_declared;
}

void Http1Connection::request_complete(Http1Parser& parser) {
  PendingRequest& pending = queue_.newest();
  HttpRequest& request = pending.exchange->request;
  request.end = std::max(request.begin, parser.now());
  pending.request_done = true;
  builder_.ambiguous(*pending.exchange, Defect::request_ambiguous, parser.ambiguity());
  holding_ = pending.upgrade && !pending.exchange->response.present;
  emit_finished();
}

void Http1Connection::begin_response(Http1Parser& parser) {
  const Http1Queue::Match match = queue_.match_response();
  for (std::size_t i = 0; i < match.give_up; ++i) give_up(take_oldest());
  orphan_active_ = !match.matched;
  if (match.matched) {
    queue_.oldest().answering = true;
  } else if (!orphan_.exchange) {
    orphan_ = builder_.begin();
    orphan_.request_done = true;
    orphan_.exchange->defects.add(Defect::request_missing);
  }
  HttpResponse& response = responding().exchange->response;
  response.begin = response.end = parser.now();
  response.fields.reserve(kUsualLines, kUsualHead);
  parser.set_place(&response.reason, &response.fields, &response.trailers);
}

void Http1Connection::keep_response_head(Http1Parser& parser) {
  OpenExchange& open = responding();
  HttpResponse& response = open.exchange->response;
  response.present = true;
  response.version = parser.version();
  response.status = parser.status();
  if (open.exchange->request.method.empty()) builder_.response_head(open);
  builder_.hold(open, response.fields.byte_size());
}

Http1Events::Framing Http1Connection::response_head(Http1Parser& parser) {
  const int status = parser.status();
  if (is_interim(status)) return Framing::no_content;
  OpenExchange& open = responding();
  HttpResponse& response = open.exchange->response;
  if (status == 101 && upgrades_to_http2(response.fields)) {
    next_ = Next::http2;  // where the request gets its response (RFC 7540 §3.2)
    return Framing::upgrade;
  }
  keep_response_head(parser);
  const bool connect = !orphan_active_ && open.exchange->request.method == "CONNECT";
  if (status == 101 || (connect && status / 100 == 2)) {
    next_ = status == 101 ? Next::other : Next::tunnel;
    if (status == 101) note_upgrade(*open.exchange);
    if (connect) connect_authority_ = open.exchange->request.authority;
    return Framing::upgrade;
  }
  if (status == 204 || status == 304 || (!orphan_active_ && queue_.oldest().head)) {
    return Framing::no_content;
  }
  if (open.keep_bodies) reserve(response.body, parser);
  return Framing::as_declared;
}

void Http1Connection::response_complete(Http1Parser& parser) {
  OpenExchange& open = responding();
  HttpResponse& response = open.exchange->response;
  builder_.ambiguous(*open.exchange, Defect::response_ambiguous, parser.ambiguity());
  if (!response.present) {  // interim: the final response is still to come
    response.reason.clear();
    response.fields.clear();
    if (!orphan_active_) queue_.oldest().answering = false;
    return;
  }
  response.end = std::max(response.begin, parser.now());
  open.response_done = true;
  const bool answers_held = !orphan_active_ && queue_.oldest().upgrade && next_ == Next::http;
  if (orphan_active_) {
    hand_over(std::exchange(orphan_, {}));
    orphan_active_ = false;
  } else {
    queue_.oldest().answering = false;
  }
  emit_finished();
  if (answers_held) release_held();
}

// ---- handing over --------------------------------------------------------------------------

// Bytes behind the response in the same chunk may still tell that its length was wrong.
void Http1Connection::hand_over(OpenExchange open) {
  flush();
  done_ = std::move(open);
}

void Http1Connection::flush() {
  if (done_.exchange) builder_.hand_over(std::exchange(done_, {}), ++exchanges_);
}

void Http1Connection::emit_oldest() {
  if (!surplus_.active || surplus_.open.exchange) return hand_over(queue_.pop_oldest());
  flush();
  surplus_.open = queue_.pop_oldest();
  surplus_.stream = ++exchanges_;
}

PendingRequest Http1Connection::take_oldest() {
  if (surplus_.active && !surplus_.open.exchange) finish_surplus();
  return queue_.pop_oldest();
}

// An exchange that gets no (whole) response from here on.
void Http1Connection::give_up(PendingRequest pending) {
  if (!pending.response_done) {
    pending.exchange->defects.add(pending.maybe_answered ? Defect::response_gap
                                                         : Defect::response_unseen);
  }
  if (pending.upgrade && holding_) abandon_held();
  hand_over(std::move(pending));
}

void Http1Connection::emit_finished() {
  while (!queue_.empty() && queue_.oldest().request_done && queue_.oldest().response_done) {
    emit_oldest();
  }
  if (responses_.ended) end_unanswered();
  while (queue_.hopeless() && queue_.oldest().request_done && !queue_.oldest().answering) {
    give_up(take_oldest());
  }
}

// The response direction is over: what waits gets no response.
void Http1Connection::end_unanswered() {
  if (holding_) abandon_held();
  while (!queue_.empty() && queue_.oldest().request_done) {
    const bool seen = responses_.end != StreamEnd::unknown && !builder_.info().one_sided &&
                      !client_left_ && !responses_.seeking && queue_.certain(0);
    PendingRequest& pending = queue_.oldest();
    if (!pending.response_done) {
      pending.exchange->defects.add(seen ? Defect::response_missing : Defect::response_unseen);
    }
    emit_oldest();
  }
}

// ---- the stream ----------------------------------------------------------------------------

void Http1Connection::on_data(Direction direction, CaptureTime time, Bytes bytes) {
  if (dropped_) return;
  if (tunnel_) return tunnel_->on_data(direction, time, bytes);
  if (side(direction).ended) return;
  side(direction).begun = true;
  feed(side(direction), time, as_text(bytes));
  flush();
}

void Http1Connection::feed(Side& side, CaptureTime time, std::string_view bytes) {
  while (!bytes.empty() && !dropped_ && !tunnel_) {
    if (&side == &requests_ && holding_) return hold(time, bytes);
    if (&side == &requests_) end_refused_request(bytes);
    if (side.seeking) {
      bytes = seek(side, time, bytes);
    } else {
      const Http1Parser::Step step = side.parser.execute(time, bytes);
      bytes.remove_prefix(step.consumed);
      after(side, step, time, bytes);
    }
  }
}

void Http1Connection::count_skipped(Side& side, std::size_t bytes) {
  builder_.context().report.add(Counter::http_bytes_skipped, bytes);
  if (&side == &responses_) surplus_.bytes += bytes;
}

// Returns what is left of `bytes`: nothing as long as no message is found.
std::string_view Http1Connection::seek(Side& side, CaptureTime time, std::string_view bytes) {
  DecodeReport& report = builder_.context().report;
  bytes.remove_prefix(side.sync.feed(time, bytes));
  count_skipped(side, side.sync.take_skipped());
  if (!side.sync.found()) return bytes;
  if (&side == &responses_) finish_surplus();
  side.seeking = false;
  if (!side.joined) report.add(Counter::http_resynchronised);
  side.joined = false;
  const std::string line = side.sync.take_line();
  const Http1Parser::Step step = side.parser.execute(side.sync.line_time(), line);
  after(side, step, time, bytes);
  return bytes;
}

void Http1Connection::after(Side& side, const Http1Parser::Step& step, CaptureTime time,
                            std::string_view rest) {
  switch (step.outcome) {
    case Http1Parser::Outcome::more:
      return;
    case Http1Parser::Outcome::upgrade:
      if (&side == &responses_) {
        switch_protocol(time, rest);
      } else {
        side.parser.resume();
      }
      return;
    case Http1Parser::Outcome::error:
      if (!side.parser.in_message()) builder_.context().report.add(Counter::http_malformed);
      if (side.parser.head_too_large()) {
        builder_.context().report.add(Counter::http_heads_too_large);
      }
      if (&side == &requests_) {
        lose_request(Defect::request_malformed, false, !rest.empty());
      } else {
        take_surplus();
        lose_response(Defect::response_malformed, !rest.empty());
      }
  }
}

void Http1Connection::on_gap(Direction direction, CaptureTime time, std::uint64_t length) {
  if (dropped_) return;
  if (tunnel_) return tunnel_->on_gap(direction, time, length);
  if (side(direction).ended) return;
  lose_bytes(direction, time, length);
  flush();
}

void Http1Connection::lose_bytes(Direction direction, CaptureTime time, std::uint64_t length) {
  Side& side = this->side(direction);
  const bool of_request = direction == Direction::to_server;
  if (!side.begun && length == 0) {
    side.joined = true;
  } else if (of_request && holding_) {
    held_lost_ = true;
    return;
  } else if (side.parser.is_content(length)) {
    OpenExchange& open = of_request ? queue_.newest() : responding();
    open.exchange->defects.add(of_request ? Defect::request_gap : Defect::response_gap);
    (of_request ? open.exchange->request.body_length : open.exchange->response.body_length) +=
        length;
    return after(side, side.parser.skip_content(time, length), time, {});
  }
  side.begun = true;
  if (of_request) {
    lose_request(Defect::request_gap, length > 0, false);
  } else {
    if (surplus_.active) {
      side.sync.start(false);
      count_skipped(side, side.sync.take_skipped());
      finish_surplus();
    }
    lose_response(Defect::response_gap, false);
  }
}

void Http1Connection::on_end(Direction direction, CaptureTime time, StreamEnd end) {
  if (dropped_) return;
  if (tunnel_) return tunnel_->on_end(direction, time, end);
  Side& side = this->side(direction);
  if (side.ended) return;
  side.begun = side.ended = true;
  side.end = end;
  const bool cut = end != StreamEnd::unknown;
  count_skipped(side, side.sync.buffered());
  if (direction == Direction::to_client) finish_surplus();
  if (direction == Direction::to_server) {
    // A client may well close its direction behind its request (RFC 9112 §9.6), but not with the
    // response half read.
    client_left_ =
        !responses_.ended && (end == StreamEnd::reset || (cut && responses_.parser.in_message()));
    end_request(cut ? Defect::request_truncated : Defect::request_gap);
  } else {
    if (end == StreamEnd::closed) side.parser.finish(time);
    end_response(cut && !client_left_ ? Defect::response_truncated : Defect::response_unseen);
  }
  emit_finished();
  flush();
  if (requests_.ended) builder_.end_requests();
}

void Http1Connection::on_tick(CaptureTime time) {
  if (tunnel_) tunnel_->on_tick(time);
}

std::size_t Http1Connection::buffered_bytes() const {
  return builder_.held() + held_.size() + requests_.sync.buffered() + responses_.sync.buffered() +
         (tunnel_ ? tunnel_->buffered_bytes() : 0);
}

bool Http1Connection::under_way() const {
  return !queue_.empty() || orphan_active_ || (tunnel_ && tunnel_->under_way());
}

}  // namespace mpsdscope

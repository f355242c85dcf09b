// Where messages of an HTTP/1.x connection end before their end: lost bytes, syntax errors, ends of
// the stream, and bytes that belong to no message.
#include <algorithm>
#include <utility>

#include "decode/http1_connection.h"
#include "decode/http_fields.h"

namespace mpsdscope {

void Http1Connection::search(Side& side, bool within_chunk) {
  side.parser.reset();
  side.seeking = true;
  side.sync.start(within_chunk);
}

void Http1Connection::note_malformed(Exchange& exchange, Defect defect, const Http1Parser& parser) {
  if (parser.head_too_large() && !parser.target_malformed()) {
    builder_.head_over_limit(exchange, defect, parser.error_reason());
  } else {
    builder_.malformed(exchange, defect, parser.error_reason());
  }
}

// If a request is under way, it ends here.
void Http1Connection::end_request(Defect defect) {
  Http1Parser& parser = requests_.parser;
  if (!parser.in_message()) return;
  PendingRequest& pending = queue_.newest();
  HttpRequest& request = pending.exchange->request;
  if (defect == Defect::request_malformed || parser.target_malformed()) {
    note_malformed(*pending.exchange, Defect::request_malformed, parser);
  }
  pending.exchange->defects.add(defect);
  builder_.ambiguous(*pending.exchange, Defect::request_ambiguous, parser.ambiguity());
  parser.drop_partial();
  if (!request.present) {
    forget_guess(request);
    if (!request.target.empty()) request.method = parser.method();
    builder_.request_head(pending);
  }
  request.end = std::max(request.begin, parser.now());
  pending.head = request.method == "HEAD";
  pending.request_done = true;
  parser.reset();
}

// RFC 9110 §10.1.1: a client that waits for 100 and gets a final status need not send its content.
// If none came and what comes now looks like a request, it is looked for.
void Http1Connection::end_refused_request(std::string_view bytes) {
  const Http1Parser& parser = requests_.parser;
  if (requests_.seeking || !parser.at_content()) return;
  const Exchange& exchange = *queue_.newest().exchange;
  if (!exchange.response.present) return;
  const auto expect = exchange.request.fields.find(FieldName::expect);
  if (!expect || !equals_ignoring_case(trim_ows(*expect), "100-continue")) return;
  if (!requests_.sync.may_begin(bytes)) return;
  end_request(Defect::request_truncated);
  emit_finished();
  search(requests_, false);
  requests_.joined = true;
}

// If a response is under way, it ends here.
void Http1Connection::end_response(Defect defect) {
  Http1Parser& parser = responses_.parser;
  if (!parser.in_message()) return;
  OpenExchange& open = responding();
  HttpResponse& response = open.exchange->response;
  if (defect == Defect::response_malformed) {
    note_malformed(*open.exchange, defect, parser);
  }
  builder_.ambiguous(*open.exchange, Defect::response_ambiguous, parser.ambiguity());
  parser.drop_partial();
  // A status line that is whole counts, though the fields behind it cannot be read.
  const bool cut = defect == Defect::response_malformed || defect == Defect::response_gap;
  if (cut && parser.start_line_done() && !parser.head_done() && parser.status() >= 100 &&
      !is_interim(parser.status())) {
    keep_response_head(parser);
    response.head_cut = true;
  }
  if (orphan_active_ && !response.present) {
    if (defect != Defect::response_malformed) {  // not even a head: there is nothing to tell
      builder_.discard(std::exchange(orphan_, {}));
      orphan_active_ = false;
      parser.reset();
      return;
    }
    builder_.response_head(orphan_);
  }
  if (!orphan_active_) queue_.oldest().answering = false;
  if (!response.present && defect == Defect::response_gap && parser.status() < 200) {
    response = {};  // perhaps an interim response: the final one is still to come
  } else {
    open.exchange->defects.add(defect);
    response.end = std::max(response.begin, parser.now());
    open.response_done = true;
  }
  parser.reset();
  if (orphan_active_) hand_over(std::exchange(orphan_, {}));
  orphan_active_ = false;
}

// Where a response may begin, the bytes do not begin like one: nobody's answer, but a sign that the
// length of the response before it was wrong. Marks that one if it was not given on yet, else tells
// of it by an exchange of its own, when all such bytes have been counted. False: no such bytes.
bool Http1Connection::take_surplus() {
  if (!responses_.parser.in_message() || !responses_.parser.begins_no_response()) return false;
  Surplus surplus;
  surplus.active = true;
  if (done_.exchange && done_.response_done) {
    surplus.open = std::exchange(done_, {});
    surplus.stream = ++exchanges_;
  } else if (orphan_active_ && !queue_.empty() && queue_.oldest().response_done) {
    // Its request goes on.
  } else if (orphan_active_ && exchanges_ > 0) {
    surplus.of_previous = true;
    surplus.open = std::exchange(orphan_, {});
    surplus.stream = exchanges_;
    builder_.response_head(surplus.open);
  } else {
    return false;  // the answer to the request that waits, or all that there is
  }
  if (!orphan_active_) {
    queue_.oldest().answering = false;
    queue_.oldest().exchange->response = {};
  } else if (orphan_.exchange) {
    builder_.discard(std::exchange(orphan_, {}));
  }
  orphan_active_ = false;
  finish_surplus();
  surplus_ = std::move(surplus);
  responses_.parser.reset();
  return true;
}

void Http1Connection::finish_surplus() {
  if (!surplus_.active) return;
  Surplus surplus = std::exchange(surplus_, {});
  OpenExchange& open = surplus.open.exchange ? surplus.open : queue_.oldest();
  builder_.malformed(*open.exchange, Defect::response_malformed,
                     std::to_string(surplus.bytes) + (surplus.bytes == 1 ? " byte" : " bytes") +
                         " after the end of the " + (surplus.of_previous ? "previous " : "") +
                         "response");
  if (surplus.open.exchange) builder_.hand_over(std::move(surplus.open), surplus.stream);
}

void Http1Connection::lose_request(Defect defect, bool surely, bool within_chunk) {
  surely = surely && !requests_.parser.in_message() && !requests_.seeking;
  end_request(defect);
  search(requests_, within_chunk);
  queue_.requests_lost(surely);
  emit_finished();
}

void Http1Connection::lose_response(Defect defect, bool within_chunk) {
  end_response(defect);
  search(responses_, within_chunk);
  queue_.responses_lost();
  emit_finished();
}

}  // namespace mpsdscope

#include "capture/proxy/forwarder.h"

#include <utility>

#include "capture/proxy/proxy_answer.h"

namespace mpsdscope {

Forwarder::Forwarder(MachineIo& io, ForwarderOptions options)
    : io_(io), options_(std::move(options)) {}

void Forwarder::on_client_data(Bytes bytes, CaptureTime time) {
  if (phase_ == Phase::closed) return;
  client_read_ = time;
  if (phase_ == Phase::tunnel) {
    to_upstream(bytes);
  } else {
    if (input_.empty()) input_since_ = time;
    input_ += as_text(bytes);
    if (phase_ == Phase::exchange) pass_request_body();
    read_requests();
  }
  limit_reading();
}

void Forwarder::on_client_end(StreamEnd end) {
  if (phase_ == Phase::closed) return;
  client_ended_ = true;
  if (end != StreamEnd::closed) {
    io_.abort = true;
    phase_ = Phase::closed;
  } else if (phase_ == Phase::tunnel) {
    io_.upstream.shutdown = true;
    if (upstream_ended_) close();
  } else if (phase_ == Phase::head) {
    read_requests();
  } else if (!request_.body.done()) {
    close();  // the rest of the request will not come
  }
}

// Of what stays, no more is known than when the last of it was read.
void Forwarder::drop_input(std::size_t count) {
  if (count == 0) return;
  input_.erase(0, count);
  input_since_ = client_read_;
}

// RFC 9112 §9.3.2: one after the other, so that responses cannot be mixed up.
void Forwarder::read_requests() {
  while (phase_ == Phase::head && io_.client.out.size() < kHighWater && read_request()) {
  }
  if (phase_ == Phase::head && client_ended_ && io_.client.out.size() < kHighWater) close();
}

bool Forwarder::read_request() {
  // RFC 9112 §2.2: an empty line may come before a request.
  if (!empty_line_ && std::string_view(input_).starts_with("\r\n")) {
    drop_input(2);
    input_scanned_ = 0;
    empty_line_ = true;
  }
  request_.method.clear();
  const std::size_t length =
      head_length(std::string_view(input_).substr(0, options_.max_head_bytes), input_scanned_);
  if (length == std::string::npos) {
    refuse({400, "a line of the request ends without CR (RFC 9112 §2.2)"});
    return false;
  }
  if (length == 0) {
    if (input_.size() > options_.max_head_bytes) {
      refuse({431, "the head of the request is larger than " +
                       std::to_string(options_.max_head_bytes) + " bytes"});
    }
    return false;
  }
  ++requests_;
  request_ = PlainRequest();
  const std::optional<RequestRefusal> refusal =
      read_plain_request(std::string_view(input_).substr(0, length),
                         {options_.auth, options_.is_self, options_.next_proxy}, request_);
  request_since_ = input_since_;
  drop_input(length);
  input_scanned_ = 0;
  empty_line_ = false;
  if (refusal) {
    refuse(*refusal);
    return false;
  }
  if (request_.own_page) {
    serve_page();
  } else if (connected_ == request_.destination) {
    fresh_ = false;
    begin_exchange();
  } else {
    connected_.reset();
    phase_ = Phase::connecting;
    io_.upstream = SocketWishes();
    io_.connect = request_.destination;
  }
  return phase_ == Phase::head;
}

void Forwarder::serve_page() {
  const bool head = request_.method == "HEAD";
  if (request_.method != "GET" && !head) {
    return refuse({405, "the proxy's own page answers GET and HEAD only"});
  }
  std::string answer = options_.page(request_.path);
  std::size_t scanned = 0;
  const std::size_t length = head_length(answer, scanned);
  const Result<HttpHead> parsed = parse_head(std::string_view(answer).substr(0, length));
  if (head) answer.resize(length);
  io_.client.out.append(as_bytes(answer));
  const bool closes = !parsed || parsed.value().lists("Connection", "close");
  if (closes || !request_.persistent || !request_.body.done()) close();
}

void Forwarder::on_connected() {
  connected_ = request_.destination;
  fresh_ = true;
  begin_exchange();
  limit_reading();
}

void Forwarder::on_connect_failed(ConnectFailure failure, std::string_view sentence) {
  answer(status_of(failure), sentence);
}

void Forwarder::begin_exchange() {
  phase_ = Phase::exchange;
  response_.reset();
  answered_ = false;
  io_.upstream.out.append(as_bytes(request_.upstream));
  options_.content(Direction::to_server, request_since_, as_bytes(request_.content));
  request_.upstream.clear();
  request_.content.clear();
  pass_request_body();
}

void Forwarder::pass_request_body() {
  const std::size_t taken = request_.body.take(as_bytes(input_));
  to_upstream(as_bytes(input_).first(taken));
  drop_input(taken);
  if (request_.body.broken()) {
    refuse({400, "the request is broken: " + std::string(request_.body.problem())});
  } else if (client_ended_ && !request_.body.done()) {
    close();
  } else {
    finish_exchange();
  }
}

void Forwarder::on_upstream_data(Bytes bytes, CaptureTime time) {
  if (phase_ == Phase::closed) return;
  upstream_read_ = time;
  if (phase_ == Phase::tunnel) {
    to_client(bytes);
  } else {
    output_ += as_text(bytes);
    pass_response();
    if (phase_ == Phase::head && !output_.empty()) {
      answered_ = true;  // nobody waits for an answer
      break_off("more than one, or one that nobody asked for");
    }
    read_requests();
  }
  limit_reading();
}

void Forwarder::pass_response() {
  while (phase_ == Phase::exchange && !output_.empty()) {
    if (!response_) {
      if (!read_response_head()) return;
      continue;
    }
    if (response_->done()) return break_off("more than one");
    const std::size_t taken = response_->take(as_bytes(output_));
    to_client(as_bytes(output_).first(taken));
    output_.erase(0, taken);
    if (response_->broken()) return break_off(response_->problem());
    finish_exchange();
  }
}

// False: more is needed, or it is over.
bool Forwarder::read_response_head() {
  const std::size_t length =
      head_length(std::string_view(output_).substr(0, options_.max_head_bytes), output_scanned_);
  if (length == std::string::npos) {
    break_off("a line ends without CR (RFC 9112 §2.2)");
    return false;
  }
  if (length == 0) {
    if (output_.size() > options_.max_head_bytes) break_off("its head is too large");
    return false;
  }
  const std::string_view text = std::string_view(output_).substr(0, length);
  const Result<HttpHead> head = parse_head(text);
  const Result<StatusLine> line = head ? parse_status_line(head.value().start_line) : head.error();
  const Result<BodyReader> body =
      line ? BodyReader::of_response(head.value(), line.value(), request_.method) : line.error();
  if (!body) {
    break_off(body.error().message);
    return false;
  }
  const int status = line.value().status;
  if (status == 407 && options_.next_proxy) {  // a client would take it for ours
    break_off("the upstream proxy answered 407 (it wants other credentials in --upstream-proxy)");
    return false;
  }
  if (status == 101 && (!request_.upgrade || !request_.body.done())) {
    break_off("it switches to a protocol that was not asked for");
    return false;
  }
  const HttpHead& fields = head.value();
  persistent_ = request_.persistent && body.value().framing() != BodyFraming::until_close &&
                !fields.lists("Connection", "close") &&
                (line.value().minor > 0 || fields.lists("Connection", "keep-alive"));
  if (status >= 200) response_ = body.value();
  to_client(as_bytes(text));
  output_.erase(0, length);
  output_scanned_ = 0;
  if (status == 101) {
    enter_tunnel();
  } else {
    finish_exchange();
  }
  return true;
}

// If both messages are complete.
void Forwarder::finish_exchange() {
  if (!request_.body.done() || !response_ || !response_->done()) return;
  phase_ = Phase::head;
  answered_ = false;
  if (!persistent_) close();
}

void Forwarder::enter_tunnel() {
  phase_ = Phase::tunnel;
  to_upstream(as_bytes(std::exchange(input_, {})));
  to_client(as_bytes(std::exchange(output_, {})));
  io_.upstream.shutdown = client_ended_;
}

void Forwarder::on_upstream_end(StreamEnd end) {
  switch (phase_) {
    case Phase::closed:
    case Phase::connecting:
      return;
    case Phase::head:
      connected_.reset();
      io_.drop_upstream = true;
      return;
    case Phase::tunnel:
      upstream_ended_ = true;
      io_.client.shutdown = true;
      if (end != StreamEnd::closed) io_.abort = true;
      if (client_ended_) close();
      return;
    case Phase::exchange:
      break;
  }
  if (!response_ && !fresh_ && !answered_ && output_.empty()) {
    close();  // closed while it was idle: the client will ask again (RFC 9112 §9.3.1)
  } else if (!response_) {
    break_off("the connection ended without one");
  } else if (response_->done() ||
             (response_->framing() == BodyFraming::until_close && end == StreamEnd::closed)) {
    close();
  } else {
    break_off("the connection ended in the middle of it");
  }
}

void Forwarder::on_sent() {
  read_requests();
  limit_reading();
}

void Forwarder::on_timeout(std::string_view sentence) {
  if (phase_ == Phase::closed) return;
  answer(phase_ == Phase::head ? 408 : 504, sentence);
}

std::uint64_t Forwarder::errand() const {
  const bool incomplete = phase_ == Phase::head && (requests_ == 0 || !input_.empty());
  if (incomplete) return 2 * requests_ + 1;
  return phase_ == Phase::connecting ? 2 * requests_ : 0;
}

void Forwarder::to_upstream(Bytes bytes) {
  if (bytes.empty()) return;
  io_.upstream.out.append(bytes);
  options_.content(Direction::to_server, client_read_, bytes);
}

void Forwarder::to_client(Bytes bytes) {
  if (bytes.empty()) return;
  answered_ = true;
  io_.client.out.append(bytes);
  options_.content(Direction::to_client, upstream_read_, bytes);
}

void Forwarder::refuse(const RequestRefusal& refusal) {
  options_.problem(refusal.kind, refusal.sentence);
  answer(refusal.status, refusal.sentence);
}

// The response, or what came in its place, cannot be passed on.
void Forwarder::break_off(std::string_view why) {
  std::string sentence = "the response of ";
  sentence += request_.destination.host + " was not passed on: ";
  sentence += why;
  options_.problem(ProxyEventKind::upstream_unreachable, sentence);
  // The end of the connection must not look like the end of the content.
  if (response_ && response_->framing() == BodyFraming::until_close) io_.abort = true;
  answer(502, sentence);
}

// In the middle of a response there is no room for an answer.
void Forwarder::answer(int status, std::string_view sentence) {
  if (!answered_) {
    io_.client.out.append(as_bytes(proxy_answer(status, sentence, request_.method != "HEAD")));
  }
  close();
}

void Forwarder::close() {
  io_.close = true;
  phase_ = Phase::closed;
}

void Forwarder::limit_reading() {
  const auto may_read = [](bool before, std::size_t waiting) {
    return waiting < kHighWater && (before || waiting <= kHighWater / 2);
  };
  const bool full = phase_ != Phase::tunnel && input_.size() > options_.max_head_bytes;
  io_.client.read = !full && may_read(io_.client.read, io_.upstream.out.size());
  io_.upstream.read = may_read(io_.upstream.read, io_.client.out.size());
}

}  // namespace mpsdscope

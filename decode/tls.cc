#include "decode/tls.h"

#include <utility>

#include "decode/tls_connection.h"

namespace mpsdscope {
namespace {

constexpr Direction kBoth[] = {Direction::to_server, Direction::to_client};

// What one direction may pile up while it waits for the other one's hello. A peer that obeys the
// protocol sends less; a capture of one direction would send for ever.
constexpr std::size_t kMaxWithoutPeer = std::size_t{256} << 10;
// Bytes passed over in search of a record: more than two of the largest.
constexpr std::size_t kMaxSearch = std::size_t{64} << 10;

}  // namespace

std::unique_ptr<StreamSink> make_tls_connection(DecodeContext& context, ConnectionInfo& info,
                                                std::unique_ptr<StreamSink> plaintext) {
  return std::make_unique<TlsConnection>(context, info, std::move(plaintext));
}

TlsConnection::TlsConnection(DecodeContext& context, ConnectionInfo& info,
                             std::unique_ptr<StreamSink> plaintext)
    : context_(context),
      info_(info),
      plaintext_(std::move(plaintext)),
      session_(context.keys),
      directions_{TlsDirection(Direction::to_server, session_, context.limits, context.report),
                  TlsDirection(Direction::to_client, session_, context.limits, context.report)} {
  info_.tls = true;
  info_.sni.clear();
  context_.report.add(Counter::tls_connections);
}

TlsConnection::~TlsConnection() {
  conclude();
}

void TlsConnection::on_data(Direction d, CaptureTime time, Bytes bytes) {
  if (failed_) return;
  last_time_ = time;
  look_for_keys_again();
  if (must_hold(d)) {
    HeldEvent event;
    event.time = time;
    event.bytes.assign(bytes.begin(), bytes.end());
    hold(d, std::move(event));
  } else {
    take_data(direction(d), time, bytes, 0);
  }
  drain();
  enforce_limit();
}

void TlsConnection::on_gap(Direction d, CaptureTime time, std::uint64_t length) {
  if (failed_) return;
  last_time_ = time;
  look_for_keys_again();
  if (must_hold(d)) {
    HeldEvent event;
    event.kind = HeldEvent::Kind::gap;
    event.time = time;
    event.gap_length = length;
    hold(d, std::move(event));
  } else {
    take_gap(direction(d), time, length);
  }
  drain();
  enforce_limit();
}

void TlsConnection::on_end(Direction d, CaptureTime time, StreamEnd end) {
  if (failed_) return;
  last_time_ = time;
  end_received_[index_of(d)] = true;
  look_for_keys_again();
  if (must_hold(d)) {
    HeldEvent event;
    event.kind = HeldEvent::Kind::end;
    event.time = time;
    event.end = end;
    hold(d, std::move(event));
  } else {
    take_end(direction(d), time, end, 0);
  }
  drain();
  // The input itself has ended: no later tick will bring the key. After a FIN one may.
  if (waiting_for_keys_ && end == StreamEnd::unknown && end_received_[0] && end_received_[1]) {
    conclude();
  }
}

void TlsConnection::on_tick(CaptureTime time) {
  if (!failed_) {
    last_time_ = time;
    look_for_keys_again();
    drain();
  }
  plaintext_->on_tick(time);
}

std::size_t TlsConnection::buffered_bytes() const {
  std::size_t total = held_.bytes() + plaintext_->buffered_bytes();
  for (const TlsDirection& d : directions_) {
    total += d.framer.buffered_bytes() + d.handshake.buffered_bytes();
  }
  return total;
}

bool TlsConnection::blocked(Direction d) const {
  if (waiting_for_keys_) return true;
  const TlsDirection& own = direction(d);
  const TlsDirection& peer = direction(opposite(d));
  if (own.done || peer.done) return false;
  if (d == Direction::to_client) return !client_hello_;
  const bool answered = server_hello_ || retry_requested_;
  return client_hello_ && (!answered || early_data_ == EarlyData::offered);
}

bool TlsConnection::peer_is_first(Direction d, std::uint64_t ordinal) const {
  const Direction peer = opposite(d);
  if (held_.empty(peer) || blocked(peer)) return false;
  return ordinal == 0 || held_.peek(peer).ordinal < ordinal;
}

bool TlsConnection::must_hold(Direction d) const {
  return blocked(d) || !held_.empty(d);
}

void TlsConnection::hold(Direction d, HeldEvent event) {
  if (event.ordinal > 0) {
    held_.push_front(d, std::move(event));
  } else {
    held_.push(d, std::move(event));
  }
}

void TlsConnection::drain() {
  while (!failed_ && !held_.empty()) {
    std::optional<Direction> first;
    for (const Direction d : kBoth) {
      if (held_.empty(d) || blocked(d)) continue;
      if (!first || held_.peek(d).ordinal < held_.peek(*first).ordinal) first = d;
    }
    if (!first) return;
    dispatch(*first, held_.pop(*first));
    held_.trim();
  }
}

void TlsConnection::dispatch(Direction d, HeldEvent event) {
  switch (event.kind) {
    case HeldEvent::Kind::data:
      return take_data(direction(d), event.time, event.bytes, event.ordinal);
    case HeldEvent::Kind::gap:
      return take_gap(direction(d), event.time, event.gap_length);
    case HeldEvent::Kind::end:
      return take_end(direction(d), event.time, event.end, event.ordinal);
  }
}

void TlsConnection::look_for_keys_again() {
  if (waiting_for_keys_ && context_.keys.generation() != keys_generation_) {
    waiting_for_keys_ = false;
  }
}

void TlsConnection::enforce_limit() {
  if (failed_ || held_.empty()) return;
  if (waiting_for_keys_) {
    if (held_.bytes() > context_.limits.max_buffered_per_flow) {
      fail(TlsFailure::no_key, "none came before the limit of buffered bytes");
    }
  } else if (held_.bytes() > kMaxWithoutPeer) {
    fail_unseen();
  }
}

void TlsConnection::take_data(TlsDirection& from, CaptureTime time, Bytes bytes,
                              std::uint64_t ordinal) {
  const auto hold_rest = [&](std::vector<std::uint8_t> rest) {
    HeldEvent event;
    event.time = time;
    event.ordinal = ordinal;
    event.bytes = std::move(rest);
    hold(from.sender, std::move(event));
  };
  while (!from.done && !failed_) {
    // A record of these bytes may have set free what the peer sent before all of them.
    if (blocked(from.sender) || peer_is_first(from.sender, ordinal)) {
      return hold_rest({bytes.begin(), bytes.end()});
    }
    const bool searching = from.framer.searching();
    const auto record = from.framer.next(bytes);
    if (!searching && from.framer.searching()) {
      on_framing_lost(from, time);
      continue;
    }
    if (from.framer.searched() > kMaxSearch) {
      return give_up(from, time, TlsFailure::gap, "no record found behind lost bytes");
    }
    if (!record) return;
    switch (on_record(from, time, *record)) {
      case Step::taken:
        if (!from.done) from.framer.accept();
        break;
      case Step::no_record:
        if (!from.done) from.framer.reject();
        break;
      case Step::wait:
        return hold_rest(from.framer.give_back(*record, bytes));
    }
  }
}

void TlsConnection::take_gap(TlsDirection& from, CaptureTime time, std::uint64_t length) {
  if (from.done) return;
  if (!hello_seen(from)) {
    if (length == 0) return fail_unseen();
    return fail(TlsFailure::gap, "in the handshake");
  }
  from.lose(length);
  if (from.epoch() == Epoch::application || from.epoch() == Epoch::early) tell_gap(from, time);
  // The answer to the offer of early data may have been lost.
  if (from.sender == Direction::to_client && early_data_ == EarlyData::offered) {
    decide_early_data(std::nullopt);
  }
}

void TlsConnection::end_search(TlsDirection& from, CaptureTime time, std::uint64_t ordinal) {
  // A false candidate may have waited for bytes that never came, with a record inside.
  while (!from.done && held_.empty(from.sender) && from.framer.searching() &&
         from.framer.amid_record()) {
    from.framer.reject();
    take_data(from, time, {}, ordinal);
  }
}

void TlsConnection::take_end(TlsDirection& from, CaptureTime time, StreamEnd how,
                             std::uint64_t ordinal) {
  if (from.framer.searching()) end_search(from, time, ordinal);
  // The search may have found a record that waits, or one that lets the peer go first.
  if (!held_.empty(from.sender)) {
    HeldEvent event;
    event.kind = HeldEvent::Kind::end;
    event.time = time;
    event.end = how;
    event.ordinal = ordinal;
    return held_.push(from.sender, std::move(event));
  }
  // A sender that closes amid a record did not say what it wanted to say (RFC 8446 §6.1).
  const bool cut = from.framer.amid_record() && !from.framer.searching();
  end(from, time, how == StreamEnd::closed && cut ? StreamEnd::reset : how);
}

void TlsConnection::end(TlsDirection& from, CaptureTime time, StreamEnd how) {
  if (from.done) return;
  from.done = true;
  from.framer.clear();
  // Whatever the keys so far: what is missing before the end may have been application data. An
  // unknown end says so itself.
  const bool lost = from.gap_to_tell || (how != StreamEnd::unknown && from.in_doubt());
  if (lost && !from.gap_told) plaintext_->on_gap(from.sender, time, 0);
  plaintext_->on_end(from.sender, time, how);
  if (from.sender == Direction::to_client && early_data_ == EarlyData::offered) {
    decide_early_data(std::nullopt);
  }
  if (directions_[0].done && directions_[1].done) conclude();
}

void TlsConnection::give_up(TlsDirection& from, CaptureTime time, TlsFailure failure,
                            std::string detail) {
  if (from.done) return;
  context_.report.add(Counter::tls_lost_records);
  if (!partial_failure_) partial_failure_.emplace(failure, std::move(detail));
  from.gap_to_tell = false;
  end(from, time, StreamEnd::unknown);
}

void TlsConnection::fail(TlsFailure failure, std::string detail) {
  if (failed_) return;
  failed_ = true;
  held_.clear();
  if (!counted_) {
    count_undecrypted(failure, std::move(detail));
  } else if (!partial_failure_) {
    partial_failure_.emplace(failure, std::move(detail));
  }
  for (TlsDirection& d : directions_) end(d, last_time_, StreamEnd::unknown);
}

// The hellos are not in the capture: why not?
void TlsConnection::fail_unseen() {
  fail(info_.one_sided ? TlsFailure::one_sided : TlsFailure::handshake_unseen, "");
}

void TlsConnection::count_decrypted() {
  if (counted_) return;
  counted_ = decrypted_ = true;
  context_.report.add(Counter::tls_decrypted);
}

void TlsConnection::count_undecrypted(TlsFailure failure, std::string detail) {
  if (counted_) return;
  counted_ = true;
  context_.report.add(Counter::tls_undecrypted);
  context_.report.add_undecrypted(name_.empty() ? info_.server.to_string() : name_, failure,
                                  std::move(detail));
}

// No record was opened under the keys of application data: why not? There may have been none.
void TlsConnection::count_unread() {
  if (waiting_for_keys_) {
    count_undecrypted(TlsFailure::no_key, "");
  } else if (partial_failure_) {
    count_undecrypted(partial_failure_->first, partial_failure_->second);
  } else if (!client_hello_ || !server_hello_) {
    if (!refusal_.empty()) {
      count_undecrypted(TlsFailure::no_key, refusal_);
    } else {
      count_undecrypted(info_.one_sided ? TlsFailure::one_sided : TlsFailure::handshake_unseen, "");
    }
  } else if (session_.has_application_secrets()) {
    count_decrypted();
  } else {
    count_undecrypted(TlsFailure::no_key, refusal_);
  }
}

// It was decrypted up to a point: counted as such, but named with what it lost.
void TlsConnection::count_losses() {
  if (!decrypted_ || !partial_failure_) return;
  context_.report.add_undecrypted(name_.empty() ? info_.server.to_string() : name_,
                                  partial_failure_->first, "in part: " + partial_failure_->second);
}

void TlsConnection::conclude() {
  if (concluded_) return;
  concluded_ = true;
  // Behind a loss it may just be that none was found again; and what the peer lost may have told
  // the keys.
  const bool lost = directions_[0].lost_any() || directions_[1].lost_any();
  const bool unopened = directions_[0].none_opened() || directions_[1].none_opened();
  if (unopened && !partial_failure_ && !(lost && counted_)) {
    partial_failure_.emplace(lost ? TlsFailure::gap : TlsFailure::damaged, kNotOpened);
  }
  if (counted_) {
    count_losses();
  } else {
    count_unread();
  }
  failed_ = true;
  held_.clear();
  for (TlsDirection& d : directions_) end(d, last_time_, StreamEnd::unknown);
}

}  // namespace mpsdscope

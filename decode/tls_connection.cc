#include "decode/tls_connection.h"

#include <array>

namespace mpsdscope {
namespace {

// Records, or candidates of a search, that fail one after another before a direction is given up.
constexpr unsigned kMaxBadInARow = 16;

enum Alert : std::uint8_t { kCloseNotify = 0, kUserCanceled = 90, kNoRenegotiation = 100 };

bool is_change_cipher_spec(const TlsRecord& record) {
  return record.type() == ContentType::change_cipher_spec && record.payload.size() == 1 &&
         record.payload[0] == 1;
}

// RFC 8446 §5.2: the content is followed by its type and any number of zeros. 0 if there is none.
ContentType strip_padding(Bytes& inner) {
  while (!inner.empty() && inner.back() == 0) inner = inner.first(inner.size() - 1);
  if (inner.empty()) return ContentType{};
  const auto type = static_cast<ContentType>(inner.back());
  inner = inner.first(inner.size() - 1);
  return type;
}

}  // namespace

TlsConnection::Step TlsConnection::on_record(TlsDirection& from, CaptureTime time,
                                             const TlsRecord& record) {
  if (from.epoch() != Epoch::plaintext) return on_protected_record(from, time, record);
  if (from.in_doubt()) return on_doubtful_record(from, time, record);
  return on_plain_record(from, time, record);
}

TlsConnection::Step TlsConnection::on_plain_record(TlsDirection& from, CaptureTime time,
                                                   const TlsRecord& record) {
  if (record.type() == ContentType::handshake) {
    on_handshake(from, record.payload);
    return Step::taken;
  }
  // A server may answer with an alert at once; it sends ChangeCipherSpec after a HelloRetryRequest.
  if (!client_hello_) {
    fail_unseen();
    return Step::taken;
  }
  switch (record.type()) {
    case ContentType::alert:
      on_alert(from, time, record.payload);
      return Step::taken;
    case ContentType::change_cipher_spec:
      if (!server_hello_ && !retry_requested_) {
        fail_unseen();
      } else if (server_hello_ && !session_.is_tls13()) {
        from.enter(Epoch::application);
      }
      return Step::taken;
    case ContentType::application_data:
      if (from.sender == Direction::to_server && early_data_ == EarlyData::decided) {
        return Step::taken;  // 0-RTT data that a HelloRetryRequest or TLS 1.2 refused
      }
      if (!server_hello_) {
        fail_unseen();
        return Step::taken;
      }
      from.doubt();  // ChangeCipherSpec should have come before
      return on_doubtful_record(from, time, record);
    default:
      return Step::taken;
  }
}

// After a loss in the plaintext part of a handshake: it goes on, or ended within the loss.
TlsConnection::Step TlsConnection::on_doubtful_record(TlsDirection& from, CaptureTime time,
                                                      const TlsRecord& record) {
  const Step passed_over = from.framer.searching() ? Step::no_record : Step::taken;
  if (!server_hello_ || session_.is_tls13()) return passed_over;
  if (is_change_cipher_spec(record)) {
    from.enter(Epoch::application);
    return Step::taken;
  }
  keys_generation_ = context_.keys.generation();
  if (!session_.has_application_secrets()) return want_keys();
  return open_record(from, time, record);
}

TlsConnection::Step TlsConnection::on_protected_record(TlsDirection& from, CaptureTime time,
                                                       const TlsRecord& record) {
  if (session_.is_tls13() && record.type() != ContentType::application_data) {
    if (from.framer.searching()) return Step::no_record;
    // Middlebox compatibility (RFC 8446 §D.4), or an alert of a peer that has no keys.
    if (record.type() == ContentType::change_cipher_spec) return Step::taken;
    if (record.type() == ContentType::alert && from.epoch() != Epoch::application) {
      on_alert(from, time, record.payload);
      return Step::taken;
    }
    return on_unopened_record(from, time);
  }
  if (!from.has_keys() && !find_keys(from)) return want_keys();
  return open_record(from, time, record);
}

bool TlsConnection::find_keys(TlsDirection& from) {
  keys_generation_ = context_.keys.generation();  // before the look-up, so that no news is missed
  if (!from.find_keys()) return false;
  const bool answer_unreadable =
      from.sender == Direction::to_client && from.epoch() == Epoch::application;
  if (answer_unreadable && early_data_ == EarlyData::offered) {
    decide_early_data(std::nullopt);
  }
  return true;
}

TlsConnection::Step TlsConnection::want_keys() {
  if (!context_.keys_may_grow) {
    fail(TlsFailure::no_key, "");
    return Step::taken;
  }
  waiting_for_keys_ = true;
  return Step::wait;
}

TlsConnection::Step TlsConnection::open_record(TlsDirection& from, CaptureTime time,
                                               const TlsRecord& record) {
  // On the stack and not initialised: a plaintext may itself be TLS, whose records need another.
  std::array<std::uint8_t, kMaxCiphertext> buffer;
  const auto size = from.open(record, buffer);
  if (!size) return on_unopened_record(from, time);
  Bytes content = Bytes(buffer).first(*size);
  const ContentType type = session_.is_tls13() ? strip_padding(content) : record.type();
  if (from.epoch() == Epoch::application) count_decrypted();
  on_content(from, time, type, content);
  return Step::taken;
}

TlsConnection::Step TlsConnection::on_unopened_record(TlsDirection& from, CaptureTime time) {
  const bool searching = from.framer.searching();
  const Step passed_over = searching ? Step::no_record : Step::taken;
  if (from.skip_one()) return passed_over;
  if (!searching) context_.report.add(Counter::tls_bad_records);
  if (++from.bad_in_a_row > kMaxBadInARow) {
    give_up(from, time, searching ? TlsFailure::gap : TlsFailure::damaged, kNotOpened);
    return Step::taken;
  }
  if (!searching) {
    from.doubt();
    tell_gap(from, time);
  }
  return passed_over;
}

void TlsConnection::on_framing_lost(TlsDirection& from, CaptureTime time) {
  if (hello_seen(from)) {
    context_.report.add(Counter::tls_bad_records);
    from.doubt();
    tell_gap(from, time);
    return;
  }
  // RFC 5246 §E.2: a ClientHello in the format of SSL 2.0 has its length first, then type 1.
  const Bytes start = from.framer.partial();
  if (from.sender == Direction::to_server && start[0] >= 0x80 && start[2] == 1) {
    fail(TlsFailure::unsupported_version, "SSL 2.0 ClientHello");
  } else {
    fail(TlsFailure::damaged, "not TLS");
  }
}

// Passes a loss on, at once if it is of application data, else when it turns out to be.
void TlsConnection::tell_gap(TlsDirection& from, CaptureTime time) {
  if (from.epoch() != Epoch::application && from.epoch() != Epoch::early) return;
  from.gap_to_tell = false;
  if (from.gap_told) return;
  from.gap_told = true;
  plaintext_->on_gap(from.sender, time, 0);
}

void TlsConnection::on_content(TlsDirection& from, CaptureTime time, ContentType type,
                               Bytes content) {
  switch (type) {
    case ContentType::application_data:
      if (content.empty() || from.epoch() == Epoch::handshake) return;
      if (from.gap_to_tell) tell_gap(from, time);
      from.gap_told = false;
      plaintext_->on_data(from.sender, time, content);
      return;
    case ContentType::handshake:
      return on_handshake(from, content);
    case ContentType::alert:
      return on_alert(from, time, content);
    case ContentType::change_cipher_spec:  // TLS 1.2: the end of a renegotiation
      if (!session_.is_tls13()) from.enter(Epoch::application);
      return;
    default:
      return;
  }
}

void TlsConnection::on_alert(TlsDirection& from, CaptureTime time, Bytes alert) {
  if (alert.size() != 2) return;
  const bool warning = alert[0] == 1;
  const std::uint8_t description = alert[1];
  if (description == kCloseNotify) return end(from, time, StreamEnd::closed);
  // RFC 8446 §6: all others are fatal, whatever their level, but user_canceled. RFC 5246 §7.2: a
  // warning does not end the connection.
  if (description == kUserCanceled || description == kNoRenegotiation) return;
  if (warning && !session_.is_tls13()) return;
  if (!counted_ && refusal_.empty()) {
    refusal_ = "handshake refused with alert " + std::to_string(description);
  }
  end(from, time, StreamEnd::reset);
}

void TlsConnection::on_handshake(TlsDirection& from, Bytes fragment) {
  if (from.handshake_lost()) return;
  const unsigned generation = from.generation();
  while (const auto message = from.handshake.next(fragment)) {
    on_message(from, *message);
    if (failed_ || from.done || from.generation() != generation) return;
  }
  if (from.handshake.damaged()) fail(TlsFailure::damaged, "handshake message of absurd length");
}

void TlsConnection::on_message(TlsDirection& from, const HandshakeMessage& message) {
  const bool client = from.sender == Direction::to_server;
  const bool tls13 = session_.is_tls13() && from.epoch() != Epoch::plaintext;
  switch (message.type) {
    case HandshakeType::client_hello:
      if (client && !tls13) return on_client_hello(from, message.body);
      break;
    case HandshakeType::server_hello:
      if (!client && !tls13) return on_server_hello(from, message.body);
      break;
    case HandshakeType::hello_request:
      return;
    case HandshakeType::encrypted_extensions:
      if (!client && tls13 && early_data_ == EarlyData::offered) {
        return decide_early_data(accepts_early_data(message.body));
      }
      break;
    case HandshakeType::end_of_early_data:
      if (client && from.epoch() == Epoch::early) return from.enter(Epoch::handshake);
      break;
    case HandshakeType::finished:
      if (!tls13 || from.epoch() != Epoch::handshake) break;
      if (!client && early_data_ == EarlyData::offered) decide_early_data(std::nullopt);
      return from.enter(Epoch::application);
    case HandshakeType::key_update:
      if (tls13 && from.epoch() == Epoch::application) return from.update_key();
      break;
  }
  if (!hello_seen(from) && !retry_requested_) fail_unseen();
}

void TlsConnection::on_client_hello(const TlsDirection& from, Bytes body) {
  const auto hello = parse_client_hello(body);
  if (!hello) return fail(TlsFailure::damaged, "ClientHello");
  if (client_hello_ && from.epoch() == Epoch::plaintext) return;  // after a HelloRetryRequest
  session_.client_random = hello->random;
  if (client_hello_) return;  // a renegotiation
  client_hello_ = true;
  name_ = hello->server_name;
  info_.sni = hello->server_name;
  if (hello->max_version < kTls12) {
    return fail(TlsFailure::unsupported_version, describe_version(hello->max_version));
  }
  if (hello->early_data) early_data_ = EarlyData::offered;
}

void TlsConnection::on_server_hello(const TlsDirection& from, Bytes body) {
  const auto hello = parse_server_hello(body);
  if (!hello) return fail(TlsFailure::damaged, "ServerHello");
  if (!client_hello_) return fail_unseen();
  if (hello->version != kTls12 && hello->version != kTls13) {
    return fail(TlsFailure::unsupported_version, describe_version(hello->version));
  }
  const bool refuses_early_data = hello->hello_retry_request || hello->version == kTls12;
  if (refuses_early_data && early_data_ == EarlyData::offered) early_data_ = EarlyData::decided;
  if (hello->hello_retry_request) {
    retry_requested_ = true;
    return;
  }
  const CipherSuite* suite = find_suite(hello->suite);
  const auto version = hello->version == kTls13 ? TlsVersion::tls_1_3 : TlsVersion::tls_1_2;
  if (suite == nullptr || suite->version() != version) {
    return fail(TlsFailure::unsupported_suite, describe_suite(hello->suite));
  }
  session_.suite = suite;
  session_.server_random = hello->random;
  session_.encrypt_then_mac = hello->encrypt_then_mac;
  if (server_hello_ && from.epoch() != Epoch::plaintext) return;  // a renegotiation
  server_hello_ = true;
  if (!context_.keys_may_grow && !session_.has_application_secrets()) {
    return fail(TlsFailure::no_key, session_.has_any_secret() ? std::string(kSomeSecrets) : "");
  }
  if (version == TlsVersion::tls_1_2) return;
  direction(Direction::to_client).enter(Epoch::handshake);
  if (early_data_ != EarlyData::offered) direction(Direction::to_server).enter(Epoch::handshake);
}

// Without `accepted` the answer is not known.
void TlsConnection::decide_early_data(std::optional<bool> accepted) {
  early_data_ = EarlyData::decided;
  TlsDirection& client = direction(Direction::to_server);
  if (client.done || !session_.is_tls13()) return;
  if (accepted == true && session_.find_secret(client.sender, Epoch::early)) {
    client.enter(Epoch::early);
    return;
  }
  client.enter(Epoch::handshake);
  client.skip_until_one_opens();
  // Refused data is sent again; what was accepted, or may have been, is lost.
  if (accepted != false) client.gap_to_tell = true;
}

}  // namespace mpsdscope

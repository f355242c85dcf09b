// The state of one TLS connection; see decode/tls.h for what it is to the outside. Split in two
// files: tls.cc has the stream's events, their order and the verdict, tls_connection.cc the records
// and messages.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "decode/context.h"
#include "decode/stream.h"
#include "decode/tls_direction.h"
#include "decode/tls_handshake.h"
#include "decode/tls_hold.h"
#include "decode/tls_session.h"

namespace mpsdscope {

inline constexpr const char* kNotOpened = "records that no key opens";

class TlsConnection final : public StreamSink {
 public:
  TlsConnection(DecodeContext& context, ConnectionInfo& info,
                std::unique_ptr<StreamSink> plaintext);
  ~TlsConnection() override;

  void on_data(Direction direction, CaptureTime time, Bytes bytes) override;
  void on_gap(Direction direction, CaptureTime time, std::uint64_t length) override;
  void on_end(Direction direction, CaptureTime time, StreamEnd end) override;
  void on_tick(CaptureTime time) override;
  std::size_t buffered_bytes() const override;

 private:
  // What became of a record.
  enum class Step {
    taken,      // handled, or rightly passed over
    no_record,  // a candidate of a search that is none
    wait,       // needs something that is not here yet
  };
  // The fate of 0-RTT data (RFC 8446 §4.2.10). Until it is decided the client's records wait.
  enum class EarlyData { none, offered, decided };

  // Order: what cannot be handled yet is held, per direction or, for want of keys, all.
  bool blocked(Direction direction) const;
  // Whether the peer has events that came before the one with that ordinal and need not wait.
  bool peer_is_first(Direction direction, std::uint64_t ordinal) const;
  bool must_hold(Direction direction) const;
  void hold(Direction direction, HeldEvent event);
  void drain();
  void dispatch(Direction direction, HeldEvent event);
  void look_for_keys_again();
  void enforce_limit();

  // One direction's events in their turn. `ordinal`: as in HeldEvent, to hold the rest again.
  void take_data(TlsDirection& from, CaptureTime time, Bytes bytes, std::uint64_t ordinal);
  void take_gap(TlsDirection& from, CaptureTime time, std::uint64_t length);
  void take_end(TlsDirection& from, CaptureTime time, StreamEnd end, std::uint64_t ordinal);
  void end_search(TlsDirection& from, CaptureTime time, std::uint64_t ordinal);

  // Records and messages (tls_connection.cc).
  Step on_record(TlsDirection& from, CaptureTime time, const TlsRecord& record);
  Step on_plain_record(TlsDirection& from, CaptureTime time, const TlsRecord& record);
  Step on_doubtful_record(TlsDirection& from, CaptureTime time, const TlsRecord& record);
  Step on_protected_record(TlsDirection& from, CaptureTime time, const TlsRecord& record);
  Step on_unopened_record(TlsDirection& from, CaptureTime time);
  bool find_keys(TlsDirection& from);
  Step want_keys();
  Step open_record(TlsDirection& from, CaptureTime time, const TlsRecord& record);
  void on_content(TlsDirection& from, CaptureTime time, ContentType type, Bytes content);
  void on_alert(TlsDirection& from, CaptureTime time, Bytes alert);
  void on_handshake(TlsDirection& from, Bytes fragment);
  void on_message(TlsDirection& from, const HandshakeMessage& message);
  void on_client_hello(const TlsDirection& from, Bytes body);
  void on_server_hello(const TlsDirection& from, Bytes body);
  void decide_early_data(std::optional<bool> accepted);
  void on_framing_lost(TlsDirection& from, CaptureTime time);
  void tell_gap(TlsDirection& from, CaptureTime time);

  // The end, of one direction or of all, and the verdict.
  void end(TlsDirection& from, CaptureTime time, StreamEnd end);
  void give_up(TlsDirection& from, CaptureTime time, TlsFailure failure, std::string detail);
  void fail(TlsFailure failure, std::string detail);
  void fail_unseen();
  void count_decrypted();
  void count_undecrypted(TlsFailure failure, std::string detail);
  void count_unread();
  void count_losses();
  void conclude();

  bool hello_seen(const TlsDirection& from) const {
    return from.sender == Direction::to_server ? client_hello_ : server_hello_;
  }
  TlsDirection& direction(Direction d) { return directions_[index_of(d)]; }
  const TlsDirection& direction(Direction d) const { return directions_[index_of(d)]; }

  DecodeContext& context_;
  ConnectionInfo& info_;
  std::unique_ptr<StreamSink> plaintext_;
  std::string name_;  // for the report: SNI or the server's endpoint
  TlsSession session_;
  std::array<TlsDirection, 2> directions_;
  HoldQueue held_;
  CaptureTime last_time_{};

  bool client_hello_ = false;
  bool server_hello_ = false;  // a final one
  bool retry_requested_ = false;
  EarlyData early_data_ = EarlyData::none;
  std::string refusal_;  // the fatal alert that ended the handshake, in words

  bool waiting_for_keys_ = false;
  std::uint64_t keys_generation_ = 0;  // of the log when it was last searched in vain
  std::array<bool, 2> end_received_{};

  bool counted_ = false;    // as one or the other
  bool decrypted_ = false;  // as decrypted
  bool failed_ = false;
  bool concluded_ = false;
  std::optional<std::pair<TlsFailure, std::string>> partial_failure_;  // of a direction given up
};

}  // namespace mpsdscope

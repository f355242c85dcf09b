// One direction of a TLS connection: framing, keys and record numbers, and how to find them again
// after a loss.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "decode/limits.h"
#include "decode/report.h"
#include "decode/stream.h"
#include "decode/tls_framer.h"
#include "decode/tls_handshake.h"
#include "decode/tls_record_cipher.h"
#include "decode/tls_session.h"

namespace mpsdscope {

class TlsDirection {
 public:
  TlsDirection(Direction direction, const TlsSession& session, const Limits& limits,
               DecodeReport& report)
      : sender(direction), session_(session), limits_(limits), report_(report) {}

  const Direction sender;
  RecordFramer framer;
  HandshakeReader handshake;
  bool done = false;          // ended, or given up: nothing more comes of it
  bool gap_to_tell = false;   // application data may have been lost and nobody was told yet
  bool gap_told = false;      // was told, and no data came since
  unsigned bad_in_a_row = 0;  // records or candidates that did not open

  Epoch epoch() const { return epoch_; }
  // A part of the handshake was lost: its messages cannot be followed until the keys change.
  bool handshake_lost() const { return handshake_lost_; }
  // Counts changes of keys; what follows one in the same record is under no key.
  unsigned generation() const { return generation_; }

  // The sender changes to the keys of that epoch, its record numbers begin at 0. The keys are
  // looked up when a record needs them.
  void enter(Epoch epoch);
  // RFC 8446 §7.2; only in the application epoch of TLS 1.3, after a record has opened.
  void update_key();
  // From here on records that do not open are passed over until the first one that does: those of
  // 0-RTT data that was refused, and those of a handshake without secrets.
  void skip_until_one_opens();

  bool has_keys() const { return keys_.cipher != nullptr; }
  // Finds the keys of the epoch. False if the log does not hold them (yet).
  bool find_keys();

  // Opens a record with the keys of the epoch, after a loss also under later numbers and with the
  // keys of the next epoch, which it then enters. Returns the length of the content in `out`,
  // nullopt if it is not authentic.
  std::optional<std::size_t> open(const TlsRecord& record, std::span<std::uint8_t> out);
  // After a record did not open: whether that was to be expected.
  bool skip_one();

  // Bytes are missing before the next byte.
  void lose(std::uint64_t length);
  // The last record did not open, or was none: the next one may have another number than expected,
  // and messages have holes.
  void doubt();
  bool in_doubt() const { return in_doubt_; }
  // Records came under these keys and none was opened: they are not theirs.
  bool none_opened() const { return bad_in_a_row > 0 && !opened_any_; }
  bool lost_any() const { return lost_any_; }

 private:
  struct Keys {
    Epoch epoch = Epoch::plaintext;
    Secret secret;
    std::unique_ptr<RecordCipher> cipher;
  };

  std::optional<std::size_t> open_later(const TlsRecord& record, std::span<std::uint8_t> out);
  std::optional<std::size_t> open_with_next_keys(const TlsRecord& record,
                                                 std::span<std::uint8_t> out);
  bool find_next_keys();
  void opened(std::uint64_t number, const TlsRecord& record);

  const TlsSession& session_;
  const Limits& limits_;
  DecodeReport& report_;

  Epoch epoch_ = Epoch::plaintext;
  Keys keys_;
  Keys next_;  // made only when a loss may have hidden the change to them
  unsigned generation_ = 0;
  bool handshake_lost_ = false;
  unsigned skippable_ = 0;

  bool opened_any_ = false;   // since the keys changed
  bool lost_any_ = false;     // bytes, ever
  std::uint64_t number_ = 0;  // sequence number that the next record should have
  bool in_doubt_ = false;
  std::uint64_t lost_bytes_ = 0;  // in the gaps since the last record that opened
  std::uint64_t records_opened_ = 0, bytes_opened_ = 0;  // for the size of the usual record
  std::optional<std::uint64_t> explicit_nonce_;          // of the last record that opened
};

}  // namespace mpsdscope

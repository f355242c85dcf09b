#include "decode/tls_direction.h"

#include <algorithm>

#include "decode/tls_key_schedule.h"

namespace mpsdscope {
namespace {

// More than any handshake has, and more than a client sends of 0-RTT data before the answer.
constexpr unsigned kMaxSkippedRecords = 1'024;

}  // namespace

void TlsDirection::enter(Epoch epoch) {
  epoch_ = epoch;
  keys_ = {};
  next_ = {};
  ++generation_;
  opened_any_ = false;
  bad_in_a_row = 0;
  number_ = 0;
  in_doubt_ = false;
  handshake_lost_ = false;
  lost_bytes_ = 0;
  explicit_nonce_.reset();
  handshake.reset();
}

void TlsDirection::update_key() {
  const Secret secret = next_traffic_secret(*session_.suite, keys_.secret);
  enter(Epoch::application);
  keys_ = {Epoch::application, secret, session_.make_cipher(sender, secret)};
}

void TlsDirection::skip_until_one_opens() {
  skippable_ = kMaxSkippedRecords;
}

bool TlsDirection::skip_one() {
  if (skippable_ == 0) return false;
  // In doubt a record was tried under many numbers: fewer such records, so that junk stays cheap.
  skippable_ -= std::min(skippable_, in_doubt_ ? 16u : 1u);
  return true;
}

bool TlsDirection::find_keys() {
  if (keys_.cipher) return true;
  std::optional<Secret> secret = session_.find_secret(sender, epoch_);
  if (!secret && epoch_ == Epoch::handshake) {
    // A log may lack the handshake's secrets and still hold what matters.
    secret = session_.find_secret(sender, Epoch::application);
    if (!secret) return false;
    enter(Epoch::application);
    skip_until_one_opens();
  }
  if (!secret) return false;
  keys_ = {epoch_, *secret, session_.make_cipher(sender, *secret)};
  return true;
}

std::optional<std::size_t> TlsDirection::open(const TlsRecord& record,
                                              std::span<std::uint8_t> out) {
  if (epoch_ != Epoch::plaintext) {
    if (const auto size = keys_.cipher->open(number_, record, out)) {
      opened(number_, record);
      return size;
    }
    if (!in_doubt_ && !handshake_lost_) return std::nullopt;
    if (const auto size = open_later(record, out)) return size;
  }
  return open_with_next_keys(record, out);
}

std::optional<std::size_t> TlsDirection::open_later(const TlsRecord& record,
                                                    std::span<std::uint8_t> out) {
  const auto try_number = [&](std::uint64_t number) {
    const auto size = keys_.cipher->open(number, record, out);
    if (size) opened(number, record);
    return size;
  };
  const auto nonce = keys_.cipher->explicit_nonce(record);
  if (nonce && explicit_nonce_) {
    // number_ - 1 is that of the record with explicit_nonce_. Never back: that were a replay.
    const std::uint64_t number = number_ + (*nonce - *explicit_nonce_ - 1);
    if (number > number_) {
      if (const auto size = try_number(number)) return size;
    }
  }
  const std::uint64_t trials = limits_.max_tls_trial_records;
  // No fewer records than fit the lost bytes were lost; beyond that, records of the usual size.
  const std::uint64_t fewest =
      std::max<std::uint64_t>(1, lost_bytes_ / (kRecordHeaderSize + kMaxCiphertext));
  for (std::uint64_t i = 0; i < trials; ++i) {
    if (const auto size = try_number(number_ + fewest + i)) return size;
  }
  if (records_opened_ == 0) return std::nullopt;
  const std::uint64_t usual =
      lost_bytes_ * records_opened_ / std::max<std::uint64_t>(bytes_opened_, 1);
  if (usual <= fewest + trials) return std::nullopt;
  for (std::uint64_t i = 0; i < trials; ++i) {
    const std::uint64_t number = number_ + usual - trials / 2 + i;
    if (number < number_ + fewest + trials) continue;
    if (const auto size = try_number(number)) return size;
  }
  return std::nullopt;
}

bool TlsDirection::find_next_keys() {
  if (next_.cipher) return true;
  std::optional<Secret> secret;
  if (!session_.is_tls13()) {
    if (epoch_ != Epoch::plaintext) return false;
    next_.epoch = Epoch::application;
    secret = session_.find_secret(sender, Epoch::application);
  } else if (epoch_ == Epoch::application) {
    next_.epoch = Epoch::application;
    secret = next_traffic_secret(*session_.suite, keys_.secret);
  } else {
    next_.epoch = epoch_ == Epoch::early ? Epoch::handshake : Epoch::application;
    secret = session_.find_secret(sender, next_.epoch);
  }
  if (!secret) return false;
  next_.secret = *secret;
  next_.cipher = session_.make_cipher(sender, *secret);
  return true;
}

std::optional<std::size_t> TlsDirection::open_with_next_keys(const TlsRecord& record,
                                                             std::span<std::uint8_t> out) {
  if (session_.is_tls13() && epoch_ == Epoch::plaintext) return std::nullopt;
  if (!find_next_keys()) return std::nullopt;
  for (std::uint64_t number = 0; number < limits_.max_tls_trial_records; ++number) {
    const auto size = next_.cipher->open(number, record, out);
    if (!size) continue;
    Keys keys = std::move(next_);
    gap_to_tell = gap_to_tell || number > 0;
    enter(keys.epoch);
    keys_ = std::move(keys);
    opened(number, record);
    return size;
  }
  return std::nullopt;
}

void TlsDirection::opened(std::uint64_t number, const TlsRecord& record) {
  if (number > number_) report_.add(Counter::tls_lost_records, number - number_);
  number_ = number + 1;
  in_doubt_ = false;
  lost_bytes_ = 0;
  skippable_ = 0;
  bad_in_a_row = 0;
  opened_any_ = true;
  ++records_opened_;
  bytes_opened_ += record.size();
  explicit_nonce_ = keys_.cipher->explicit_nonce(record);
}

void TlsDirection::lose(std::uint64_t length) {
  framer.lose(length);
  lost_bytes_ += length;
  lost_any_ = true;
  doubt();
}

void TlsDirection::doubt() {
  in_doubt_ = true;
  // In the application epoch messages are short and rare: a record begins one.
  if (epoch_ != Epoch::application) handshake_lost_ = true;
  handshake.reset();
}

}  // namespace mpsdscope

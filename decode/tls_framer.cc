#include "decode/tls_framer.h"

#include <algorithm>

namespace mpsdscope {
namespace {

// A buffer up to this size is kept for the next record; a larger one would add up over thousands
// of idle connections.
constexpr std::size_t kKeptCapacity = 2'048;

TlsRecord record_at(Bytes bytes) {
  return {bytes.first(kRecordHeaderSize), bytes.subspan(kRecordHeaderSize, record_length(bytes))};
}

std::size_t record_size(Bytes bytes) {
  return kRecordHeaderSize + record_length(bytes);
}

}  // namespace

std::optional<TlsRecord> RecordFramer::next(Bytes& bytes) {
  const std::size_t skipped = std::min(skip_, bytes.size());
  skip_ -= skipped;
  bytes = bytes.subspan(skipped);
  return searching_ ? next_candidate(bytes) : next_in_step(bytes);
}

std::optional<TlsRecord> RecordFramer::next_in_step(Bytes& bytes) {
  if (front_ == held_.size()) {  // nothing held: look at the caller's bytes where they are
    if (bytes.size() >= kRecordHeaderSize && plausible_header(bytes) &&
        bytes.size() >= record_size(bytes)) {
      const TlsRecord record = record_at(bytes);
      bytes = bytes.subspan(record.size());
      offered_ = 0;
      return record;
    }
    if (bytes.empty()) return std::nullopt;
  }
  if (!fill(bytes, kRecordHeaderSize)) return std::nullopt;
  if (!plausible_header(partial())) {
    search();
    return std::nullopt;
  }
  if (!fill(bytes, record_size(partial()))) return std::nullopt;
  const TlsRecord record = record_at(partial());
  offered_ = record.size();
  return record;
}

// Every plausible header is tried, whatever its bytes say, so a search is never led past a record.
std::optional<TlsRecord> RecordFramer::next_candidate(Bytes& bytes) {
  hold(bytes);
  bytes = {};
  for (; partial().size() >= kRecordHeaderSize; ++front_, ++searched_) {
    if (!plausible_header(partial())) continue;
    if (partial().size() < record_size(partial())) break;
    const TlsRecord record = record_at(partial());
    offered_ = record.size();
    return record;
  }
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(front_));
  front_ = 0;
  return std::nullopt;
}

// Makes partial() at least `size` long, if `bytes` has what is missing.
bool RecordFramer::fill(Bytes& bytes, std::size_t size) {
  if (partial().size() >= size) return true;
  if (front_ > 0) {
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(front_));
    front_ = 0;
  }
  held_.reserve(size);
  const Bytes piece = bytes.first(std::min(size - held_.size(), bytes.size()));
  hold(piece);
  bytes = bytes.subspan(piece.size());
  return held_.size() >= size;
}

void RecordFramer::release() {
  if (held_.capacity() > kKeptCapacity) {
    held_ = {};
  } else {
    held_.clear();
  }
  front_ = 0;
}

void RecordFramer::accept() {
  front_ += offered_;
  offered_ = 0;
  searching_ = false;
  searched_ = 0;
  if (front_ == held_.size()) release();
}

void RecordFramer::reject() {
  ++front_;
  ++searched_;
  offered_ = 0;
}

std::vector<std::uint8_t> RecordFramer::give_back(const TlsRecord& record, Bytes rest) {
  std::vector<std::uint8_t> bytes;
  if (offered_ > 0) {
    bytes.assign(partial().begin(), partial().end());
  } else {
    bytes.assign(record.header.begin(), record.header.end());
    bytes.insert(bytes.end(), record.payload.begin(), record.payload.end());
  }
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  offered_ = 0;
  release();
  return bytes;
}

void RecordFramer::lose(std::uint64_t length) {
  std::size_t missing = skip_;  // bytes to come of the record that the loss falls into
  if (!searching_ && skip_ == 0 && partial().size() >= kRecordHeaderSize) {
    missing = record_size(partial()) - partial().size();
  }
  release();
  skip_ = 0;
  if (searching_ || length == 0 || length > missing) {
    search();
  } else {
    skip_ = missing - static_cast<std::size_t>(length);
  }
}

void RecordFramer::search() {
  searching_ = true;
  skip_ = 0;
}

}  // namespace mpsdscope

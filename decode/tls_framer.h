// Cuts one direction's bytes into TLS records, across chunks of any size and across gaps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "decode/bytes.h"
#include "decode/tls_record.h"

namespace mpsdscope {

// Two modes. In step: each record begins where the last one ended. Searching: the place is lost,
// and every plausible header is offered as a candidate until one proves to be a record (only the
// caller can tell, by its authentication tag). A record that lies whole in the caller's bytes is
// not copied.
class RecordFramer {
 public:
  // Takes bytes off the front of `bytes` and gives the next record, or nullopt when it needs more;
  // then all of `bytes` is taken. Header bytes that cannot begin a record start a search: nullopt
  // too, but partial() still begins with them, and the next call goes on. Each
  // record must be answered with one of the next three calls; until then its views are valid,
  // those into `bytes` as long as these.
  std::optional<TlsRecord> next(Bytes& bytes);
  void accept();  // it is a record: in step from its end on
  void reject();  // searching only: it is none, look one byte further
  // Not now: gives back the record, and what is behind it up to the end of `rest`, to be passed to
  // next() again later.
  std::vector<std::uint8_t> give_back(const TlsRecord& record, Bytes rest);

  // `length` bytes are missing here, 0 if unknown how many. If they lie within one
  // record it stays in step, from the record behind that one on; else a search begins.
  void lose(std::uint64_t length);
  void search();

  bool searching() const { return searching_; }
  // Bytes discarded by the search so far.
  std::size_t searched() const { return searched_; }
  // What is held of a record that is not yet whole.
  Bytes partial() const { return Bytes(held_).subspan(front_); }
  bool amid_record() const { return skip_ > 0 || front_ < held_.size(); }
  std::size_t buffered_bytes() const { return held_.size(); }
  void clear() { *this = RecordFramer(); }

 private:
  std::optional<TlsRecord> next_in_step(Bytes& bytes);
  std::optional<TlsRecord> next_candidate(Bytes& bytes);
  bool fill(Bytes& bytes, std::size_t size);
  void hold(Bytes bytes) { held_.insert(held_.end(), bytes.begin(), bytes.end()); }
  void release();

  std::vector<std::uint8_t> held_;  // from front_ on: bytes taken but not yet given
  std::size_t front_ = 0;
  std::size_t offered_ = 0;  // size of the record that was given from held_, 0 for one in place
  std::size_t skip_ = 0;     // bytes still to come of a record that lost others
  std::size_t searched_ = 0;
  bool searching_ = false;
};

}  // namespace mpsdscope

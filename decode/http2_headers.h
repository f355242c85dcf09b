// Header lists of HTTP/2: HPACK (RFC 7541) decompression and the rules for what a list may hold
// (RFC 9113 §8.2, §8.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nghttp2/nghttp2.h>

#include "decode/bytes.h"
#include "decode/exchange.h"

namespace mpsdscope {

// One header list while it is being decompressed.
struct Http2HeaderList {
  std::string method, scheme, path, authority, protocol, status;  // pseudo-header fields
  FieldLines fields;
  std::size_t size = 0;    // as RFC 9113 §6.5.2 counts
  bool too_large = false;  // the rest was dropped
  bool cut = false;        // the rest could not be read: bytes, or the compression state, were lost
  unsigned seen = 0;       // bit set of pseudo-header fields
  std::string problem;     // why it is malformed; "" if it is not

  void clear();
  void add(std::string_view name, std::string_view value, std::size_t max_size);
  // Completes the check, once the list is complete, as what it is.
  void check_request();
  void check_response();
  void check_trailers();
  int status_code() const;  // 0 if there is none
};

// A decimal Content-Length; nullopt if there is none. `problem` is set if it cannot be read.
std::optional<std::uint64_t> read_content_length(const FieldLines& fields, std::string& problem);

// Decompresses the header blocks of one direction.
//
// When blocks were lost, the dynamic table (RFC 7541 §2.3.2) is forgotten. An index counts from the
// newest entry, and entries leave it oldest first: so with the entries that came since, an index
// leads to the right field or behind the end of the table, which is an error.
class Http2Inflater {
 public:
  Http2Inflater();

  // The next fragment of a block; `last` ends the block. False: the compression state is lost.
  bool inflate(Bytes fragment, bool last, std::size_t max_size, Http2HeaderList& list);
  // The receiver's SETTINGS_HEADER_TABLE_SIZE as it takes effect. Only between blocks.
  bool set_table_size(std::uint32_t size);
  // Nobody knows what the receiver set: the sender may use any size. Only between blocks.
  void allow_any_table_size();
  // Blocks were lost, or one could not be read to its end.
  void forget();

 private:
  struct Delete {
    void operator()(nghttp2_hd_inflater* inflater) const { nghttp2_hd_inflate_del(inflater); }
  };
  std::unique_ptr<nghttp2_hd_inflater, Delete> inflater_;
  bool used_ = false;
};

}  // namespace mpsdscope

// The name or the value of a field line that is being read.
#pragma once

#include <string>
#include <string_view>

#include "decode/recycle.h"

namespace mpsdscope {

// Most are all in one chunk of the stream, and are not copied.
class Http1FieldPart {
 public:
  // Of all pieces so far; valid until the next call.
  std::string_view text() const { return text_; }
  // The piece outlives the calls up to keep().
  void add(std::string_view piece) {
    if (!text_.empty()) return append(piece);
    text_ = piece;
  }
  // The chunk that the pieces are of ends here.
  void keep() {
    if (text_.empty() || text_.data() == kept_.data()) return;
    kept_.assign(text_);
    text_ = kept_;
  }
  void clear() {
    text_ = {};
    if (!kept_.empty()) recycle(kept_);
  }

 private:
  void append(std::string_view piece) {
    keep();
    text_ = kept_.append(piece);
  }

  std::string_view text_;  // in the chunk, or in kept_
  std::string kept_;
};

}  // namespace mpsdscope

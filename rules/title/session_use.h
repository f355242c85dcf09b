// What a user of a title does with a session, or with an element of one.
#pragma once

#include <cstdint>
#include <memory>

#include "rules/title/conflicts.h"
#include "rules/title/observed.h"
#include "rules/title/polling.h"

namespace mpsdscope {

struct SessionUse {
  std::uint64_t check = 0;           // of the digest of user, title and name
  Gets gets;                         // of just what it is
  std::unique_ptr<Refusal> refusal;  // of a session, since the first 412; writes to its elements
                                     // count as writes to it

  void clear() {
    gets.clear();
    refusal.reset();
  }
  bool pinned(CaptureTime /*now*/) const { return false; }
};

}  // namespace mpsdscope

// What a user of a title does with a session, or with an element of one.
#pragma once

#include <memory>
#include <string>

#include "rules/title/conflicts.h"
#include "rules/title/observed.h"
#include "rules/title/polling.h"

namespace mpsdscope {

struct SessionUse {
  Who who;
  std::string name;
  Gets gets;                         // of just what it is
  std::unique_ptr<Refusal> refusal;  // of a session, since the first 412; writes to its elements
                                     // count as writes to it

  void clear() {
    name.clear();
    gets.clear();
    refusal.reset();
  }
  bool pinned(CaptureTime /*now*/) const { return false; }
};

}  // namespace mpsdscope

// What a user of a title does with a session, or with an element of one.
#pragma once

#include <string>

#include "rules/title/conflicts.h"
#include "rules/title/observed.h"
#include "rules/title/polling.h"

namespace mpsdscope {

struct SessionUse {
  Who who;
  std::string name;
  Refusal refusal;  // of a session; writes to its elements count as writes to it
  Gets gets;          // of just what it is

  void clear() {
    name.clear();
    refusal.clear();
    gets.clear();
  }
  bool pinned(CaptureTime /*now*/) const { return false; }
};

}  // namespace mpsdscope

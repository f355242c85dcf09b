// Documents that were read before. Who polls a session gets the same document again and again, and
// so does each member who reads it after a change: comparing its bytes costs a tenth of reading it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "decode/session_document.h"

namespace mpsdscope {

// Holds at most kMost documents of kMostBytes, the least recently read ones give way. A document is
// worth its copy when it comes a second time: most never do. Single-threaded.
class DocumentMemo {
 public:
  static constexpr std::size_t kMost = 256;
  static constexpr std::size_t kMostBytes = 4'096;

  // Body and facts of one document; without a body: of none yet.
  struct Kept {
    std::string body;
    int contract_version = 0;  // what facts depend on besides the body
    SharedFacts facts;

    bool is(std::string_view other, int version) const {
      return contract_version == version && body == other;
    }
  };

  // The place of a document that came before, which may hold that one, another or none: then it is
  // the caller's to fill. nullptr: it did not come before, or is too large. Valid until the next
  // call.
  Kept* find(std::string_view body, int contract_version);

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::unique_ptr<Kept> kept;
  };
  // Those of equal low bits, most recently used first: so many that far fewer documents than there
  // is room for hardly ever drive out each other.
  static constexpr std::size_t kWays = 8;
  using Set = std::array<Slot, kWays>;

  std::vector<Set> sets_ = std::vector<Set>(kMost / kWays);
};

}  // namespace mpsdscope

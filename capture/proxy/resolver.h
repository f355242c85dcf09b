// Names to addresses, without making a loop wait.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "decode/address.h"
#include "decode/result.h"

namespace mpsdscope {

// The system's resolver on a few threads of its own, with a small cache: a game opens many
// connections to few names. Thread-safe.
class Resolver {
 public:
  using Addresses = std::vector<IpAddress>;
  // In the order in which they are to be tried; at least one.
  using Callback = std::function<void(const Result<Addresses>&)>;

  Resolver();
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // `done` is called from here if the answer is known, else on another thread, where it must be
  // quick; not after the destructor. Queries beyond a bound fail at once.
  void resolve(const std::string& host, Callback done);

 private:
  struct State;
  // Shared with the threads, which may outlive this in a query that takes the system long.
  std::shared_ptr<State> state_;
};

}  // namespace mpsdscope

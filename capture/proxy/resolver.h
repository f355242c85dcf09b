// Names to addresses, without making a loop wait.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "decode/address.h"
#include "decode/result.h"

namespace mpsdscope {

// The system's resolver on a few threads of its own, with a small cache, of failures too: a game
// opens many connections to few names. A name is asked for once however many wait for it, and one
// client can have some names asked for at once, so that its dead names do not make others wait.
// Thread-safe.
class Resolver {
 public:
  using Addresses = std::vector<IpAddress>;
  // In the order in which they are to be tried; at least one.
  using Callback = std::function<void(const Result<Addresses>&)>;
  using LookUp = std::function<Result<Addresses>(const std::string& host)>;

  // `look_up`: called from several threads, may take its time.
  explicit Resolver(LookUp look_up = ask_system);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // `done` is called from here if the answer is known, and then 0 is returned; else on another
  // thread, where it must be quick and not call this; not after cancel() or the destructor. Queries
  // beyond a bound fail at once.
  std::uint64_t resolve(const std::string& host, const IpAddress& client, Callback done);
  // Nobody waits any more for what resolve() returned this for.
  void cancel(const std::string& host, std::uint64_t ticket);

  static constexpr std::size_t kNamesPerClient = 64;  // that wait
  static constexpr std::size_t kThreads = 8;
  static constexpr std::size_t kThreadsPerClient = 4;

 private:
  static Result<Addresses> ask_system(const std::string& host);

  struct State;
  // Shared with the threads, which may outlive this in a query that takes the system long.
  std::shared_ptr<State> state_;
};

}  // namespace mpsdscope

// The threads of the pipeline, which share its steps.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "tools/shard.h"
#include "tools/work.h"

namespace mpsdscope {

// What is done to each work, in this order. A step, and the decoding of one shard, is done by one
// thread at a time and for the works in the order of reading. Several are done at once, to one work
// only the decoding of several shards.
class Steps {
 public:
  virtual ~Steps() = default;
  // Overwrites a work with the next batch. `stop`: with the end of the input, whatever is left.
  virtual void read(Work& work, bool stop) = 0;
  virtual void decode(Work& work, std::size_t shard) = 0;
  // False: the output takes no more.
  virtual bool judge(Work& work) = 0;
};

// The number of works bounds what is under way. Each thread has a step where it is at home, and
// takes the one nearest to it that there is something to do for: so what a shard or the judge
// remembers seldom moves from one processor's cache to another's, and no thread waits as long as
// there is anything to do.
class Crew {
 public:
  // `threads`: at least 1. The steps outlive it.
  Crew(Steps& steps, unsigned threads);

  // Until the last work is judged, on this thread and others.
  void run();

 private:
  using Lock = std::unique_lock<std::mutex>;
  static constexpr std::size_t kSteps = 1 + kShards + 1;
  struct Share {
    std::deque<Work*> works;
    bool busy = false;
  };

  void work(unsigned thread);
  std::array<std::size_t, kSteps> steps_of(unsigned thread) const;
  // Each step returns false when there is nothing to do for it now; it unlocks while it works.
  bool step(std::size_t i, Lock& lock);
  bool read(Lock& lock);
  bool decode(std::size_t shard, Lock& lock);
  bool judge(Lock& lock);
  void wake();

  Steps& steps_;
  const unsigned threads_;
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  unsigned waiting_ = 0;
  std::vector<std::unique_ptr<Work>> idle_;
  std::deque<std::unique_ptr<Work>> under_way_;  // in the order of reading
  std::array<Share, kShards> shares_;            // works that each shard is to decode, likewise
  std::size_t undecoded_ = 0;                    // works that any shard is to decode
  bool reading_ = false;
  bool judging_ = false;
  bool judged_all_ = false;
  bool output_failed_ = false;
};

}  // namespace mpsdscope

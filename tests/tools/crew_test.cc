#include "tools/crew.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <numeric>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

// Sees that a step is done by one thread at a time.
class Alone {
 public:
  explicit Alone(std::atomic<bool>& busy) : busy_(busy) { EXPECT_FALSE(busy_.exchange(true)); }
  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;
  ~Alone() { busy_ = false; }

 private:
  std::atomic<bool>& busy_;
};

// Numbers works as it reads them, and writes down what is done to which. Nothing is locked: a crew
// under the thread sanitizer must keep its threads apart.
class Recorded final : public Steps {
 public:
  static constexpr int kNever = -1;

  // Reads `works` of them; the output takes no more after the one with the number `fails_at`.
  explicit Recorded(int works, int fails_at = kNever) : works_(works), fails_at_(fails_at) {}

  void read(Work& work, bool stop) override {
    const Alone alone(reading_);
    places_.insert(&work);
    work.clock = CaptureTime(Duration(read_++));
    work.last = stop || read_ == works_;
    for (auto& counters : work.counters) counters[0] = 0;
    most_under_way_ = std::max(most_under_way_, read_ - judged_count_.load());
  }

  void decode(Work& work, std::size_t shard) override {
    const Alone alone(decoding_[shard]);
    ++work.counters[shard][0];
    decoded_[shard].push_back(number_of(work));
  }

  bool judge(Work& work) override {
    const Alone alone(judging_);
    for (std::size_t shard = 0; shard < kShards; ++shard) {
      EXPECT_EQ(work.counters[shard][0], 1u) << number_of(work) << ' ' << shard;
    }
    judged_.push_back(number_of(work));
    ++judged_count_;
    return number_of(work) != fails_at_;
  }

  int read_works() const { return read_; }
  int most_under_way() const { return most_under_way_; }
  std::size_t places() const { return places_.size(); }
  const std::vector<int>& decoded(std::size_t shard) const { return decoded_[shard]; }
  const std::vector<int>& judged() const { return judged_; }

 private:
  static int number_of(const Work& work) {
    return static_cast<int>(work.clock.time_since_epoch() / Duration(1));
  }

  const int works_, fails_at_;
  int read_ = 0;
  int most_under_way_ = 0;
  std::atomic<int> judged_count_{0};
  std::set<const Work*> places_;
  std::array<std::vector<int>, kShards> decoded_;
  std::vector<int> judged_;
  std::atomic<bool> reading_{false}, judging_{false};
  std::array<std::atomic<bool>, kShards> decoding_{};
};

std::vector<int> numbers(int count) {
  std::vector<int> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

constexpr std::array<unsigned, 4> kThreads{1, 2, 3, 8};

TEST(Crew, DoesEachStepToEachWorkInTheOrderOfReading) {
  for (const unsigned threads : kThreads) {
    for (const int works : {1, 2, 300}) {
      Recorded steps(works);
      Crew(steps, threads).run();
      EXPECT_EQ(steps.read_works(), works) << threads;
      for (std::size_t shard = 0; shard < kShards; ++shard) {
        EXPECT_EQ(steps.decoded(shard), numbers(works)) << threads << ' ' << shard;
      }
      EXPECT_EQ(steps.judged(), numbers(works)) << threads;
    }
  }
}

TEST(Crew, HoldsFewWorksHoweverManyThereAre) {
  for (const unsigned threads : kThreads) {
    Recorded steps(300);
    Crew(steps, threads).run();
    EXPECT_LE(steps.places(), threads + 8) << threads;
    EXPECT_LE(steps.most_under_way(), static_cast<int>(threads) + 8) << threads;
  }
}

// What was read until then is judged, for it must be counted; nothing more is read.
TEST(Crew, EndsSoonWhenTheOutputTakesNoMore) {
  for (const unsigned threads : kThreads) {
    Recorded steps(300, 20);
    Crew(steps, threads).run();
    EXPECT_LE(steps.read_works(), 21 + static_cast<int>(steps.places()) + 1) << threads;
    EXPECT_EQ(steps.judged(), numbers(steps.read_works())) << threads;
  }
}

}  // namespace
}  // namespace mpsdscope

#include "tools/crew.h"

#include <algorithm>
#include <numeric>
#include <thread>
#include <utility>

namespace mpsdscope {
namespace {

// Works beyond one for each thread: so many were as fast as more.
constexpr unsigned kSpare = 5;

}  // namespace

Crew::Crew(Steps& steps, unsigned threads) : steps_(steps), threads_(threads) {
  for (unsigned i = 0; i < threads + kSpare; ++i) idle_.push_back(std::make_unique<Work>());
}

void Crew::run() {
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads_; ++i) others.emplace_back([this, i] { work(i); });
  work(0);
  for (std::thread& other : others) other.join();
}

void Crew::work(unsigned thread) {
  const std::array<std::size_t, kSteps> steps = steps_of(thread);
  Lock lock(mutex_);
  while (!judged_all_) {
    if (std::any_of(steps.begin(), steps.end(), [&](std::size_t i) { return step(i, lock); }) ||
        read(lock)) {
      continue;
    }
    ++waiting_;
    changed_.wait(lock);
    --waiting_;
  }
}

// The nearest first. The first thread, which may be the only one, is at home where works end.
std::array<std::size_t, Crew::kSteps> Crew::steps_of(unsigned thread) const {
  const std::size_t last = kSteps - 1;
  const std::size_t home = threads_ == 1 ? last : last - thread * last / (threads_ - 1);
  const auto distance = [home](std::size_t i) { return i > home ? i - home : home - i; };
  std::array<std::size_t, kSteps> steps{};
  std::iota(steps.begin(), steps.end(), std::size_t{0});
  std::stable_sort(steps.begin(), steps.end(),
                   [&](std::size_t a, std::size_t b) { return distance(a) < distance(b); });
  return steps;
}

// What was read long ago has left the caches, so nobody reads far ahead who has anything else to
// do.
bool Crew::step(std::size_t i, Lock& lock) {
  if (i == 0) return undecoded_ < threads_ && read(lock);
  return i <= kShards ? decode(i - 1, lock) : judge(lock);
}

bool Crew::read(Lock& lock) {
  if (reading_ || idle_.empty()) return false;
  reading_ = true;
  std::unique_ptr<Work> work = std::move(idle_.back());
  idle_.pop_back();
  const bool stop = output_failed_;
  lock.unlock();
  steps_.read(*work, stop);
  lock.lock();
  reading_ = work->last;  // after the last one nobody reads
  work->undecoded = kShards;
  ++undecoded_;
  for (Share& share : shares_) share.works.push_back(work.get());
  under_way_.push_back(std::move(work));
  wake();
  return true;
}

bool Crew::decode(std::size_t shard, Lock& lock) {
  Share& share = shares_[shard];
  if (share.busy || share.works.empty()) return false;
  share.busy = true;
  Work* const work = share.works.front();
  share.works.pop_front();
  lock.unlock();
  steps_.decode(*work, shard);
  lock.lock();
  share.busy = false;
  if (--work->undecoded == 0) --undecoded_;
  wake();
  return true;
}

bool Crew::judge(Lock& lock) {
  if (judging_ || under_way_.empty() || under_way_.front()->undecoded > 0) return false;
  judging_ = true;
  std::unique_ptr<Work> work = std::move(under_way_.front());
  under_way_.pop_front();
  lock.unlock();
  const bool ok = steps_.judge(*work);
  lock.lock();
  judging_ = false;
  if (!ok) output_failed_ = true;
  judged_all_ = work->last;
  idle_.push_back(std::move(work));
  wake();
  return true;
}

void Crew::wake() {
  if (waiting_ > 0) changed_.notify_all();
}

}  // namespace mpsdscope

#include "capture/proxy/resolver.h"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>

#include <gtest/gtest.h>

#include "capture/proxy/address_policy.h"

namespace mpsdscope {
namespace {

IpAddress address(const char* text) {
  return *address_literal(text);
}

// A system's resolver whose answers wait until the test gives them.
class SlowNames {
 public:
  Result<Resolver::Addresses> look_up(const std::string& host) {
    std::unique_lock lock(mutex_);
    ++asked_[host];
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_ || answered_.count(host) != 0; });
    if (host.substr(0, 4) == "dead") return Error{"no such host"};
    return Resolver::Addresses{address("192.0.2.1")};
  }
  void answer(const std::string& host) {
    const std::lock_guard lock(mutex_);
    answered_[host] = true;
    changed_.notify_all();
  }
  void answer_all() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait_for_names(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return asked_.size() >= count; });
  }
  std::map<std::string, int> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> asked_;
  std::map<std::string, bool> answered_;
  bool open_ = false;
};

// What was answered.
class Answers {
 public:
  Resolver::Callback callback() {
    return [this](const Result<Resolver::Addresses>& found) {
      const std::lock_guard lock(mutex_);
      ++(found ? found_ : failed_);
      changed_.notify_all();
    };
  }
  void wait_for(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return found_ + failed_ >= count; });
  }
  int found() {
    const std::lock_guard lock(mutex_);
    return found_;
  }
  int failed() {
    const std::lock_guard lock(mutex_);
    return failed_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int found_ = 0, failed_ = 0;
};

class Resolvers : public ::testing::Test {
 protected:
  ~Resolvers() override { names_->answer_all(); }

  // The resolver's threads may outlive it.
  const std::shared_ptr<SlowNames> names_ = std::make_shared<SlowNames>();
  Answers answers_;
  Resolver resolver_{[names = names_](const std::string& host) { return names->look_up(host); }};
  const IpAddress client_ = address("10.0.0.1"), other_ = address("10.0.0.2");
};

TEST_F(Resolvers, LiteralsAreAnsweredAtOnce) {
  EXPECT_EQ(resolver_.resolve("192.0.2.7", client_, answers_.callback()), 0u);
  EXPECT_EQ(answers_.found(), 1);
  EXPECT_TRUE(names_->asked().empty());
}

TEST_F(Resolvers, ANameIsAskedForOnceHoweverManyWait) {
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_NE(resolver_.resolve("a.test", i % 2 == 0 ? client_ : other_, answers_.callback()), 0u);
  }
  names_->answer("a.test");
  answers_.wait_for(1'000);
  EXPECT_EQ(answers_.found(), 1'000);
  EXPECT_EQ(resolver_.resolve("a.test", client_, answers_.callback()), 0u);  // known now
  EXPECT_EQ(answers_.found(), 1'001);
  EXPECT_EQ(names_->asked()["a.test"], 1);
}

TEST_F(Resolvers, FailuresAreKnownForAWhileToo) {
  resolver_.resolve("dead.test", client_, answers_.callback());
  names_->answer("dead.test");
  answers_.wait_for(1);
  EXPECT_EQ(resolver_.resolve("dead.test", client_, answers_.callback()), 0u);
  EXPECT_EQ(answers_.failed(), 2);
  EXPECT_EQ(names_->asked()["dead.test"], 1);
}

TEST_F(Resolvers, AClientWithManyDeadNamesDoesNotMakeOthersWait) {
  std::size_t waiting = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string host = "dead" + std::to_string(i) + ".test";
    if (resolver_.resolve(host, client_, answers_.callback()) != 0) ++waiting;
  }
  EXPECT_EQ(waiting, Resolver::kNamesPerClient);
  EXPECT_EQ(answers_.failed(), 200 - static_cast<int>(waiting));
  names_->wait_for_names(Resolver::kThreadsPerClient);
  names_->answer("a.test");
  EXPECT_NE(resolver_.resolve("a.test", other_, answers_.callback()), 0u);
  answers_.wait_for(200 - static_cast<int>(waiting) + 1);
  EXPECT_EQ(answers_.found(), 1);
  EXPECT_EQ(names_->asked().size(), Resolver::kThreadsPerClient + 1);
}

TEST_F(Resolvers, WhatNobodyWaitsForIsNotAsked) {
  std::map<std::string, std::uint64_t> tickets;
  for (std::size_t i = 0; i < Resolver::kNamesPerClient; ++i) {
    const std::string host = "host" + std::to_string(i) + ".test";
    tickets[host] = resolver_.resolve(host, client_, answers_.callback());
  }
  names_->wait_for_names(Resolver::kThreadsPerClient);
  for (const auto& [host, ticket] : tickets) resolver_.cancel(host, ticket);
  // Of the client's share only those are left that are being asked for.
  EXPECT_NE(resolver_.resolve("last.test", client_, answers_.callback()), 0u);
  names_->answer_all();
  answers_.wait_for(1);
  EXPECT_EQ(answers_.found(), 1);
  EXPECT_EQ(names_->asked().size(), Resolver::kThreadsPerClient + 1);
}

}  // namespace
}  // namespace mpsdscope

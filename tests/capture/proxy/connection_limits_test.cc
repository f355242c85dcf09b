#include "capture/proxy/connection_limits.h"

#include <future>
#include <optional>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/proxy/address_policy.h"

namespace mpsdscope {
namespace {

using ::testing::HasSubstr;

IpAddress ip(const char* text) {
  return *address_literal(text);
}

TEST(ConnectionCounter, LimitsAClientAndAll) {
  ConnectionCounter counter(3, 2);
  EXPECT_EQ(counter.admit(ip("10.0.0.1")), std::nullopt);
  EXPECT_EQ(counter.admit(ip("10.0.0.1")), std::nullopt);
  EXPECT_THAT(counter.admit(ip("10.0.0.1")).value_or(""), HasSubstr("10.0.0.1 has all 2"));
  EXPECT_EQ(counter.admit(ip("10.0.0.2")), std::nullopt);
  EXPECT_THAT(counter.admit(ip("10.0.0.3")).value_or(""), HasSubstr("all 3 connections"));
  EXPECT_EQ(counter.open(), 3U);
  counter.release(ip("10.0.0.1"));
  EXPECT_EQ(counter.admit(ip("10.0.0.1")), std::nullopt);
  EXPECT_NE(counter.admit(ip("10.0.0.1")), std::nullopt);
}

TEST(ConnectionCounter, AnIpv6ClientIsItsNetwork) {
  ConnectionCounter counter(10, 2);
  EXPECT_EQ(counter.admit(ip("2001:db8:0:1::1")), std::nullopt);
  EXPECT_EQ(counter.admit(ip("2001:db8:0:1:ffff::2")), std::nullopt);
  EXPECT_NE(counter.admit(ip("2001:db8:0:1::3")), std::nullopt);
  EXPECT_EQ(counter.admit(ip("2001:db8:0:2::1")), std::nullopt);
  counter.release(ip("2001:db8:0:1::9"));
  EXPECT_EQ(counter.admit(ip("2001:db8:0:1::3")), std::nullopt);
}

TEST(ConnectionCounter, CountsForAllThreads) {
  ConnectionCounter counter(1'000'000, 1'000'000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2'000; ++i) {
        EXPECT_EQ(counter.admit(ip("10.0.0.1")), std::nullopt);
        if (i % 2 == 0) counter.release(ip("10.0.0.1"));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.open(), 4'000U);
}

TEST(LoopGuard, KnowsItsOwnConnections) {
  LoopGuard guard;
  const Endpoint own{ip("127.0.0.1"), 40'000};
  const Endpoint there{ip("127.0.0.1"), 8'888};
  EXPECT_FALSE(guard.is_own(own, there));
  EXPECT_EQ(guard.connect(there, [&] { return std::optional(own); }), own);
  guard.connect(there, [&] { return std::optional(own); });
  EXPECT_TRUE(guard.is_own(own, there));
  EXPECT_FALSE(guard.is_own({ip("127.0.0.1"), 40'001}, there));
  guard.remove(own, there);
  EXPECT_TRUE(guard.is_own(own, there));
  guard.remove(own, there);
  EXPECT_FALSE(guard.is_own(own, there));
}

TEST(LoopGuard, AFailedConnectionIsNotKept) {
  LoopGuard guard;
  const Endpoint there{ip("127.0.0.1"), 8'888};
  EXPECT_EQ(guard.connect(there, [] { return std::optional<Endpoint>(); }), std::nullopt);
  EXPECT_FALSE(guard.is_own({}, there));
}

TEST(LoopGuard, AConnectionIsKnownBeforeAnybodyCanAskAboutIt) {
  LoopGuard guard;
  const Endpoint own{ip("127.0.0.1"), 40'000};
  const Endpoint there{ip("127.0.0.1"), 8'888};
  std::promise<void> asking;
  std::future<bool> answer;
  guard.connect(there, [&] {
    // Accepted by another thread while connect() has not come back yet.
    answer = std::async(std::launch::async, [&] {
      asking.set_value();
      return guard.is_own(own, there);
    });
    asking.get_future().wait();
    return std::optional(own);
  });
  EXPECT_TRUE(answer.get());
}

TEST(LoopGuard, TheSameLocalPortToAnotherDestinationIsNoLoop) {
  LoopGuard guard;
  const Endpoint shared{ip("127.0.0.1"), 40'000};
  guard.connect({ip("127.0.0.1"), 443}, [&] { return std::optional(shared); });
  EXPECT_FALSE(guard.is_own(shared, {ip("127.0.0.1"), 8'888}));
}

}  // namespace
}  // namespace mpsdscope

#include "capture/proxy/upstream_sessions.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "tests/capture/testing/tls_lab.h"

namespace mpsdscope {
namespace {

using namespace testing;

KeptSession session(CaptureTime until = kNow + kDay) {
  return {SessionPtr(SSL_SESSION_new()), until};
}

TEST(UpstreamSessions, HandOutEachOnceAndTheNewestFirst) {
  UpstreamSessions sessions(10);
  auto first = session();
  auto second = session();
  const auto* newest = second.session.get();
  sessions.put("a", std::move(first));
  sessions.put("a", std::move(second));
  EXPECT_EQ(sessions.take("a", kNow)->session.get(), newest);
  EXPECT_TRUE(sessions.take("a", kNow));
  EXPECT_FALSE(sessions.take("a", kNow));
  EXPECT_EQ(sessions.size(), 0u);
}

TEST(UpstreamSessions, BelongToTheirKey) {
  UpstreamSessions sessions(10);
  sessions.put("verified a", session());
  EXPECT_FALSE(sessions.take("insecure a", kNow));
  EXPECT_FALSE(sessions.take("verified b", kNow));
  EXPECT_TRUE(sessions.take("verified a", kNow));
}

TEST(UpstreamSessions, EndWhenTheirTimeIsOver) {
  UpstreamSessions sessions(10);
  sessions.put("a", session(kNow + kDay));
  sessions.put("a", session(kNow));
  EXPECT_EQ(sessions.take("a", kNow)->until, kNow + kDay);
  sessions.put("a", session(kNow));
  EXPECT_FALSE(sessions.take("a", kNow));
  EXPECT_EQ(sessions.size(), 0u);
}

TEST(UpstreamSessions, AreBoundedInAllAndForEachServer) {
  UpstreamSessions sessions(100);
  for (int i = 0; i < 90; ++i) sessions.put("a", session());
  EXPECT_EQ(sessions.size(), 64u);
  for (int i = 0; i < 60; ++i) sessions.put("b" + std::to_string(i), session());
  EXPECT_EQ(sessions.size(), 100u);
  EXPECT_TRUE(sessions.take("a", kNow)) << "24 of the 64 made room";
  for (int i = 0; i < 200; ++i) sessions.put("c" + std::to_string(i), session());
  EXPECT_EQ(sessions.size(), 100u);
  EXPECT_FALSE(sessions.take("a", kNow));
  UpstreamSessions none(0);
  none.put("a", session());
  EXPECT_EQ(none.size(), 0u);
}

}  // namespace
}  // namespace mpsdscope

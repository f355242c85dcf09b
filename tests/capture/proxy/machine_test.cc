#include "capture/proxy/machine.h"

#include <string>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

TEST(ByteQueues, GiveWhatTheyWereGivenInOrder) {
  ByteQueue queue;
  queue.append(as_bytes("abc"));
  queue.consume(2);
  queue.append(as_bytes("def"));
  EXPECT_EQ(as_text(queue.view()), "cdef");
  EXPECT_EQ(as_text(queue.last_appended(3)), "def");
  queue.consume(4);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(as_text(queue.last_appended(3)), "def");  // in place until the next append()
  queue.append(as_bytes("g"));
  EXPECT_EQ(as_text(queue.view()), "g");
}

TEST(ByteQueues, ThatAreNeverEmptyDoNotGrow) {
  ByteQueue queue;
  const std::string piece(10'000, 'x');
  queue.append(as_bytes(piece));
  for (int i = 0; i < 10'000; ++i) {
    queue.append(as_bytes(piece));
    queue.consume(piece.size());
    ASSERT_EQ(queue.size(), piece.size());
  }
  EXPECT_LT(queue.memory(), 1'000'000u);
}

TEST(ByteQueues, GiveBackMemoryOnlyWhenEmpty) {
  ByteQueue queue;
  queue.append(as_bytes("abc"));
  queue.release();
  EXPECT_EQ(as_text(queue.view()), "abc");
  queue.consume(3);
  queue.release();
  EXPECT_TRUE(queue.empty());
  queue.append(as_bytes("d"));
  EXPECT_EQ(as_text(queue.view()), "d");
}

}  // namespace
}  // namespace mpsdscope

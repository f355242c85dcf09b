#include "rules/known_users.h"

#include <gtest/gtest.h>

#include "rules/user_text.h"

namespace mpsdscope {
namespace {

TEST(KnownUsers, LearnsAndLearnsAnew) {
  KnownUsers users(10);
  EXPECT_EQ(users.find(UserText("3219098430493094")), "");
  EXPECT_TRUE(users.learn(UserText("3219098430493094"), "2814646326226712"));
  EXPECT_FALSE(users.learn(UserText("3219098430493094"), "2814646326226712"));
  EXPECT_EQ(users.find(UserText("3219098430493094")), "2814646326226712");
  EXPECT_TRUE(users.learn(UserText("3219098430493094"), "7"));
  EXPECT_EQ(users.find(UserText("3219098430493094")), "7");
}

TEST(KnownUsers, TextsAreWhatTheyAre) {
  KnownUsers users(10);
  EXPECT_TRUE(users.learn(UserText("7"), "1"));
  EXPECT_TRUE(users.learn(UserText("07"), "007"));
  EXPECT_TRUE(users.learn(UserText("a"), "00000000000000000000"));
  EXPECT_TRUE(users.learn(UserText("18446744073709551623"), "2"));  // 7 and 2 to the 64th
  EXPECT_EQ(users.find(UserText("7")), "1");
  EXPECT_EQ(users.find(UserText("07")), "007");
  EXPECT_EQ(users.find(UserText("a")), "00000000000000000000");
  EXPECT_EQ(users.find(UserText("18446744073709551623")), "2");
  EXPECT_EQ(users.find(UserText("")), "");
}

TEST(KnownUsers, ForgetsTheFirst) {
  KnownUsers users(3);
  for (const char* hash : {"1", "2", "3", "4", "5"}) users.learn(UserText(hash), hash);
  EXPECT_EQ(users.find(UserText("1")), "");
  EXPECT_EQ(users.find(UserText("2")), "");
  for (const char* hash : {"3", "4", "5"}) EXPECT_EQ(users.find(UserText(hash)), hash);
  users.learn(UserText("3"), "33");
  users.learn(UserText("6"), "6");
  EXPECT_EQ(users.find(UserText("3")), "");
  EXPECT_EQ(users.evicted(), 3U);
  KnownUsers none(0);
  EXPECT_FALSE(none.learn(UserText("1"), "1"));
  EXPECT_EQ(none.find(UserText("1")), "");
}

TEST(DecimalIn, IsExact) {
  EXPECT_EQ(decimal_in("1"), 1U);
  EXPECT_EQ(decimal_in("9999999999999999999"), 9'999'999'999'999'999'999U);
  for (const char* text : {"", "0", "01", "-1", "+1", "1a", "10000000000000000000"}) {
    EXPECT_EQ(decimal_in(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace mpsdscope

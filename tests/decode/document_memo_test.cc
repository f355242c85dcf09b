#include "decode/document_memo.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

std::string document(int number) {
  return R"({"scid":"4fc10100-5f7a-4470-899b-280f0a6d2730","number":)" + std::to_string(number) +
         "}";
}

// As a reader does with a document that came.
void read(DocumentMemo& memo, const std::string& body, int version = 107) {
  DocumentMemo::Kept* const kept = memo.find(body, version);
  if (kept == nullptr) return;
  kept->body = body;
  kept->contract_version = version;
  DocumentFacts facts;
  facts.scid = body;
  kept->facts = SharedFacts(std::move(facts));
}

bool knows(DocumentMemo& memo, const std::string& body, int version = 107) {
  const DocumentMemo::Kept* const kept = memo.find(body, version);
  return kept != nullptr && kept->is(body, version) && kept->facts->scid == body;
}

TEST(DocumentMemo, KeepsADocumentThatComesTwice) {
  DocumentMemo memo;
  EXPECT_EQ(memo.find(document(1), 107), nullptr);
  DocumentMemo::Kept* const kept = memo.find(document(1), 107);
  ASSERT_NE(kept, nullptr);
  EXPECT_FALSE(kept->is(document(1), 107));
  read(memo, document(1));
  EXPECT_TRUE(knows(memo, document(1)));
}

TEST(DocumentMemo, TellsContractVersionsApart) {
  DocumentMemo memo;
  for (int i = 0; i < 2; ++i) read(memo, document(1), 107);
  EXPECT_FALSE(knows(memo, document(1), 0));
  EXPECT_TRUE(knows(memo, document(1), 107));
}

TEST(DocumentMemo, TellsDocumentsApartByEveryByte) {
  DocumentMemo memo;
  const std::string body = document(1);
  for (int i = 0; i < 2; ++i) read(memo, body);
  for (std::size_t at = 0; at < body.size(); ++at) {
    std::string other = body;
    other[at] ^= 1;
    EXPECT_FALSE(knows(memo, other)) << at;
    ASSERT_TRUE(knows(memo, body)) << at;
  }
  EXPECT_FALSE(knows(memo, body + " "));
}

TEST(DocumentMemo, ForgetsWhatCameLongAgo) {
  DocumentMemo memo;
  for (int i = 0; i < 2; ++i) read(memo, document(0));
  for (int number = 1; number < 40; ++number) {
    for (int i = 0; i < 2; ++i) read(memo, document(number));
    EXPECT_TRUE(knows(memo, document(number))) << number;
  }
  std::size_t known = 0;
  constexpr int kMany = 4 * static_cast<int>(DocumentMemo::kMost);
  for (int round = 0; round < 2; ++round) {
    for (int number = 1'000; number < 1'000 + kMany; ++number) {
      for (int i = 0; i < 2; ++i) read(memo, document(number));
    }
  }
  for (int number = 1'000; number < 1'000 + kMany; ++number) known += knows(memo, document(number));
  EXPECT_FALSE(knows(memo, document(0)));
  EXPECT_GT(known, 0U);
  EXPECT_LE(known, DocumentMemo::kMost);
}

TEST(DocumentMemo, KeepsNoLargeOnes) {
  DocumentMemo memo;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(memo.find(std::string(DocumentMemo::kMostBytes + 1, 'a'), 0), nullptr);
  }
  const std::string largest(DocumentMemo::kMostBytes, 'a');
  EXPECT_EQ(memo.find(largest, 0), nullptr);
  EXPECT_NE(memo.find(largest, 0), nullptr);
}

}  // namespace
}  // namespace mpsdscope

#include "tools/examiner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

const std::string kSession =
    "/serviceconfigs/7492baca-c1b4-440d-a391-b7ef364a8d40/sessiontemplates/t/sessions/";

struct Examining : ::testing::Test {
  Examining() { examiner.collect_in(calls); }

  // Of a decoder; `head` bytes in a field of both heads.
  void exchange(const std::string& target, std::size_t head) {
    ExchangePtr exchange = examiner.make_exchange();
    HttpRequest& request = exchange->request;
    request.present = exchange->response.present = true;
    request.method = "PUT";
    request.target = target;
    request.authority = "sessiondirectory.xboxlive.com";
    request.fields.add("X", std::string(head, 'x'));
    request.fields.add("If-Match", "\"7\"");
    exchange->response.status = 412;
    exchange->response.fields.add("X-XblCorrelationId", "6f1d0e2c-8a52-4b52-9c0c-3a4ad2a1f0b7");
    exchange->response.fields.add("X", std::string(head, 'x'));
    exchange->response.fields.add("ETag", "\"8\"");
    exchange->response.trailers.add("X", std::string(head, 'x'));
    exchange->defects.add(Defect::response_gap);
    examiner.on_exchange(std::move(exchange));
  }
  // Bytes of traffic in the calls.
  std::size_t held() const {
    std::size_t sum = 0;
    for (const CallPtr& call : calls) {
      const Exchange& exchange = *call->exchange;
      sum += exchange.request.target.capacity() + exchange.request.method.capacity() +
             exchange.request.fields.byte_size() + exchange.response.fields.byte_size() +
             exchange.response.trailers.byte_size() + call->target.session.capacity() +
             call->target.element.capacity();
    }
    return sum;
  }

  RuleSettings rules;
  Limits limits;
  DecodeReport report;
  std::vector<CallPtr> calls;
  Examiner examiner{rules, false, limits, report};
};

TEST_F(Examining, WhatWasReadOfHeadsStays) {
  for (const std::size_t size : {10u, 3'000u, 200'000u}) {
    exchange(kSession + "s", size);
    examiner.examine_waiting();
    const Call& call = *calls.back();
    EXPECT_EQ(call.etag, "\"8\"");
    EXPECT_EQ(call.correlation_id, "6f1d0e2c-8a52-4b52-9c0c-3a4ad2a1f0b7");
    EXPECT_EQ(call.request.if_match, "\"7\"");
    EXPECT_EQ(call.exchange->request.fields.size(), 2u);
  }
  EXPECT_EQ(report[Counter::calls_cut], 0u);
}

// What a flood of compressed heads expands to does not pile up on its way to the output.
TEST_F(Examining, LongTextsAreBounded) {
  constexpr std::size_t kCalls = 4'000, kLength = 8'000, kOrdinary = 1'024;
  limits.max_call_texts_total = 100'000;
  for (std::size_t round = 1; round <= 3; ++round) {
    for (std::size_t i = 0; i < kCalls; ++i) {
      exchange(kSession + std::to_string(i) + "/properties/custom/" + std::string(kLength, 'm'),
               15'000);
    }
    examiner.examine_waiting();
    EXPECT_EQ(calls.size(), kCalls);
    EXPECT_LT(held(), limits.max_call_texts_total * 2 + kCalls * kOrdinary);
    const std::size_t whole = limits.max_call_texts_total / (2 * kLength);
    EXPECT_GE(report[Counter::calls_cut], round * (kCalls - 2 * whole));
    // Their verdicts are the same, and so is all that has an ordinary length.
    for (const CallPtr& call : calls) {
      EXPECT_EQ(call->row, Row::r412_bare);
      EXPECT_EQ(call->target.kind, TargetKind::element);
      EXPECT_EQ(call->title_id, calls.front()->title_id);
      EXPECT_EQ(call->request.if_match, "\"7\"");
      EXPECT_EQ(call->target.session, std::to_string(&call - calls.data()));
    }
    EXPECT_EQ(calls.front()->exchange->request.target.size(), kSession.size() + 20 + kLength);
    EXPECT_EQ(calls.back()->exchange->request.target,
              kSession + std::to_string(kCalls - 1) + "/properties/custom/");
    examiner.recycle(calls);
  }
}

TEST_F(Examining, OrdinaryCallsAreNeverCut) {
  limits.max_call_texts_total = 0;
  for (int i = 0; i < 10'000; ++i) exchange(kSession + std::string(200, 's'), 200);
  examiner.examine_waiting();
  EXPECT_EQ(report[Counter::calls_cut], 0u);
  EXPECT_EQ(calls.back()->target.session, std::string(200, 's'));
}

// Ordinary exchanges wait for each other, in order; what holds much memory does not.
TEST_F(Examining, ExchangesWaitUntilThereAreSome) {
  exchange(kSession + "a", 10);
  exchange(kSession + "b", 10);
  EXPECT_TRUE(calls.empty());
  examiner.examine_waiting();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0]->target.session, "a");
  EXPECT_EQ(calls[1]->target.session, "b");
  exchange(kSession + "c", 10);
  exchange(kSession + "d", 100'000);
  EXPECT_EQ(calls.size(), 4u);
  examiner.examine_waiting();
  EXPECT_EQ(calls.size(), 4u) << "each is examined once";
  for (int i = 0; i < 11; ++i) exchange(kSession + "e", 10);
  EXPECT_EQ(calls.size(), 4u);
  exchange(kSession + "e", 10);
  EXPECT_EQ(calls.size(), 16u);
  calls.clear();
  for (const bool body : {true, false}) {
    ExchangePtr large = examiner.make_exchange();
    large->request.present = large->response.present = true;
    (body ? large->response.body : large->request.authority) = std::string(200'000, 'x');
    const std::uint64_t before = report[Counter::exchanges];
    examiner.on_exchange(std::move(large));
    EXPECT_EQ(report[Counter::exchanges], before + 1) << "it does not wait";
  }
}

}  // namespace
}  // namespace mpsdscope

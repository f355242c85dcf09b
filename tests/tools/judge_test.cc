#include "tools/judge.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

// A GET of one of some sessions by one of two users, which takes 50 ms.
ExchangePtr read(std::uint64_t index, std::int64_t milliseconds, int status) {
  const CaptureTime end{std::chrono::milliseconds(milliseconds)};
  auto exchange = std::make_unique<Exchange>();
  exchange->index = index;
  exchange->decided = end;
  HttpRequest& request = exchange->request;
  request.present = true;
  request.method = "GET";
  request.authority = "sessiondirectory.xboxlive.com";
  request.target =
      "/serviceconfigs/4fc10100-5f7a-4470-899b-55580a6d2730/sessionTemplates/lobby/sessions/n" +
      std::to_string(index % 3);
  request.begin = request.end = end - std::chrono::milliseconds(50);
  request.fields.add("Authorization", "XBL3.0 x=" + std::to_string(1'000 + index % 2) + ";t");
  HttpResponse& response = exchange->response;
  response.present = true;
  response.status = status;
  response.begin = response.end = end;
  if (status == 429) response.fields.add("Retry-After", "2");
  return exchange;
}

// One word for each record.
class Records final : public Output {
 public:
  void begin() override {}
  void call(const Call& call) override {
    add("call " + std::to_string(call.exchange->index) + " with " +
        std::to_string(call.violations.size()));
  }
  void conduct(const Conduct& conduct) override { add("conduct of " + conduct.user); }
  void rates(CaptureTime at, const std::vector<TitleRates>& rates) override {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
    std::uint64_t responses = 0;
    for (const TitleRates& title : rates) responses += title.total.responses;
    add("rates at " + std::to_string(seconds) + " of " + std::to_string(responses));
  }
  void notification(const Notification& told) override { add("notification " + told.user); }
  void session(const Story& /*story*/) override {}
  void end(const RunSummary& /*summary*/) override {}
  bool ok(std::string& /*why*/) const override { return true; }

  const std::vector<std::string>& all() const { return all_; }

 private:
  void add(std::string record) { all_.push_back(std::move(record)); }
  std::vector<std::string> all_;
};

// Throttled calls, calls that ignore what they were told, and pauses in which rates are due.
std::vector<CallPtr> calls(const RuleSettings& rules) {
  std::vector<CallPtr> all;
  std::int64_t time = 1'000'000;
  for (std::uint64_t i = 0; i < 40; ++i) {
    time += i % 5 == 0 ? 9'000 : 700;
    all.push_back(examine(read(i, time, i % 7 == 3 ? 429 : 200), rules));
  }
  return all;
}

std::vector<std::string> records_of(std::size_t batch) {
  const RuleSettings rules;
  Records records;
  Judge judge(rules, std::chrono::seconds(10), records);
  const std::vector<CallPtr> all = calls(rules);
  std::vector<Call*> next;
  for (const CallPtr& call : all) {
    next.push_back(call.get());
    if (next.size() < batch && call != all.back()) continue;
    judge.take(next);
    next.clear();
  }
  RunSummary summary;
  judge.finish(summary);
  return records.all();
}

std::size_t count(const std::vector<std::string>& records, std::string_view kind) {
  return static_cast<std::size_t>(
      std::count_if(records.begin(), records.end(),
                    [kind](const std::string& record) { return record.starts_with(kind); }));
}

// Calls are judged together and written together: what is said, and in which order, does not depend
// on how many they are.
TEST(Judge, RecordsComeInTheSameOrderWhateverIsJudgedTogether) {
  const std::vector<std::string> one_by_one = records_of(1);
  EXPECT_EQ(count(one_by_one, "call"), 40u);
  EXPECT_GT(count(one_by_one, "conduct"), 2u);
  EXPECT_GT(count(one_by_one, "rates"), 2u);
  for (const std::size_t batch : {2u, 3u, 4u, 7u, 39u, 40u}) {
    EXPECT_EQ(records_of(batch), one_by_one) << batch;
  }
}

// The rates as of a time do not know of the calls behind it, though these were judged before they
// are written; a conduct stands behind the call that ended it.
TEST(Judge, WhatIsWrittenIsAsOfItsPlace) {
  const std::vector<std::string> records = records_of(40);
  std::size_t calls = 0;
  for (const std::string& record : records) {
    if (record.starts_with("call")) ++calls;
    if (!record.starts_with("rates")) continue;
    EXPECT_TRUE(record.ends_with(" of " + std::to_string(calls))) << record << ": " << calls;
  }
  EXPECT_TRUE(records.front().starts_with("call 0 ")) << records.front();
}

}  // namespace
}  // namespace mpsdscope

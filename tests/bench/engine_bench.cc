// How long the engine takes for an exchange, all rules on, with as many live users as the argument
// says: each calls about every 30 s, in no order. Bar: 1.5 µs at 10,000, at 100,000 within 1.5
// times of that.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <malloc.h>

#include "rules/engine.h"
#include "rules/session_name.h"
#include "tests/rules/testing/exchanges.h"

namespace mpsdscope::testing {
namespace {

constexpr std::string_view kUser = "2814646300000000";
constexpr std::size_t kVarying = 8;  // digits at the end

// What is allocated (glibc).
double allocated_mib() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd) / (1 << 20);
}

Built authorized(std::string_view method, std::string_view target, int status) {
  Built built(method, target, status);
  built.ask("Authorization", "XBL3.0 x=3219098430493094;token")
      .ask("x-xbl-contract-version", "107")
      .ask("Signature", "AAAAAQHZ0fQe")
      .field("X-Xbl-Debug", "title=174925616, device=1, sandbox=XDKS.1, mode=Write")
      .field("X-Xbl-Debug", "user0=" + std::string(kUser) + "; gamertag=X");
  return built;
}

// What a title in a session does, most of it more than once.
std::vector<CallPtr> usual_calls() {
  const std::string session = session_path() + "00000000";
  std::vector<CallPtr> calls;
  for (int i = 0; i < 4; ++i) {
    calls.push_back(examined(authorized("PUT", session, 200)
                                 .ask("If-Match", "\"1\"")
                                 .ask_body(R"({"properties":{"custom":{"x":1}}})")
                                 .field("ETag", "\"2\"")
                                 .json(session_json())));
    calls.push_back(
        examined(authorized("GET", session, 200).field("ETag", "\"2\"").json(session_json())));
    calls.push_back(examined(authorized("GET", session, 304).ask("If-None-Match", "\"2\"")));
  }
  calls.push_back(examined(authorized("PUT", session, 412)
                               .ask("If-Match", "\"1\"")
                               .field("ETag", "\"2\"")
                               .json(session_json())));
  calls.push_back(examined(authorized("POST", "/handles", 201)
                               .ask_body(R"({"type":"activity","version":1})")
                               .json(R"({"id":"a","type":"activity"})")));
  calls.push_back(examined(authorized("POST", "/handles/query", 200)
                               .ask_body(R"({"owners":{"xuids":["1","2"]}})")
                               .json(R"({"results":[]})")));
  calls.push_back(
      examined(authorized("GET", session, 429).field("Retry-After", "5").json(rate_limit_json())));
  return calls;
}

void write_digits(std::string& text, std::uint64_t number) {
  for (std::size_t i = 0; i < kVarying; ++i, number /= 10) {
    text[text.size() - 1 - i] = static_cast<char>('0' + number % 10);
  }
}

// The calls again and again, each of another user in that user's session.
class Traffic {
 public:
  explicit Traffic(std::uint64_t users)
      : users_(users), step_(Duration(std::chrono::seconds(30)) / users) {
    for (const CallPtr& call : calls_) targets_.push_back(call->request.target);
  }

  Call& next() {
    const std::size_t at = count_++ % calls_.size();
    Call& call = *calls_[at];
    random_ = random_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    const std::uint64_t user = (random_ >> 33) % users_;
    for (UserText* text : {&call.user_id, &call.user_hash}) {
      std::string changed = text->text();
      write_digits(changed, user);
      *text = changed;
    }
    if (!call.target.session.empty()) write_digits(call.target.session, user);
    if (call.target.within_session()) call.session = digest_of_session(call.target);
    call.request.target = mix(user, targets_[at]);
    Exchange& exchange = *call.exchange;
    exchange.conn = user;
    now_ += step_;
    exchange.request.begin = now_ - std::chrono::milliseconds(40);
    exchange.response.end = exchange.decided = now_;
    call.counted.reset();
    call.violations.clear();
    return call;
  }

 private:
  std::vector<CallPtr> calls_ = usual_calls();
  std::vector<std::uint64_t> targets_;  // as they are without a user
  std::uint64_t users_;
  Duration step_;
  CaptureTime now_ = at_ms(1'000'000'000'000);
  std::uint64_t count_ = 0;
  std::uint64_t random_ = 1;
};

// Calls on their way to the engine, announced as the pipeline announces them.
class Announced {
 public:
  Announced(Engine& engine, Traffic& traffic) : engine_(engine), traffic_(traffic) {
    for (Call*& call : ahead_) engine_.expect(*(call = &traffic_.next()));
  }

  Call& judge_next() {
    Call& call = *ahead_[at_];
    engine_.expect(*(ahead_[at_] = &traffic_.next()));
    at_ = (at_ + 1) % ahead_.size();
    engine_.judge(call);
    return call;
  }

 private:
  Engine& engine_;
  Traffic& traffic_;
  std::array<Call*, Engine::kAhead> ahead_{};
  std::size_t at_ = 0;
};

RuleSettings roomy() {
  RuleSettings settings;
  settings.max_remembered_users = 1 << 18;
  return settings;
}

void judge_exchange(benchmark::State& state) {
  const auto users = static_cast<std::uint64_t>(state.range(0));
  const double before = allocated_mib();
  Engine engine(roomy());
  Traffic traffic(users);
  Announced announced(engine, traffic);
  for (std::uint64_t i = 0; i < 12 * users; ++i) announced.judge_next();
  std::uint64_t found = 0;
  for (auto _ : state) {
    found += announced.judge_next().violations.size();
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["MiB"] = allocated_mib() - before;
  state.counters["findings"] =
      benchmark::Counter(static_cast<double>(found), benchmark::Counter::kAvgIterations);
}
// A number of times that is fixed: to find one out would mean to warm up again and again.
BENCHMARK(judge_exchange)->Arg(1)->Arg(10'000)->Arg(100'000)->Iterations(300'000);

// The same with reading the exchange: targets, fields and documents.
void examine_exchange(benchmark::State& state) {
  const RuleSettings settings;
  CallPtr call = std::make_unique<Call>();
  call->exchange = authorized("PUT", session_path(), 200)
                       .ask("If-Match", "\"1\"")
                       .field("ETag", "\"2\"")
                       .field("Content-Type", "application/json")
                       .take();
  const std::string ask = R"({"properties":{"custom":{"x":1}}})";
  const std::string answer = session_json();
  for (auto _ : state) {
    call->clear();
    call->exchange->request.body = ask;
    call->exchange->response.body = answer;
    examine(*call, settings);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(examine_exchange);

}  // namespace
}  // namespace mpsdscope::testing

BENCHMARK_MAIN();

// What the engine allocates: bounded for 100,000 users, nothing for a call of one that is known.
#include <array>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>
#include <malloc.h>

#include "rules/engine.h"
#include "tests/rules/testing/exchanges.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MPSDSCOPE_COUNTS_ALLOCATIONS 0  // sanitizers have their own
#else
#define MPSDSCOPE_COUNTS_ALLOCATIONS 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef MPSDSCOPE_COUNTS_ALLOCATIONS
#define MPSDSCOPE_COUNTS_ALLOCATIONS 0
#endif
#endif

#if MPSDSCOPE_COUNTS_ALLOCATIONS
namespace {

std::size_t allocations = 0;
std::size_t allocated = 0;  // bytes

void* counted(void* memory) {
  if (memory == nullptr) std::abort();
  ++allocations;
  allocated += malloc_usable_size(memory);
  return memory;
}

void give_back(void* memory) {
  allocated -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  return counted(std::malloc(size));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto to = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(to, (size + to - 1) / to * to));
}
void operator delete(void* memory) noexcept {
  give_back(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  give_back(memory);
}
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
  give_back(memory);
}
void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  give_back(memory);
}

namespace mpsdscope::testing {
namespace {

constexpr std::size_t kDigits = 6;

CallPtr usual(std::string_view method, int status, std::string_view if_match) {
  Built built(method, session_path() + "000000", status);
  built.ask("Authorization", "XBL3.0 x=3219098430000000;token")
      .ask("x-xbl-contract-version", "107")
      .field("X-Xbl-Debug", "user0=2814646326000000; gamertag=X")
      .field("ETag", "\"2\"");
  if (!if_match.empty()) built.ask("If-Match", if_match);
  if (status == 429) built.field("Retry-After", "5").json(rate_limit_json());
  if (status == 200 || status == 412) built.json(session_json());
  return examined(built);
}

void write_digits(std::string& text, std::size_t number) {
  for (std::size_t i = 0; i < kDigits; ++i, number /= 10) {
    text[text.size() - 1 - i] = static_cast<char>('0' + number % 10);
  }
}

std::string_view with_digits(std::string_view text, std::size_t number) {
  static std::string changed;
  changed = text;
  write_digits(changed, number);
  return changed;
}

// A call of that user in that user's session.
void make(Call& call, std::uint64_t target, std::size_t user, CaptureTime now) {
  for (UserText* text : {&call.user_id, &call.user_hash}) *text = with_digits(*text, user);
  write_digits(call.target.session, user);
  call.request.target = mix(user, target);
  call.exchange->conn = user;
  call.exchange->request.begin = now - std::chrono::milliseconds(40);
  call.exchange->response.end = call.exchange->decided = now;
  call.violations.clear();
}

// Each user reads, writes, comes too late and is throttled, in a session of its own.
TEST(EngineMemory, HoldsAHundredThousandUsers) {
  constexpr std::size_t kUsers = 100'000;
  const std::array<CallPtr, 4> calls{usual("GET", 200, ""), usual("PUT", 200, "\"1\""),
                                     usual("PUT", 412, "\"0\""), usual("GET", 429, "")};
  const std::size_t before = allocated;
  Engine engine{RuleSettings()};
  CaptureTime now = at_ms(1'000'000'000);
  for (int round = 0; round < 2; ++round) {
    for (const CallPtr& call : calls) {
      const std::uint64_t target = call->request.target;
      for (std::size_t user = 0; user < kUsers; ++user) {
        make(*call, target, user, now += std::chrono::microseconds(250));
        engine.judge(*call);
      }
      call->request.target = target;
    }
  }
  // Only 16,384 of those who were throttled are followed; the others are told of.
  EXPECT_LT(allocated - before, std::size_t{256} << 20);
  RecordProperty("MiB", static_cast<int>((allocated - before) >> 20));
  EXPECT_GT(engine.forgotten(), 0U);
}

TEST(EngineMemory, CallsOfKnownUsersAllocateNothing) {
  constexpr std::size_t kUsers = 20;
  const std::array<CallPtr, 2> calls{usual("GET", 200, ""), usual("PUT", 200, "\"1\"")};
  const std::array<std::uint64_t, 2> targets{calls[0]->request.target, calls[1]->request.target};
  Engine engine{RuleSettings()};
  CaptureTime now = at_ms(1'000'000'000);
  std::size_t findings = 0;
  const auto play = [&](int rounds) {
    for (int round = 0; round < rounds; ++round) {
      for (std::size_t user = 0; user < kUsers; ++user) {
        const std::size_t which = static_cast<std::size_t>(round) % 2;
        make(*calls[which], targets[which], user, now += std::chrono::milliseconds(200));
        engine.judge(*calls[which]);
        findings += calls[which]->violations.size();
      }
      now += std::chrono::milliseconds(1'500 * (round % 5));
    }
  };
  play(500);
  const std::size_t warm = allocations;
  play(500);
  EXPECT_EQ(allocations, warm);
  EXPECT_EQ(findings, 0U);
}

}  // namespace
}  // namespace mpsdscope::testing
#endif

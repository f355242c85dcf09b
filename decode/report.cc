#include "decode/report.h"

namespace mpsdscope {
namespace {

// Distinct names kept of each kind; traffic chooses the names, so they must be bounded.
constexpr std::size_t kMaxNames = 1'000;
constexpr std::string_view kOther = "(other)";

constexpr std::array<std::string_view, kCounterCount> kNames{
#define X(name, words) #name,
    MPSDSCOPE_COUNTERS(X)
#undef X
};
constexpr std::array<std::string_view, kCounterCount> kWords{
#define X(name, words) words,
    MPSDSCOPE_COUNTERS(X)
#undef X
};
constexpr std::array<std::string_view, static_cast<std::size_t>(TlsFailure::count_)> kFailures{
    "no key", "unsupported suite", "unsupported version", "handshake not captured", "one direction",
    "gap",    "damaged",           "within HTTP/2",       "certificate refused"};

std::uint64_t& bounded(std::map<std::string, std::uint64_t, std::less<>>& names,
                       std::string_view name) {
  auto found = names.find(name);
  if (found == names.end()) {
    found = names.emplace(names.size() < kMaxNames ? name : kOther, 0).first;
  }
  return found->second;
}

void add_bounded(std::map<DecodeReport::Undecrypted, std::uint64_t>& names,
                 DecodeReport::Undecrypted key, std::uint64_t n) {
  if (names.size() >= kMaxNames && !names.contains(key)) {
    key = {std::string(kOther), key.failure, ""};
  }
  names[std::move(key)] += n;
}

}  // namespace

std::string_view name_of(Counter counter) {
  return kNames[static_cast<std::size_t>(counter)];
}
std::string_view describe(Counter counter) {
  return kWords[static_cast<std::size_t>(counter)];
}
std::string_view name_of(TlsFailure failure) {
  return kFailures[static_cast<std::size_t>(failure)];
}

std::uint64_t& DecodeReport::count_of_host(std::string_view host) {
  return bounded(hosts, host);
}

void DecodeReport::add_undecrypted(std::string name, TlsFailure failure, std::string detail) {
  add_bounded(undecrypted, {std::move(name), failure, std::move(detail)}, 1);
}

void DecodeReport::merge(const DecodeReport& other) {
  for (std::size_t i = 0; i < kCounterCount; ++i) counters[i] += other.counters[i];
  for (const auto& [name, n] : other.hosts) bounded(hosts, name) += n;
  for (const auto& [key, n] : other.undecrypted) add_bounded(undecrypted, key, n);
  if (!unsupported_link) unsupported_link = other.unsupported_link;
}

}  // namespace mpsdscope

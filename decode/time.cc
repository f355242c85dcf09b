#include "decode/time.h"

#include <cstring>

#include "decode/decimal.h"

namespace mpsdscope {
namespace {

void put_digits(char* at, int width, std::uint64_t value) {
  for (int i = width - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

// A time in parts. The clock reaches to the last nanosecond of 64 bits, where the begin of its
// second (or day) is none that nanoseconds could tell.
struct Parts {
  std::chrono::sys_seconds second;
  std::uint64_t micros;
};

Parts parts_of(CaptureTime time) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t count = time.time_since_epoch().count();
  const std::int64_t rest = count % kSecond;
  const std::int64_t second = count / kSecond - (rest < 0 ? 1 : 0);
  const std::int64_t within = rest < 0 ? rest + kSecond : rest;
  return {std::chrono::sys_seconds(std::chrono::seconds(second)),
          static_cast<std::uint64_t>(within) / 1'000};
}

void put_micros(char* to, std::uint64_t micros) {
  to = put_two_digits(to, micros / 10'000);
  to = put_two_digits(to, micros / 100 % 100);
  put_two_digits(to, micros % 100);
}

// All of it, with no fraction of a second.
void put_second(char* to, std::chrono::sys_seconds second) {
  using namespace std::chrono;
  const auto day = floor<days>(second);
  const year_month_day date(day);
  const hh_mm_ss clock(second - day);
  std::memcpy(to, "0000-00-00T00:00:00.000000Z", kRfc3339Size);
  // Nanoseconds in 64 bits reach from 1677 to 2262: four digits hold every year.
  put_digits(&to[0], 4, static_cast<std::uint64_t>(static_cast<int>(date.year())));
  put_digits(&to[5], 2, static_cast<unsigned>(date.month()));
  put_digits(&to[8], 2, static_cast<unsigned>(date.day()));
  put_digits(&to[11], 2, static_cast<std::uint64_t>(clock.hours().count()));
  put_digits(&to[14], 2, static_cast<std::uint64_t>(clock.minutes().count()));
  put_digits(&to[17], 2, static_cast<std::uint64_t>(clock.seconds().count()));
}

constexpr std::size_t kFractionAt = kRfc3339Size - 7;

}  // namespace

char* put_rfc3339(char* to, CaptureTime time) {
  const Parts parts = parts_of(time);
  put_second(to, parts.second);
  put_micros(to + kFractionAt, parts.micros);
  return to + kRfc3339Size;
}

char* Rfc3339Text::put(char* to, CaptureTime time) {
  const Parts parts = parts_of(time);
  if (parts.second != second_ || !known_) {
    put_second(text_.data(), parts.second);
    second_ = parts.second;
    known_ = true;
  }
  std::memcpy(to, text_.data(), kRfc3339Size);
  put_micros(to + kFractionAt, parts.micros);
  return to + kRfc3339Size;
}

std::string format_rfc3339(CaptureTime time) {
  std::string text(kRfc3339Size, '\0');
  put_rfc3339(text.data(), time);
  return text;
}

}  // namespace mpsdscope

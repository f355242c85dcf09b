#include "decode/time.h"

#include <algorithm>
#include <array>
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

}  // namespace

char* put_rfc3339(char* to, CaptureTime time) {
  using namespace std::chrono;
  const auto since_epoch = sys_time<Duration>(time.time_since_epoch());
  const auto day = floor<days>(since_epoch);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<microseconds>(since_epoch - day));
  constexpr std::array<char, kRfc3339Size> kForm{'0', '0', '0', '0', '-', '0', '0', '-', '0',
                                                 '0', 'T', '0', '0', ':', '0', '0', ':', '0',
                                                 '0', '.', '0', '0', '0', '0', '0', '0', 'Z'};
  std::copy(kForm.begin(), kForm.end(), to);
  // Nanoseconds in 64 bits reach from 1677 to 2262: four digits hold every year.
  put_digits(&to[0], 4, static_cast<std::uint64_t>(static_cast<int>(date.year())));
  put_digits(&to[5], 2, static_cast<unsigned>(date.month()));
  put_digits(&to[8], 2, static_cast<unsigned>(date.day()));
  put_digits(&to[11], 2, static_cast<std::uint64_t>(clock.hours().count()));
  put_digits(&to[14], 2, static_cast<std::uint64_t>(clock.minutes().count()));
  put_digits(&to[17], 2, static_cast<std::uint64_t>(clock.seconds().count()));
  put_digits(&to[20], 6, static_cast<std::uint64_t>(clock.subseconds().count()));
  return to + kForm.size();
}

char* Rfc3339Text::put(char* to, CaptureTime time) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t count = time.time_since_epoch().count();
  const std::int64_t within = (count % kSecond + kSecond) % kSecond;
  const std::int64_t second = count / kSecond - (count % kSecond < 0 ? 1 : 0);
  if (second != second_ || !known_) {
    put_rfc3339(text_.data(), time);
    second_ = second;
    known_ = true;
  }
  const auto micros = static_cast<std::uint64_t>(within / 1'000);
  char* at = text_.data() + kRfc3339Size - 7;
  at = put_two_digits(at, micros / 10'000);
  at = put_two_digits(at, micros / 100 % 100);
  put_two_digits(at, micros % 100);
  std::memcpy(to, text_.data(), kRfc3339Size);
  return to + kRfc3339Size;
}

std::string format_rfc3339(CaptureTime time) {
  std::string text(kRfc3339Size, '\0');
  put_rfc3339(text.data(), time);
  return text;
}

}  // namespace mpsdscope

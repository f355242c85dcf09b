#include "decode/http_fields.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace mpsdscope {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 7> kLongDays{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                    "Friday", "Saturday", "Sunday"};

// Takes fixed pieces off the front of a text; the first that does not fit fails it for good.
class DateReader {
 public:
  explicit DateReader(std::string_view rest) : rest_(rest) {}

  bool done() const { return ok_ && rest_.empty(); }

  void literal(std::string_view text) {
    if (rest_.substr(0, text.size()) == text) {
      rest_.remove_prefix(text.size());
    } else {
      ok_ = false;
    }
  }

  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_.empty() || rest_[0] < '0' || rest_[0] > '9') {
        ok_ = false;
        return 0;
      }
      value = value * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }

  // asctime: two digits, or a space and one.
  int space_or_digits() {
    if (rest_.substr(0, 1) != " ") return digits(2);
    rest_.remove_prefix(1);
    return digits(1);
  }

  template <std::size_t N>
  unsigned one_of(const std::array<std::string_view, N>& names) {
    for (unsigned i = 0; i < N; ++i) {
      if (rest_.substr(0, names[i].size()) == names[i]) {
        rest_.remove_prefix(names[i].size());
        return i;
      }
    }
    ok_ = false;
    return 0;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct DateParts {
  int year = 0;
  unsigned month = 0;  // 0 January
  int day = 0;
  int hour = 0, minute = 0, second = 0;
};

void read_time(DateReader& in, DateParts& parts) {
  parts.hour = in.digits(2);
  in.literal(":");
  parts.minute = in.digits(2);
  in.literal(":");
  parts.second = in.digits(2);
}

std::optional<std::int64_t> seconds_of(const DateParts& parts) {
  using namespace std::chrono;
  const year_month_day date{year{parts.year}, month{parts.month + 1},
                            day{static_cast<unsigned>(parts.day)}};
  // 60: a leap second (RFC 9110 §5.6.7).
  if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) return std::nullopt;
  const std::int64_t days_since_epoch = sys_days(date).time_since_epoch().count();
  return days_since_epoch * 86'400 + parts.hour * 3'600 + parts.minute * 60 + parts.second;
}

std::optional<DateParts> read_imf_fixdate(std::string_view value) {
  DateReader in(value);
  DateParts parts;
  in.one_of(kDays);
  in.literal(", ");
  parts.day = in.digits(2);
  in.literal(" ");
  parts.month = in.one_of(kMonths);
  in.literal(" ");
  parts.year = in.digits(4);
  in.literal(" ");
  read_time(in, parts);
  in.literal(" GMT");
  if (!in.done()) return std::nullopt;
  return parts;
}

// `year` gets two digits.
std::optional<DateParts> read_rfc850(std::string_view value) {
  DateReader in(value);
  DateParts parts;
  in.one_of(kLongDays);
  in.literal(", ");
  parts.day = in.digits(2);
  in.literal("-");
  parts.month = in.one_of(kMonths);
  in.literal("-");
  parts.year = in.digits(2);
  in.literal(" ");
  read_time(in, parts);
  in.literal(" GMT");
  if (!in.done()) return std::nullopt;
  return parts;
}

std::optional<DateParts> read_asctime(std::string_view value) {
  DateReader in(value);
  DateParts parts;
  in.one_of(kDays);
  in.literal(" ");
  parts.month = in.one_of(kMonths);
  in.literal(" ");
  parts.day = in.space_or_digits();
  in.literal(" ");
  read_time(in, parts);
  in.literal(" ");
  parts.year = in.digits(4);
  if (!in.done()) return std::nullopt;
  return parts;
}

int year_of(std::int64_t seconds) {
  using namespace std::chrono;
  const sys_seconds time{std::chrono::seconds(seconds)};
  return static_cast<int>(year_month_day(floor<days>(time)).year());
}

}  // namespace

std::string_view media_type_of(std::string_view content_type) {
  return trim_ows(content_type.substr(0, content_type.find(';')));
}

std::optional<std::int64_t> parse_delta_seconds(std::string_view value) {
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  if (value.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return std::nullopt;
    seconds = std::min(kMost, seconds * 10 + (c - '0'));
  }
  return seconds;
}

std::optional<std::int64_t> parse_http_date(std::string_view value, std::int64_t reference) {
  if (const auto parts = read_imf_fixdate(value)) return seconds_of(*parts);
  if (const auto parts = read_asctime(value)) return seconds_of(*parts);
  std::optional<DateParts> parts = read_rfc850(value);
  if (!parts) return std::nullopt;
  const int now = year_of(reference);
  parts->year += now - now % 100 + 100;
  while (parts->year > now + 50) parts->year -= 100;
  return seconds_of(*parts);
}

RetryAfter parse_retry_after(std::string_view value, std::int64_t reference) {
  value = trim_ows(value);
  if (const auto seconds = parse_delta_seconds(value)) {
    return {RetryAfter::Form::seconds, *seconds};
  }
  if (const auto date = parse_http_date(value, reference)) {
    return {RetryAfter::Form::date, std::max<std::int64_t>(0, *date - reference)};
  }
  return {};
}

}  // namespace mpsdscope

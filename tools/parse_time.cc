#include "tools/parse_time.h"

#include <charconv>
#include <chrono>
#include <string>

#include "decode/ascii.h"
#include "tools/parse_value.h"

namespace mpsdscope {
namespace {

constexpr int kFirstYear = 1678;  // whole years within 64 bits of nanoseconds
constexpr int kLastYear = 2261;

// Takes parts off the front of a text; once one is not there, nothing is any more.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  // Exactly that many digits, `least` to `most` as a number.
  int digits(std::size_t count, int least, int most) {
    int value = 0;
    if (rest_.size() < count) return fail();
    for (const char c : rest_.substr(0, count)) {
      if (!is_digit(c)) return fail();
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value < least || value > most ? fail() : value;
  }
  bool skip(std::string_view one_of) {
    if (rest_.empty() || one_of.find(rest_.front()) == one_of.npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(std::string_view one_of) {
    if (!skip(one_of)) fail();
  }
  std::chrono::nanoseconds fraction() {
    std::int64_t value = 0;
    std::int64_t unit = 1'000'000'000;
    if (rest_.empty() || !is_digit(rest_.front())) fail();
    while (!rest_.empty() && is_digit(rest_.front())) {
      unit /= 10;
      value += unit * (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return std::chrono::nanoseconds(value);
  }
  // "Z", "+01:00"
  std::chrono::minutes offset() {
    if (skip("Zz")) return {};
    const bool west = skip("-");
    if (!west) expect("+");
    const int hours = digits(2, 0, 23);
    expect(":");
    const std::chrono::minutes offset(hours * 60 + digits(2, 0, 59));
    return west ? -offset : offset;
  }
  bool finished() const { return ok_ && rest_.empty(); }

 private:
  int fail() {
    ok_ = false;
    rest_ = {};
    return 0;
  }
  std::string_view rest_;
  bool ok_ = true;
};

// "2026-11-23T08:11:39Z" of what leaves out the end of it.
std::string completed(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
  constexpr std::size_t kDate = 10;
  constexpr std::size_t kMinutes = 16;
  constexpr std::size_t kSeconds = 19;
  const std::size_t size = text.size();
  const bool cut = size == kDate || size == kMinutes || size == kSeconds;
  return std::string(text).append(cut ? kForm.substr(size) : "");
}

}  // namespace

std::optional<CaptureTime> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  Reader in(text);
  const year y(in.digits(4, kFirstYear, kLastYear));
  in.expect("-");
  const month m(static_cast<unsigned>(in.digits(2, 1, 12)));
  in.expect("-");
  const day d(static_cast<unsigned>(in.digits(2, 1, 31)));
  in.expect("Tt ");
  const hours h(in.digits(2, 0, 23));
  in.expect(":");
  const minutes min(in.digits(2, 0, 59));
  in.expect(":");
  const seconds s(in.digits(2, 0, 60));
  const nanoseconds fraction = in.skip(".") ? in.fraction() : nanoseconds(0);
  const minutes offset = in.offset();
  const year_month_day date(y, m, d);
  if (!in.finished() || !date.ok()) return std::nullopt;
  return CaptureTime(sys_days(date).time_since_epoch() + h + min + s + fraction - offset);
}

std::optional<CaptureTime> parse_when(std::string_view text, CaptureTime now) {
  if (const auto ago = parse_duration(text); ago && !is_digit(text.back())) return now - *ago;
  if (text.size() >= 3 && text[2] == ':') {
    std::string today = format_rfc3339(now).substr(0, 11);
    const auto time = parse_rfc3339(completed(today.append(text)));
    return time && *time > now ? *time - std::chrono::hours(24) : time;
  }
  return parse_rfc3339(completed(text));
}

std::optional<std::uint32_t> parse_hex_title_id(std::string_view text) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id, 16);
  if (text.size() != 8 || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return id;
}

}  // namespace mpsdscope

#include "tools/pretty_limits.h"

#include <sstream>

#include <gtest/gtest.h>

#include "tools/text_width.h"
#include "tools/title_names.h"

namespace mpsdscope {
namespace {

CaptureTime at_s(int seconds) {
  return CaptureTime(std::chrono::seconds(1'773'500'400 + seconds));
}

LimitShare share_of(const char* name, std::uint32_t burst_peak, std::uint32_t burst) {
  LimitShare share;
  share.name = name;
  share.calls = 1'234;
  share.throttled = 5;
  share.windows[0] = {kBurstPeriod, burst, false, 3, burst_peak, at_s(1)};
  share.windows[1] = {kSustainedPeriod, 300, false, 40, 150, at_s(2)};
  return share;
}

RunSummary summary_of() {
  RunSummary summary;
  TitleRates& title = summary.rates.emplace_back();
  title.title_id = 0x0A6D2730;
  title.users["2533274908811003"].limits = {share_of("mpsd", 15, 30),
                                            share_of("search-read", 4, 1)};
  LimitShare said = share_of("profile", 11, 10);
  said.windows[1] = {std::chrono::seconds(120), 10, true, 0, 11, at_s(3)};
  said.told = 2;
  said.last_told = {13, 10, 120, 12, at_s(3)};
  title.users["hash:77"].limits = {said};
  title.users["nothing"];
  summary.rates.emplace_back();
  return summary;
}

std::string table(std::size_t width, bool ascii) {
  PrettyOptions options;
  options.width = width;
  options.wrap = true;
  options.ascii = ascii;
  std::string out;
  append_limit_table(out, options, summary_of());
  return out;
}

TEST(PrettyLimits, ShowsSharesOfEveryLimit) {
  const std::vector<std::string> lines{
      R"(Limits used, by the calls of one user with one title)",
      R"(  title, user, limit               calls  429s  last 15 s  most in 15 s                          last 300 s  most in 300 s                                  a 429 said)",
      R"(  0A6D2730)",
      R"(    2533274908811003  mpsd         1,234     5          3  ####....  50 %  15 of 30 at 15:00:01          40  ####....  50 %  150 of 300 at 15:00:02)",
      R"(                      search-read  1,234     5          3  ######## 400 %  4 of 1 at 15:00:01            40  ####....  50 %  150 of 300 at 15:00:02)",
      R"(    hash:77           profile      1,234     5          3  ######## 110 %  11 of 10 at 15:00:01           0  ######## 110 %  11 of 10 in 120 s at 15:00:03  limit 10 in 120 s, 13 counted, 12 seen)",
  };
  std::string expected = "\n";
  for (const std::string& line : lines) expected += line + "\n";
  EXPECT_EQ(table(300, true), expected);
}

TEST(PrettyLimits, FitsEveryWidth) {
  for (std::size_t width = 20; width <= 250; ++width) {
    std::istringstream lines(table(width, false));
    for (std::string line; std::getline(lines, line);) {
      ASSERT_LE(columns_of(line), width) << line;
    }
  }
}

TEST(PrettyLimits, SaysNothingOfNothing) {
  std::string out;
  append_limit_table(out, {}, RunSummary());
  EXPECT_EQ(out, "");
}

TEST(TitleNames, StandForIds) {
  EXPECT_EQ(short_title(0x0A6D2730U), "0A6D2730");
  EXPECT_EQ(widest_title_name(), 0U);
  set_title_names({{0x0A6D2730, "Harbour\x1b Lights"}});
  EXPECT_EQ(title_name(0x0A6D2730), "Harbour\x1b Lights");
  EXPECT_EQ(title_name(5), "");
  EXPECT_EQ(short_title(0x0A6D2730U), "Harbour\\u{001b} Lights");
  EXPECT_EQ(short_title(5U), "00000005");
  EXPECT_EQ(short_title(std::nullopt), "unknown");
  EXPECT_EQ(widest_title_name(), columns_of("Harbour\\u{001b} Lights"));
  set_title_names({});
}

}  // namespace
}  // namespace mpsdscope

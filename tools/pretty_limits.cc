#include "tools/pretty_limits.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tools/bar.h"
#include "tools/pretty_rates.h"
#include "tools/pretty_text.h"
#include "tools/table.h"
#include "tools/text_width.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kUsersShown = 20;  // of one title, without -v
constexpr std::size_t kBarWidth = 8;

using Window = LimitShare::Window;

// Per mille of the limit.
std::uint64_t share_of_limit(const Window& window) {
  return window.limit == 0 ? 0 : std::uint64_t{window.peak} * 1'000 / window.limit;
}

std::uint64_t highest(const RateSummary& rates) {
  std::uint64_t most = 0;
  for (const LimitShare& share : rates.limits) {
    for (const Window& window : share.windows) most = std::max(most, share_of_limit(window));
  }
  return most;
}

// "3 of 30"; "3+" where they are at least so many; with the period where it is not the published
// one.
std::string peak_of_limit(const Window& window, Duration published) {
  std::string text = fmt::format("{}{}", window.peak, window.at_least ? "+" : "");
  if (window.limit > 0) text += fmt::format(" of {}", window.limit);
  if (window.period != published) {
    text += fmt::format(" in {} s", window.period / std::chrono::seconds(1));
  }
  return text;
}

Style style_of(const Window& window) {
  const std::uint64_t share = share_of_limit(window);
  if (share > 2'000) return Style::bold_red;
  if (share > 1'000) return Style::red;
  return share > 800 ? Style::yellow : Style::plain;
}

std::string told_text(const LimitShare& share) {
  if (share.told == 0) return "";
  const ToldLimit& told = share.last_told;
  std::string text = "limit";
  if (told.max) text += fmt::format(" {}", *told.max);
  if (told.period_s) text += fmt::format(" in {} s", *told.period_s);
  if (told.current) text += fmt::format(", {} counted", *told.current);
  if (told.counted) text += fmt::format(", {} seen", *told.counted);
  return text;
}

class LimitTableText {
 public:
  LimitTableText(std::string& out, const PrettyOptions& options, const RunSummary& summary)
      : out_(out), options_(options), summary_(summary) {}

  void append() {
    Table table({{"title, user, limit"},
                 {"calls", true},
                 {"429s", true},
                 {"last 15 s", true},
                 {"most in 15 s"},
                 {"last 300 s", true},
                 {"most in 300 s"},
                 {"a 429 said"}});
    for (const TitleRates& title : summary_.rates) append_title(table, title);
    if (table.empty()) return;
    append_heading(out_, options_, "Limits used, by the calls of one user with one title");
    table.render(out_, Paint(options_.colour), options_.wrap ? options_.width : 0);
    if (at_least_) {
      append_paragraph(out_, options_, 2, Style::dim,
                       "+: at least; more calls of one user than are counted one by one");
    }
    if (hidden_ > 0) {
      append_paragraph(out_, options_, 2, Style::dim,
                       fmt::format("and {} who used less: -v or --format jsonl lists them",
                                   counted(hidden_, "user")));
    }
  }

 private:
  void append_title(Table& table, const TitleRates& title) {
    std::vector<std::pair<std::string, const RateSummary*>> users;
    for (const auto& [user, rates] : title.users) {
      if (!rates.limits.empty()) users.emplace_back(user, &rates);
    }
    if (users.empty()) return;
    std::stable_sort(users.begin(), users.end(), [](const auto& a, const auto& b) {
      return highest(*a.second) > highest(*b.second);
    });
    std::vector<Cell> line(8);
    line[0] = {rated_title(title), Style::bold};
    table.add_row(std::move(line));
    const std::size_t shown = options_.verbose ? users.size() : std::min(users.size(), kUsersShown);
    hidden_ += users.size() - shown;
    std::size_t widest = 0;
    for (std::size_t i = 0; i < shown; ++i) {
      widest = std::max(widest, columns_of(rated_user(users[i].first)));
    }
    for (std::size_t i = 0; i < shown; ++i) {
      std::string user = rated_user(users[i].first);
      for (const LimitShare& share : users[i].second->limits) {
        std::string name;
        append_left(name, user, widest + 2);
        append_share(table, name + share.name, share);
        user.clear();
      }
    }
  }

  void append_share(Table& table, std::string name, const LimitShare& share) {
    const Window& burst = share.windows[0];
    const Window& sustained = share.windows[1];
    at_least_ = at_least_ || burst.at_least || sustained.at_least;
    table.add_row({{std::move(name)},
                   {thousands(share.calls)},
                   {thousands(share.throttled), share.throttled > 0 ? Style::magenta : Style::dim},
                   {thousands(burst.now)},
                   {peak_text(burst, kBurstPeriod), style_of(burst)},
                   {thousands(sustained.now)},
                   {peak_text(sustained, kSustainedPeriod), style_of(sustained)},
                   {told_text(share)}});
  }

  std::string peak_text(const Window& window, Duration published) const {
    if (window.peak == 0) return "-";
    std::string text;
    if (window.limit > 0) {
      text = fmt::format("{} {:>3} %  ", bar(window.peak, window.limit, kBarWidth, options_.ascii),
                         share_of_limit(window) / 10);
    }
    text += peak_of_limit(window, published);
    return text + " at " + time_of_day(window.peak_at).substr(0, 8);
  }

  std::string& out_;
  const PrettyOptions& options_;
  const RunSummary& summary_;
  std::size_t hidden_ = 0;
  bool at_least_ = false;
};

}  // namespace

void append_limit_table(std::string& out, const PrettyOptions& options, const RunSummary& summary) {
  LimitTableText(out, options, summary).append();
}

}  // namespace mpsdscope

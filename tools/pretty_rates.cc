#include "tools/pretty_rates.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "tools/call_text.h"
#include "tools/escape.h"
#include "tools/pretty_text.h"
#include "tools/table.h"
#include "tools/title_names.h"

namespace mpsdscope {

std::string window_text(const WindowRate& window, bool exact) {
  if (window.responses == 0) return "-";
  return fmt::format("{}{} of {} ({})", exact ? "" : "~", window.throttled, window.responses,
                     share(window.throttled, window.responses));
}

namespace {

constexpr std::size_t kUsersShown = 20;  // of one title, without -v

std::string peak_text(const WindowRate& window, bool exact, bool dated) {
  if (window.peak_throttled == 0) return "-";
  return fmt::format("{}{} of {} at {}{}", exact ? "" : "~", window.peak_throttled,
                     window.responses_at_peak, dated ? date_of(window.peak_at) + " " : "",
                     time_of_day(window.peak_at).substr(0, 8));
}

// Of the session directory; other services count for their limits alone.
bool has_calls(const RateSummary& rates) {
  return rates.requests + rates.responses > 0;
}

class RateTables {
 public:
  RateTables(std::string& out, const PrettyOptions& options, const RunSummary& summary)
      : out_(out), options_(options), summary_(summary), paint_(options.colour) {}

  void append() {
    append_rows();
    append_throttling();
    append_waits();
  }

 private:
  // A title's line, then its users'.
  struct Entry {
    std::string name;
    const RateSummary* rates;
    bool title;
  };

  std::size_t width() const { return options_.wrap ? options_.width : 0; }

  std::vector<Entry> entries() const {
    std::vector<Entry> entries;
    for (const TitleRates& title : summary_.rates) {
      if (!has_calls(title.total)) continue;
      entries.push_back({rated_title(title), &title.total, true});
      std::vector<std::pair<std::string, const RateSummary*>> users;
      for (const auto& [user, rates] : title.users) {
        if (has_calls(rates)) users.emplace_back(user, &rates);
      }
      std::stable_sort(users.begin(), users.end(), [](const auto& a, const auto& b) {
        return std::pair(a.second->throttled, a.second->requests) >
               std::pair(b.second->throttled, b.second->requests);
      });
      const std::size_t shown =
          options_.verbose ? users.size() : std::min(users.size(), kUsersShown);
      for (std::size_t i = 0; i < shown; ++i) {
        entries.push_back({rated_user(users[i].first), users[i].second, false});
      }
    }
    return entries;
  }

  void append_hidden_users() {
    std::size_t hidden = 0;
    for (const TitleRates& title : summary_.rates) {
      const auto callers = static_cast<std::size_t>(
          std::count_if(title.users.begin(), title.users.end(),
                        [](const auto& user) { return has_calls(user.second); }));
      if (!options_.verbose && callers > kUsersShown) hidden += callers - kUsersShown;
    }
    if (hidden > 0) {
      append_paragraph(
          out_, options_, 2, Style::dim,
          fmt::format("and {} with fewer 429s and calls: -v or --format jsonl lists them",
                      counted(hidden, "user")));
    }
  }

  void append_rows() {
    std::vector<Row> rows;
    for (std::size_t i = 0; i < kRowCount; ++i) {
      if (summary_.by_row[i] > 0) rows.push_back(static_cast<Row>(i));
    }
    std::vector<Column> columns{{"title, user"}, {"calls", true}};
    for (const Row row : rows) columns.push_back({std::string(id_of(row)), true});
    Table table(std::move(columns));
    for (const Entry& entry : entries()) {
      std::vector<Cell> cells{{entry.name, entry.title ? Style::bold : Style::plain},
                              {thousands(entry.rates->requests)}};
      for (const Row row : rows) {
        const std::uint64_t count = entry.rates->by_row[static_cast<std::size_t>(row)];
        cells.push_back(count > 0 ? Cell{thousands(count)} : Cell{".", Style::dim});
      }
      table.add_row(std::move(cells));
    }
    append_heading(out_, options_, "Responses by row of the status table");
    table.render(out_, paint_, width());
    append_hidden_users();
  }

  void append_throttling() {
    Table table({{"title, user"},
                 {"429s", true},
                 {"429 rate", true},
                 {"last 15 s", true},
                 {"last 300 s", true},
                 {"peak in 15 s", true},
                 {"peak in 300 s", true}});
    const bool dated = summary_.first_packet && summary_.last_packet &&
                       date_of(*summary_.first_packet) != date_of(*summary_.last_packet);
    bool exact = true;
    for (const Entry& entry : entries()) {
      const RateSummary& rates = *entry.rates;
      exact = exact && rates.exact;
      table.add_row(
          {{entry.name, entry.title ? Style::bold : Style::plain},
           {thousands(rates.throttled), rates.throttled > 0 ? Style::magenta : Style::dim},
           {share(rates.throttled, rates.responses)},
           {window_text(rates.burst, rates.exact)},
           {window_text(rates.sustained, rates.exact)},
           {peak_text(rates.burst, rates.exact, dated)},
           {peak_text(rates.sustained, rates.exact, dated)}});
    }
    append_heading(out_, options_, "Throttling (429), by capture time");
    table.render(out_, paint_, width());
    if (!exact) {
      append_paragraph(out_, options_, 2, Style::dim,
                       "~: about; more calls within 300 s than are counted one by one");
    }
  }

  // Only who was told to wait.
  void append_waits() {
    if (summary_.conducts == ConductCounts{}) return;
    Table table({{"title, user"}, {"honoured", true}, {"ignored", true}, {"open", true}});
    for (const Entry& entry : entries()) {
      const ConductCounts& counts = entry.rates->conducts;
      if (counts == ConductCounts{}) continue;
      const auto of = [&counts](ConductEnd end) { return counts[static_cast<std::size_t>(end)]; };
      const std::uint64_t ignored = of(ConductEnd::ignored);
      table.add_row({{entry.name, entry.title ? Style::bold : Style::plain},
                     {thousands(of(ConductEnd::honoured))},
                     {thousands(ignored), ignored > 0 ? Style::red : Style::dim},
                     {thousands(of(ConductEnd::open)), Style::dim}});
    }
    append_heading(out_, options_, "Waits asked for (Retry-After)");
    table.render(out_, paint_, width());
  }

  std::string& out_;
  const PrettyOptions& options_;
  const RunSummary& summary_;
  Paint paint_;
};

}  // namespace

std::string rated_title(const TitleRates& title) {
  if (title.other) return "other titles";
  if (!title.title_id) return "unknown title";
  const std::string id = format_title_id(*title.title_id);
  const std::string name = short_title(*title.title_id);
  return name == id ? id : name + " " + id;
}

std::string rated_user(std::string_view user) {
  if (user.empty()) return "  unknown user";
  return "  " + printable(redacted_user(user));
}

void append_rate_tables(std::string& out, const PrettyOptions& options, const RunSummary& summary) {
  RateTables(out, options, summary).append();
}

}  // namespace mpsdscope

#include "tools/pretty_report.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "tools/call_text.h"
#include "tools/escape.h"
#include "tools/pretty_limits.h"
#include "tools/pretty_rates.h"
#include "tools/pretty_text.h"
#include "tools/proxy_text.h"
#include "tools/table.h"
#include "tools/text_width.h"
#include "tools/unread.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kNamesShown = 20;  // hosts and undecrypted names, without -v

// Counters that say what the capture holds rather than what is wrong with it; all others are shown
// when they are not zero, so that a new one is never silent.
constexpr std::array kOrdinary{
    Counter::packets,           Counter::packet_bytes,       Counter::frames_not_ip,
    Counter::frames_not_tcp,    Counter::fragments,          Counter::segments,
    Counter::tcp_connections,   Counter::tcp_out_of_order,   Counter::tcp_retransmitted_bytes,
    Counter::tls_connections,   Counter::tls_decrypted,      Counter::tls_undecrypted,
    Counter::http1_connections, Counter::http2_connections,  Counter::connect_tunnels,
    Counter::websockets,        Counter::websocket_messages, Counter::exchanges};

// What the capture was probably taken for; it comes first.
bool is_service(std::string_view name) {
  return name.find("sessiondirectory") != std::string_view::npos;
}

bool is_ordinary(Counter counter) {
  return std::find(kOrdinary.begin(), kOrdinary.end(), counter) != kOrdinary.end();
}

class Report {
 public:
  Report(std::string& out, const PrettyOptions& options, const RunSummary& summary)
      : out_(out), options_(options), summary_(summary), paint_(options.colour) {}

  void append() {
    if (summary_.calls > 0) append_rate_tables(out_, options_, summary_);
    append_limit_table(out_, options_, summary_);
    heading("Summary");
    append_inputs();
    if (summary_.calls > 0) {
      append_verdict();
    } else {
      append_no_calls();
    }
    append_notifications();
    append_undecrypted();
    append_counters();
    append_problems();
  }

 private:
  void heading(std::string_view text) { append_heading(out_, options_, text); }
  void line(std::string_view text, Style style = Style::plain) {
    append_paragraph(out_, options_, 2, style, text);
  }
  std::size_t table_width() const { return options_.wrap ? options_.width : 0; }

  void append_inputs() {
    std::string text = summary_.proxy ? proxy_text(*summary_.proxy)
                                      : counted(summary_.report[Counter::packets], "packet");
    if (summary_.first_packet && summary_.last_packet) {
      text += fmt::format(", {} {} to {}{} UTC ({})", date_of(*summary_.first_packet),
                          time_of_day(*summary_.first_packet), last_date(),
                          time_of_day(*summary_.last_packet),
                          duration_text(*summary_.last_packet - *summary_.first_packet));
    }
    for (const std::string& input : summary_.inputs) {
      text += &input == &summary_.inputs.front() ? ", from " : ", ";
      append_printable(text, input);
    }
    line(text);
  }

  std::string last_date() const {
    const std::string date = date_of(*summary_.last_packet);
    return date == date_of(*summary_.first_packet) ? "" : date + " ";
  }

  void append_verdict() {
    line(fmt::format("{} among {}", counted(summary_.calls, "multiplayer session call"),
                     counted(summary_.report[Counter::exchanges], "HTTP exchange")));
    const auto of = [&](Severity severity) {
      return summary_.by_severity[static_cast<std::size_t>(severity)];
    };
    if (of(Severity::error) + of(Severity::warning) + of(Severity::info) == 0) {
      line("no violations", Style::bold_green);
      return;
    }
    line(
        fmt::format("{}, {}, {}", counted(of(Severity::error), "error"),
                    counted(of(Severity::warning), "warning"), counted(of(Severity::info), "info")),
        of(Severity::error) > 0 ? Style::bold_red : Style::yellow);
    append_violations();
  }

  void append_violations() {
    Table table({{"severity"}, {"rule"}, {"count", true}, {"fires when"}});
    std::vector<const RuleInfo*> rules;
    for (const RuleInfo& rule : rule_table()) {
      if (count_of(rule) > 0) rules.push_back(&rule);
    }
    std::stable_sort(rules.begin(), rules.end(), [](const RuleInfo* a, const RuleInfo* b) {
      return a->severity > b->severity;
    });
    std::size_t used = 2 + 8 + 2 + 5 + 2 + 2;
    std::size_t widest = 0;
    for (const RuleInfo* rule : rules) widest = std::max(widest, rule->id.size());
    used += widest;
    const std::size_t room = options_.width - std::min(options_.width, used);
    for (const RuleInfo* rule : rules) {
      table.add_row({{std::string(name_of(rule->severity)), style_of(rule->severity)},
                     {std::string(rule->id)},
                     {thousands(count_of(*rule))},
                     {options_.wrap ? cut_end(rule->title, std::max<std::size_t>(room, 12))
                                    : std::string(rule->title),
                      Style::dim}});
    }
    table.render(out_, paint_, table_width());
    line("mpsdscope rules ID explains one", Style::dim);
  }

  std::uint64_t count_of(const RuleInfo& rule) const {
    return summary_.by_rule[static_cast<std::size_t>(rule.rule)];
  }

  void append_no_calls() {
    line("No multiplayer session calls found.", Style::yellow);
    if (summary_.proxy) return append_hosts();
    if (summary_.report[Counter::packets] == 0) {
      line("The input held no packets.");
      return;
    }
    line(fmt::format("The input held {}, {} ({} decrypted) and {}.",
                     counted(summary_.report[Counter::tcp_connections], "TCP connection"),
                     counted(summary_.report[Counter::tls_connections], "TLS connection"),
                     thousands(summary_.report[Counter::tls_decrypted]),
                     counted(summary_.report[Counter::exchanges], "HTTP exchange")));
    append_hosts();
  }

  void append_hosts() {
    if (summary_.report.hosts.empty()) return;
    std::vector<std::pair<std::uint64_t, std::string>> hosts;
    for (const auto& [host, count] : redacted_hosts(summary_.report)) {
      hosts.emplace_back(count, host);
    }
    std::stable_sort(hosts.begin(), hosts.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    Table table({{"host"}, {"exchanges", true}});
    for (std::size_t i = 0; i < hosts.size() && (options_.verbose || i < kNamesShown); ++i) {
      table.add_row({{printable(hosts[i].second)}, {thousands(hosts[i].first)}});
    }
    table.render(out_, paint_, table_width());
    append_more(hosts.size());
    if (std::none_of(hosts.begin(), hosts.end(),
                     [](const auto& host) { return is_one_host(host.second); })) {
      return;
    }
    line(
        "If one of them stands in for the service, name it: --mpsd-host HOST. --all lists every "
        "exchange.");
  }

  void append_more(std::size_t count) {
    if (options_.verbose || count <= kNamesShown) return;
    line(fmt::format("and {} more: -v lists all", thousands(count - kNamesShown)), Style::dim);
  }

  void append_notifications() {
    const RtaCounts& counts = summary_.notifications;
    if (counts.messages == 0) return;
    line(fmt::format("{} to change notifications, {}",
                     counted(counts.subscriptions, "subscription"),
                     counted(counts.taps, "notification")));
  }

  void append_undecrypted() {
    const auto& undecrypted = summary_.report.undecrypted;
    if (undecrypted.empty()) return;
    heading("TLS that could not be read");
    struct Line {
      bool service;
      std::uint64_t count;
      const DecodeReport::Undecrypted* connection;
    };
    std::vector<Line> lines;
    lines.reserve(undecrypted.size());
    for (const auto& [connection, count] : undecrypted) {
      lines.push_back({is_service(connection.name), count, &connection});
    }
    std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
      return std::pair(a.service, a.count) > std::pair(b.service, b.count);
    });
    for (std::size_t i = 0; i < lines.size() && (options_.verbose || i < kNamesShown); ++i) {
      append_undecrypted_name(*lines[i].connection, lines[i].count);
    }
    append_more(lines.size());
  }

  void append_undecrypted_name(const DecodeReport::Undecrypted& name, std::uint64_t count) {
    line(unread_text(name, count, summary_.secrets),
         is_service(name.name) ? Style::yellow : Style::plain);
  }

  void append_counters() {
    bool any = false;
    for (std::size_t i = 0; i < kCounterCount; ++i) {
      const auto counter = static_cast<Counter>(i);
      if (summary_.report.counters[i] == 0 || (is_ordinary(counter) && !options_.verbose)) continue;
      if (!any) heading(options_.verbose ? "Decoding" : "Lost or odd on the way");
      any = true;
      line(counted_words(summary_.report.counters[i], describe(counter)));
    }
    if (summary_.forgotten + summary_.overflowed == 0) return;
    if (!any) heading("Lost or odd on the way");
    if (summary_.forgotten > 0) {
      line(counted_words(summary_.forgotten,
                         "things (handles, users, calls) forgotten at the limit of memory"));
    }
    if (summary_.overflowed > 0) {
      line(counted_words(summary_.overflowed,
                         "calls counted under other titles or users: no room for their own"));
    }
  }

  void append_problems() {
    if (summary_.problems.empty()) return;
    heading("Problems with the input");
    for (const std::string& problem : summary_.problems) line(printable(problem), Style::yellow);
  }

  std::string& out_;
  const PrettyOptions& options_;
  const RunSummary& summary_;
  Paint paint_;
};

}  // namespace

void append_report(std::string& out, const PrettyOptions& options, const RunSummary& summary) {
  Report(out, options, summary).append();
}

}  // namespace mpsdscope

#include "tools/metrics/call_metrics.h"

#include <algorithm>

#include "tools/call_text.h"
#include "tools/title_names.h"

namespace mpsdscope {

// What is counted of a call of the session directory.
struct CallMetrics::Facts {
  CaptureTime at{};
  std::optional<std::uint32_t> title_id;
  std::string_view title_name;
  int status = 0;       // 0: no response
  std::size_t row = 0;  // index into by_row
  std::optional<Duration> elapsed;
};

namespace {

constexpr int kThrottled = 429;
constexpr std::uint64_t kOne = 1;
constexpr std::size_t kLongestName = 128;  // of a title: no log makes a page of any size

double in_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

double share_of(const WindowRate& rate) {
  if (rate.responses == 0) return 0;
  return static_cast<double>(rate.throttled) / static_cast<double>(rate.responses);
}

std::size_t bucket_of(Duration elapsed) {
  const auto& bounds = CallMetrics::kBounds;
  const auto bound = std::find_if(bounds.begin(), bounds.end(),
                                  [&](const auto& one) { return elapsed <= one.first; });
  return static_cast<std::size_t>(bound - bounds.begin());
}

// A log may have been written by another version, or by hand.
std::size_t row_index(std::string_view id) {
  if (const StatusRow* row = find_status_row(id)) return static_cast<std::size_t>(row->row);
  return id == id_of(Row::unlisted) ? static_cast<std::size_t>(Row::unlisted) : kRowCount;
}

std::size_t rule_index(std::string_view id) {
  const RuleInfo* rule = find_rule(id);
  return rule ? static_cast<std::size_t>(rule->rule) : kRuleCount;
}

std::string_view row_label(std::size_t row) {
  return row < kRowCount ? id_of(static_cast<Row>(row)) : "other";
}

std::string_view rule_label(std::size_t rule) {
  return rule < kRuleCount ? info_of(static_cast<Rule>(rule)).id : "other";
}

}  // namespace

CallMetrics::Title& CallMetrics::title_of(std::optional<std::uint32_t> id, std::string_view name) {
  std::uint64_t key = id ? *id : kUnknown;
  if (titles_.size() >= kMostTitles && titles_.find(key) == titles_.end()) key = kOther;
  const auto [found, added] = titles_.try_emplace(key);
  Counts& counts = found->second.counts;
  if (added) {
    counts.label = key == kOther     ? "other"
                   : key == kUnknown ? "unknown"
                                     : format_title_id(static_cast<std::uint32_t>(key));
  }
  if (counts.name.empty() && key < kUnknown && name.size() <= kLongestName) counts.name = name;
  return found->second;
}

void CallMetrics::note_wait(Duration wait) {
  ++totals_.waits;
  totals_.waited += std::max(wait, Duration::zero());
}

void CallMetrics::count(const Facts& facts, CaptureTime now) {
  clock_.take(facts.at);
  counted_at_ = now;
  Title& title = title_of(facts.title_id, facts.title_name);
  Counts& counts = title.counts;
  if (facts.status == 0) {
    ++counts.unanswered;
    return;
  }
  ++counts.by_row[facts.row];
  title.window.add(clock_.now(), facts.status == kThrottled);
  if (!facts.elapsed) return;
  ++counts.durations[bucket_of(*facts.elapsed)];
  counts.duration_sum += *facts.elapsed;
}

void CallMetrics::count(const Call& call, CaptureTime now) {
  const Exchange& exchange = *call.exchange;
  Facts facts{exchange.completed(), call.title_id, {}, 0, kRowCount, elapsed_of(exchange)};
  if (call.title_id) facts.title_name = title_name(*call.title_id);
  if (exchange.response.present) facts.status = exchange.response.status;
  if (call.row) facts.row = static_cast<std::size_t>(*call.row);
  const std::lock_guard lock(mutex_);
  for (const Violation& violation : call.violations) {
    ++totals_.violations[static_cast<std::size_t>(violation.rule)]
                        [static_cast<std::size_t>(violation.severity)];
  }
  if (facts.status != 0) note_wait(now - facts.at);
  if (call.mpsd) count(facts, now);
}

void CallMetrics::count(const Record& record, CaptureTime now, bool fresh) {
  if (record.kind != RecordKind::exchange) return;
  const std::lock_guard lock(mutex_);
  for (const Finding& finding : record.findings) {
    ++totals_.violations[rule_index(finding.rule)][static_cast<std::size_t>(finding.severity)];
  }
  if (record.time && record.status != 0 && fresh)
    note_wait(now - SteppingClock::within_range(*record.time));
  if (!record.mpsd() || !record.time) return;
  count(Facts{*record.time, record.title_id, record.title_name, record.status,
              row_index(record.row), record.elapsed},
        now);
}

CallMetrics::Snapshot CallMetrics::snapshot(CaptureTime now) const {
  const std::lock_guard lock(mutex_);
  Snapshot snapshot{totals_, {}, {}};
  if (!counted_at_) return snapshot;
  snapshot.newest = clock_.now();
  const CaptureTime until = clock_.now() + std::max(now - *counted_at_, Duration::zero());
  for (const auto& [key, title] : titles_) {
    Counts& counts = snapshot.titles.emplace_back(title.counts);
    counts.burst = title.window.burst_at(until);
    counts.sustained = title.window.sustained_at(until);
  }
  return snapshot;
}

void CallMetrics::append_titles(Exposition& out, const std::vector<Counts>& titles) {
  out.begin_family("title_info", MetricKind::gauge,
                   "Names that the configuration gives to titles.");
  for (const Counts& title : titles) {
    if (!title.name.empty()) out.add("", {{"title", title.label}, {"name", title.name}}, kOne);
  }
  out.begin_family("responses_total", MetricKind::counter,
                   "Responses to calls of the session directory, by row of its status table.");
  for (const Counts& title : titles) {
    for (std::size_t row = 0; row < title.by_row.size(); ++row) {
      if (title.by_row[row] == 0) continue;
      out.add("", {{"title", title.label}, {"row", row_label(row)}}, title.by_row[row]);
    }
  }
  out.begin_family("unanswered_calls_total", MetricKind::counter,
                   "Calls of the session directory without a response.");
  for (const Counts& title : titles) out.add("", {{"title", title.label}}, title.unanswered);
  out.begin_family("throttled_ratio", MetricKind::gauge,
                   "429s among the responses of the last 15 and 300 seconds, from 0 to 1.");
  for (const Counts& title : titles) {
    out.add("", {{"title", title.label}, {"window", "15s"}}, share_of(title.burst));
    out.add("", {{"title", title.label}, {"window", "300s"}}, share_of(title.sustained));
  }
}

void CallMetrics::append_durations(Exposition& out, const std::vector<Counts>& titles) {
  out.begin_family("call_duration_seconds", MetricKind::histogram,
                   "From the first byte of a request to the end of its response.");
  for (const Counts& title : titles) {
    std::uint64_t up_to = 0;
    for (std::size_t i = 0; i < kBounds.size(); ++i) {
      up_to += title.durations[i];
      out.add("_bucket", {{"title", title.label}, {"le", kBounds[i].second}}, up_to);
    }
    up_to += title.durations.back();
    out.add("_bucket", {{"title", title.label}, {"le", "+Inf"}}, up_to);
    out.add("_sum", {{"title", title.label}}, in_seconds(title.duration_sum));
    out.add("_count", {{"title", title.label}}, up_to);
  }
}

void CallMetrics::append_totals(Exposition& out, const Totals& totals) {
  out.begin_family("violations_total", MetricKind::counter, "Violations, by rule and severity.");
  for (std::size_t rule = 0; rule < totals.violations.size(); ++rule) {
    for (std::size_t severity = 0; severity < totals.violations[rule].size(); ++severity) {
      const std::uint64_t count = totals.violations[rule][severity];
      if (count == 0) continue;
      out.add("",
              {{"rule", rule_label(rule)}, {"severity", name_of(static_cast<Severity>(severity))}},
              count);
    }
  }
  out.begin_family("queue_wait_seconds", MetricKind::summary,
                   "From the end of an exchange until it was judged and counted here.");
  out.add("_sum", {}, in_seconds(totals.waited));
  out.add("_count", {}, totals.waits);
}

void CallMetrics::append_to(Exposition& out, CaptureTime now) const {
  const Snapshot counted = snapshot(now);
  append_titles(out, counted.titles);
  append_durations(out, counted.titles);
  append_totals(out, counted.totals);
  if (!counted.newest) return;
  out.begin_family("last_call_timestamp_seconds", MetricKind::gauge,
                   "When the latest call was complete, in seconds since 1970.");
  out.add("", {}, in_seconds(counted.newest->time_since_epoch()));
}

}  // namespace mpsdscope

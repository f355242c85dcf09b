#include "tools/tail/log_stream.h"

#include <algorithm>
#include <utility>

#include "tools/progress.h"
#include "tools/tail/log_search.h"

namespace mpsdscope {

Result<LogStream> LogStream::open(const LogStreamOptions& options) {
  std::vector<std::string> files;
  for (const std::string& path : options.paths) {
    if (path != "-") files.push_back(path);
  }
  LogStream stream(options, LogWatch(files, options.polling));
  if (const auto opened = stream.open_logs(); !opened) return opened.error();
  stream.find_beginnings();
  return Result<LogStream>(std::move(stream));
}

Result<Done> LogStream::open_logs() {
  for (const std::string& path : options_.paths) {
    auto log = std::make_unique<Log>(Log{{path, options_.follow, options_.longest_line}, {}, {}});
    if (const auto opened = log->source.open(); !opened) return opened.error();
    // Beside others a name with a typing error would go unnoticed.
    for (LogNews& news : log->source.take_news()) {
      news_.push_back(
          {options_.paths.size() > 1 ? Severity::warning : news.severity, std::move(news.text)});
    }
    logs_.push_back(std::move(log));
  }
  return Done{};
}

void LogStream::find_beginnings() {
  std::uint64_t found = 0;
  for (const auto& log : logs_) {
    if (log->source.fd() >= 0 && !log->source.is_pipe()) found += beginning_of(*log);
  }
  if (options_.last && found > *options_.last) skipped_ = found - *options_.last;
}

// Moves there; how many records of what the file holds are listed at most, if that is asked for.
std::uint64_t LogStream::beginning_of(Log& log) {
  LogSource& source = log.source;
  std::uint64_t begin = options_.since ? find_time(source.fd(), source.size(), *options_.since) : 0;
  LastLines last;
  if (options_.last) {
    Record record;
    const auto wanted = [&](std::string_view line) {
      return reader_.read(line, record) && wants(record);
    };
    const std::uint64_t most =
        options_.filter.matches_everything() ? source.size() : options_.most_searched;
    last = find_last_lines(source.fd(), source.size(), *options_.last, most, options_.longest_line,
                           wanted);
    begin = std::max(begin, last.offset);
    if (last.gave_up) {
      news_.push_back({Severity::info,
                       "searched only the last " + size_text(options_.most_searched) + " of " +
                           source.name() + " for matching records; -n all searches everything"});
    }
  }
  source.begin_at(begin);
  return last.count;
}

bool LogStream::wants(const Record& record) const {
  if (options_.since && (!record.time || *record.time < *options_.since)) return false;
  if (options_.until && (!record.time || *record.time > *options_.until)) return false;
  return options_.filter.matches(record);
}

void LogStream::load(Log& log) {
  while (!log.loaded) {
    const auto line = log.source.next();
    if (!line) return;
    if (line->empty()) continue;
    log.loaded = reader_.read(*line, log.record);
    if (!log.loaded) ++counts_.damaged;
    log.line = *line;
  }
  log.time = std::max(log.time, log.record.time.value_or(log.time));
}

LogStream::Status LogStream::next(LogEntry& entry) {
  Log* first = nullptr;
  bool open = false;
  for (const auto& log : logs_) {
    if (!log->loaded) load(*log);
    open = open || log->loaded || !log->source.ended();
    if (log->loaded && (first == nullptr || log->time < first->time)) first = log.get();
  }
  if (first == nullptr) return open ? Status::waiting : Status::ended;
  std::swap(entry.record, first->record);
  entry.line = first->line;
  const bool fresh = first->source.fresh();
  entry.fresh = options_.follow && fresh;
  entry.listed = wants(entry.record);
  first->loaded = false;
  if (entry.listed && !fresh && skipped_ > 0) {
    --skipped_;
    entry.listed = false;
  }
  count(entry.record);
  if (entry.listed) ++counts_.listed;
  return Status::record;
}

void LogStream::count(const Record& record) {
  ++counts_.records;
  if (record.kind != RecordKind::exchange) return;
  if (record.mpsd()) ++counts_.calls;
  for (const Finding& finding : record.findings) {
    ++counts_.by_severity[static_cast<std::size_t>(finding.severity)];
  }
}

void LogStream::wait(std::chrono::milliseconds most) {
  std::vector<int> pipes;
  for (const auto& log : logs_) {
    if (log->source.is_pipe() && !log->source.ended()) pipes.push_back(log->source.fd());
  }
  watch_.wait(most, pipes);
}

LogCounts LogStream::counts() const {
  LogCounts counts = counts_;
  for (const auto& log : logs_) {
    counts.overlong += log->source.overlong();
    counts.damaged += log->source.cut();
  }
  return counts;
}

std::vector<LogNews> LogStream::take_news() {
  for (const auto& log : logs_) {
    for (LogNews& news : log->source.take_news()) news_.push_back(std::move(news));
  }
  return std::exchange(news_, {});
}

}  // namespace mpsdscope

#include "tools/tail_options.h"

#include <charconv>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "capture/wall_clock.h"
#include "tools/filter/filter_terms.h"
#include "tools/parse_time.h"
#include "tools/parse_value.h"

namespace mpsdscope {
namespace {

constexpr std::uint64_t kLast = 20;
constexpr std::uint64_t kLastOnScreen = 10'000;

void add_last(CLI::App& app, TailOptions& tail) {
  app.add_option_function<std::string>(
         "-n,--lines",
         [&tail](const std::string& text) {
           std::uint64_t last = 0;
           const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), last);
           tail.all = text == "all";
           if (tail.all) return;
           if (error != std::errc() || end != text.data() + text.size()) {
             refuse("-n", "'" + text + "' is neither a number nor all");
           }
           tail.stream.last = last;
         },
         "of what files hold already, the last N records that match, or all (default 20, with "
         "--screen 10000; with --since or --until all); of standard input always all")
      ->type_name("N");
}

void add_time(CLI::App& app, const char* flag, std::optional<CaptureTime>& time, const char* help) {
  app.add_option_function<std::string>(
         flag,
         [flag, &time](const std::string& text) {
           time = parse_when(text, wall_clock_now());
           if (!time) {
             refuse(flag, "'" + text +
                              "' is no time: give 2026-11-23T08:11:39Z, 2026-11-23, 08:11 (UTC) "
                              "or 10m for ten minutes ago");
           }
         },
         help)
      ->type_name("TIME");
}

void add_alarm(CLI::App& app, AlarmOptions& alarm) {
  app.add_flag("--bell", alarm.bell, "ring the terminal's bell at a new record that is listed");
  app.add_option("--exec", alarm.command,
                 "run this with /bin/sh at a new record that is listed, which is its standard "
                 "input; its output goes to standard error, with --screen nowhere")
      ->type_name("COMMAND");
  app.add_option_function<std::string>(
         "--alarm-every",
         [&alarm](const std::string& text) {
           const auto interval = parse_duration(text);
           if (!interval) refuse("--alarm-every", "'" + text + "' is no time such as 10s or 1m");
           alarm.interval = *interval;
         },
         "no bell and no command sooner than this after another; what is left out is counted")
      ->type_name("TIME")
      ->default_str("1s");
}

// Asks for something by name, or begins so and goes wrong behind it.
bool reads_as_filter(const std::string& text) {
  const auto filter = Filter::parse(text);
  if (const auto* parsed = std::get_if<Filter>(&filter)) return parsed->has_terms();
  const std::size_t name_end = text.find_first_of(":=<>! ");
  return name_end != text.npos && find_filter_term(text.substr(0, name_end)) != nullptr;
}

// `tail play.jsonl 'row:429'`: a file of such a name can still be named "./row:429".
Result<Done> refuse_filters(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (access(path.c_str(), F_OK) == 0 || !reads_as_filter(path)) continue;
    return Error{"there is no file " + path + "; did you mean --filter '" + path + "'?"};
  }
  return Done{};
}

}  // namespace

void add_tail(CLI::App& app, TailOptions& tail) {
  app.add_option("FILE", tail.stream.paths,
                 "logs (--log, --out, --format jsonl), several are merged by time; '-' is standard "
                 "input")
      ->type_name("");
  add_last(app, tail);
  app.add_flag("-f,--follow,!--no-follow", tail.stream.follow,
               "go on with what is added (default); through rotation, truncation, and before the "
               "file is there");
  add_time(app, "--since", tail.stream.since, "nothing older");
  add_time(app, "--until", tail.stream.until, "nothing newer; does not follow");
  add_filter_option(app, tail.filter);
  add_config_option(app, tail.config);
  add_output_options(app, tail.output);
  add_alarm(app, tail.alarm);
  app.add_flag("--screen", tail.screen,
               "on a full screen: titles and rates, exchanges in detail, filters; `mpsdscope help "
               "screen` has its keys");
  add_metrics_option(app, tail.metrics);
  app.add_flag("--poll", tail.stream.polling,
               "look at the files ten times a second instead of waiting to be told, for file "
               "systems that tell nothing");
  app.add_option_function<std::string>(
         "--max-line",
         [&tail](const std::string& text) {
           const auto size = parse_size(text);
           if (!size || *size == 0) refuse("--max-line", "'" + text + "' is not a size above 0");
           tail.stream.longest_line = static_cast<std::size_t>(*size);
         },
         "longer lines are passed over and counted")
      ->type_name("SIZE")
      ->default_str("16M");
  add_loudness(app, tail.output);
}

Result<Done> complete(TailOptions& tail) {
  LogStreamOptions& stream = tail.stream;
  if (stream.paths.empty()) {
    if (isatty(STDIN_FILENO) == 1) {
      return Error{"which log? Name the file that --log or --out writes, or pipe one in"};
    }
    stream.paths.emplace_back("-");
  }
  if (const auto files = refuse_filters(stream.paths); !files) return files;
  if (!stream.last && !tail.all && !stream.since && !stream.until) {
    stream.last = tail.screen ? kLastOnScreen : kLast;
  }
  if (stream.until) stream.follow = false;
  if (tail.screen && tail.output.format) {
    return Error{"--screen takes the terminal: leave --format out"};
  }
  tail.alarm.silent = tail.screen;
  // The screen holds all, so that another filter can be typed.
  if (!tail.screen) stream.filter = tail.filter.filter;
  return Done{};
}

}  // namespace mpsdscope

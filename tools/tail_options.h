// The command line of `mpsdscope tail`.
#pragma once

#include "tools/shared_options.h"
#include "tools/tail/alarm.h"
#include "tools/tail/log_stream.h"

namespace CLI {
class App;
}

namespace mpsdscope {

struct TailOptions {
  OutputOptions output;
  std::string config;  // --config
  TitleNames titles;   // of those that a log does not name
  FilterOption filter;
  LogStreamOptions stream;  // without the filter before complete()
  AlarmOptions alarm;
  std::optional<Endpoint> metrics;
  bool all = false;
  bool screen = false;
};

void add_tail(CLI::App& app, TailOptions& tail);
// What defaults add once the command line was read, and what is missing: an Error is a sentence.
Result<Done> complete(TailOptions& tail);

}  // namespace mpsdscope

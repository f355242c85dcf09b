// What replay and sniff share: from a source of packets to an exit code.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "capture/packet_source.h"
#include "decode/keylog.h"
#include "decode/report.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/pretty_line.h"

namespace mpsdscope {

class CallMetrics;

// As it was asked for; else pretty on a terminal.
Format format_of(const OutputOptions& options, int fd);
// Pretty output on that descriptor.
PrettyOptions pretty_options(const OutputOptions& options, int fd);

struct CaptureRun {
  PacketSource& source;
  const KeyLog& keys;
  std::vector<std::string> inputs;  // file names or interfaces, for the log and the summary
  bool live = false;
  std::function<void()> on_batch;                            // may be empty; on the reading thread
  CallMetrics* metrics = nullptr;                            // may be null, else outlives the run
  std::function<void(const DecodeCounters&)> on_counters{};  // as of the pipeline
};

// Opens the output, runs the pipeline, writes the summary. Returns the exit code.
int run_capture(const CaptureOptions& options, const CaptureRun& run);

}  // namespace mpsdscope

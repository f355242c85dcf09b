// What replay and sniff share: from a source of packets to an exit code.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "capture/packet_source.h"
#include "decode/keylog.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/pretty_line.h"

namespace mpsdscope {

// As it was asked for; else pretty on a terminal.
Format format_of(const OutputOptions& options, int fd);
// Pretty output on that descriptor.
PrettyOptions pretty_options(const OutputOptions& options, int fd);

struct CaptureRun {
  PacketSource& source;
  const KeyLog& keys;
  std::vector<std::string> inputs;  // file names or interfaces, for the log and the summary
  bool live = false;
  std::function<void()> on_batch;  // may be empty; on the reading thread
};

// Opens the output, runs the pipeline, writes the summary. Returns the exit code.
int run_capture(const CaptureOptions& options, const CaptureRun& run);

}  // namespace mpsdscope

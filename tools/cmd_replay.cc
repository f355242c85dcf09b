#include "tools/cmd_replay.h"

#include <unistd.h>

#include "capture/capture_files.h"
#include "capture/key_log_file.h"
#include "tools/diagnostics.h"
#include "tools/run_capture.h"

namespace mpsdscope {
namespace {

// False, and said so, when one cannot be read.
bool read_key_logs(const std::vector<std::string>& paths, KeyLog& keys) {
  for (const std::string& path : paths) {
    const Result<KeyLogFile> file = read_key_log(path, keys);
    if (!file) {
      report_error(file.error().message);
      return false;
    }
    for (const std::string& warning : file->warnings) report_warning(warning);
    report_detail(path + ": " + std::to_string(file->secrets) + " secrets");
  }
  return true;
}

}  // namespace

int cmd_replay(const ReplayOptions& options) {
  const OutputOptions& output = options.capture.output;
  set_up_diagnostics(output.loudness, wants_colour(output.colour, STDERR_FILENO));
  KeyLog keys;
  if (!read_key_logs(options.capture.keylogs, keys)) return exit_code::kFailed;
  const auto source = open_capture_files(options.files, keys);
  if (!source) {
    report_error(source.error().message);
    return exit_code::kFailed;
  }
  return run_capture(options.capture, {**source, keys, options.files, false, {}});
}

}  // namespace mpsdscope

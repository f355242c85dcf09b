#include "tools/live_files.h"

#include <utility>

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tools/live_screen.h"
#include "tools/run_capture.h"
#include "tools/terminal.h"

namespace mpsdscope {
namespace {

std::vector<std::string> inputs_of(const ProxyCommand& command) {
  std::vector<std::string> inputs;
  for (const Endpoint& endpoint : command.proxy.listen) {
    inputs.push_back("proxy " + endpoint.to_string());
  }
  return inputs;
}

bool is_null_device(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
}

// Standard output: the log if it shall be there, or if a program reads it and there is no other.
bool logs_to_stdout(const ProxyCommand& command) {
  if (command.log.path == "-") return true;
  if (command.output.format) return *command.output.format == Format::jsonl;
  return command.log.path.empty() && !is_terminal(STDOUT_FILENO);
}

Result<Done> open_outputs(const ProxyCommand& command, CaptureTime now, LiveFiles& files) {
  std::vector<LogFileOptions> logs;
  if (!command.log.path.empty() && command.log.path != "-") logs.push_back(command.log);
  if (command.screen || is_null_device(STDOUT_FILENO)) {
    // Nobody looks, or the screen has an output of its own.
  } else if (logs_to_stdout(command)) {
    logs.push_back({"-", 0, {}, {}, command.filter.filter});
  } else {
    files.outputs.push_back(make_live_screen(
        STDOUT_FILENO, pretty_options(command.output, STDOUT_FILENO), command.filter.filter));
  }
  for (LogFileOptions& log : logs) {
    log.bodies = command.bodies;
    auto opened = open_live_log(std::move(log), inputs_of(command), now);
    if (!opened) return opened.error();
    files.outputs.push_back(std::move(*opened));
  }
  return Done{};
}

}  // namespace

Result<LiveFiles> open_live_files(const ProxyCommand& command, CaptureTime now) {
  LiveFiles files;
  if (const auto opened = open_outputs(command, now, files); !opened) return opened.error();
  if (!command.save.empty()) {
    auto file = LiveFile::open(command.save, LiveFile::Existing::empty, "the capture", true);
    if (!file) return file.error();
    files.capture =
        std::make_unique<SavedCapture>(std::move(*file), "mpsdscope " MPSDSCOPE_VERSION);
  }
  if (!command.keylog.empty()) {
    auto file = LiveFile::open(command.keylog, LiveFile::Existing::append, "the key log", true);
    if (!file) return file.error();
    files.secrets = std::make_unique<SecretsFile>(std::move(*file));
  }
  return Result<LiveFiles>(std::move(files));
}

}  // namespace mpsdscope

#include "tools/live_files.h"

#include <utility>

#include <fcntl.h>
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

bool same_file(const std::string& one, const std::string& other) {
  struct stat first {};
  struct stat second {};
  return stat(one.c_str(), &first) == 0 && stat(other.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

// What the proxy reads is not written to, whatever a slip of the hand names.
Result<Done> spare_inputs(const ProxyCommand& command, const CertificateAuthority& authority,
                          CaptureTime now) {
  std::vector<std::string> inputs = command.upstream.ca_files;
  for (const auto& certificate : command.upstream.client_certificates) {
    inputs.push_back(certificate.file);
  }
  for (const std::string_view name : CaFiles::kAll) inputs.push_back(authority.path(name));
  const std::pair<const char*, std::string> kOutputs[] = {
      {"--log", log_file_name(command.log.path, now)},
      {"--save", command.save},
      {"--keylog", command.keylog}};
  for (const auto& [flag, path] : kOutputs) {
    for (const std::string& input : inputs) {
      if (!same_file(path, input)) continue;
      return Error{std::string(flag) + " " + path +
                   " would be written over a certificate or key that the proxy needs: choose "
                   "another file"};
    }
  }
  return Done{};
}

// main() puts something that cannot be written to in place of a standard output that is closed.
bool is_writable(int fd) {
  return (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
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
  if (command.screen) {
    // It has an output of its own.
  } else if (is_null_device(STDOUT_FILENO)) {
    // Nobody looks: nothing needs to be made for it, unless it was asked for.
    if (command.log.path == "-" && !is_writable(STDOUT_FILENO)) {
      return Error{"cannot write the log to standard output, which is closed: --log FILE"};
    }
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

Result<LiveFiles> open_live_files(const ProxyCommand& command,
                                  const CertificateAuthority& authority, CaptureTime now) {
  if (const auto spared = spare_inputs(command, authority, now); !spared) return spared.error();
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

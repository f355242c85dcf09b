#include "tools/tail/alarm.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/file_descriptor.h"
#include "tools/text_sink.h"

extern char** environ;

namespace mpsdscope {
namespace {

// A file in memory that holds the text, to be read from its beginning: unlike a pipe it takes all
// of it at once, whether anybody reads or not.
FileDescriptor readable(std::string_view text) {
  FileDescriptor file(memfd_create("record", MFD_CLOEXEC));
  if (!file || write_all(file.get(), text) != 0 || write_all(file.get(), "\n") != 0) return {};
  lseek(file.get(), 0, SEEK_SET);
  return file;
}

}  // namespace

void Alarm::ring(std::string_view line, CaptureTime now) {
  reap();
  const bool soon = rung_ != CaptureTime::min() && now - rung_ < options_.interval;
  if (soon || running_.size() >= kMostRunning) {
    ++silent_;
    return;
  }
  rung_ = now;
  if (options_.bell) write_all(STDERR_FILENO, "\a");
  if (!options_.command.empty() && !run(line)) ++failed_;
}

void Alarm::reap() {
  const auto over = [this](int process) {
    int status = 0;
    const pid_t ended = waitpid(process, &status, WNOHANG);
    if (ended > 0 && status != 0) {
      failure_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    return ended != 0;
  };
  running_.erase(std::remove_if(running_.begin(), running_.end(), over), running_.end());
}

std::optional<int> Alarm::take_failure() {
  reap();
  return std::exchange(failure_, std::nullopt);
}

bool Alarm::run(std::string_view line) {
  const FileDescriptor input = readable(line);
  if (!input) return false;
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input.get(), STDIN_FILENO);
  if (options_.silent) {
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  }
  posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
  posix_spawnattr_init(&attributes);
  sigset_t ignored;  // by us; a closed pipe ends the command as any other program
  sigemptyset(&ignored);
  sigaddset(&ignored, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &ignored);
  sigset_t none;  // what this thread blocks is nothing to the command
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  int flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
  if (options_.silent) flags |= POSIX_SPAWN_SETSID;  // it finds no terminal at /dev/tty either
  posix_spawnattr_setflags(&attributes, static_cast<short>(flags));
  std::string shell = "/bin/sh";
  std::string flag = "-c";
  const std::array<char*, 4> arguments{shell.data(), flag.data(), options_.command.data(), nullptr};
  pid_t process = 0;
  const int error =
      posix_spawn(&process, shell.c_str(), &files, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (error == 0) running_.push_back(process);
  return error == 0;
}

}  // namespace mpsdscope

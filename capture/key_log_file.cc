#include "capture/key_log_file.h"

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

namespace mpsdscope {
namespace {

constexpr std::size_t kReadSize = std::size_t{256} << 10;
// A line of a key log is about 200 bytes; what is longer is none, and is given up as a whole line.
constexpr std::size_t kMaxLine = std::size_t{64} << 10;

// Adds the complete lines of `pending` and keeps the rest.
std::size_t add_lines(std::string& pending, KeyLog& keys) {
  const std::size_t end = pending.rfind('\n');
  if (end == std::string::npos) {
    if (pending.size() <= kMaxLine) return 0;
    // Not a key log: counted as a malformed line, so that memory stays bounded.
    const std::size_t added = keys.add_text(pending);
    pending.clear();
    return added;
  }
  const std::size_t added = keys.add_text(std::string_view(pending).substr(0, end + 1));
  pending.erase(0, end + 1);
  return added;
}

std::string because(const std::string& path, const char* what) {
  return path + ": the key log " + what + ": " + std::strerror(errno);
}

}  // namespace

Result<KeyLogFile> read_key_log(const std::string& path, KeyLog& keys) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return Error{because(path, "cannot be opened")};
  const std::uint64_t malformed_before = keys.malformed();
  KeyLogFile result;
  std::string pending;
  for (;;) {
    const std::size_t held = pending.size();
    pending.resize(held + kReadSize);
    const ssize_t got = ::read(file.get(), pending.data() + held, kReadSize);
    const int error = errno;
    pending.resize(held + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got == 0) break;
    if (got < 0) {
      if (error == EINTR) continue;
      errno = error;
      return Error{because(path, "cannot be read")};
    }
    result.secrets += add_lines(pending, keys);
  }
  result.secrets += keys.add_text(pending);
  if (const std::uint64_t malformed = keys.malformed() - malformed_before; malformed > 0) {
    result.warnings.push_back(path + ": " + std::to_string(malformed) +
                              (malformed == 1 ? " line is" : " lines are") +
                              " not of the key log format (LABEL CLIENT_RANDOM SECRET)");
  }
  if (result.secrets == 0) {
    result.warnings.push_back(path + (keys.size() == 0
                                          ? ": the key log holds no TLS secrets"
                                          : ": the key log holds no TLS secrets that are not known "
                                            "yet"));
  }
  return result;
}

std::size_t KeyLogFollower::poll(KeyLog& keys) {
  if (!file_ && !open()) return 0;
  std::size_t added = read_on(keys);
  if (was_replaced()) {
    // The old file's last bytes were read above: no more will come to its last line.
    added += keys.add_text(partial_);
    file_.reset();
    if (open()) added += read_on(keys);
  }
  return added;
}

bool KeyLogFollower::open() {
  // A pipe without a writer must not make us wait.
  file_ = FileDescriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  problem_.clear();
  if (!file_ && errno != ENOENT) problem_ = because(path_, "cannot be opened");
  offset_ = 0;
  partial_.clear();
  return static_cast<bool>(file_);
}

bool KeyLogFollower::was_replaced() const {
  struct stat ours {};
  struct stat named {};
  if (::fstat(file_.get(), &ours) != 0 || ::stat(path_.c_str(), &named) != 0) return false;
  return ours.st_ino != named.st_ino || ours.st_dev != named.st_dev;
}

std::size_t KeyLogFollower::read_on(KeyLog& keys) {
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) return 0;
  if (S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) < offset_) {
    // Truncated: someone began it again.
    ::lseek(file_.get(), 0, SEEK_SET);
    offset_ = 0;
    partial_.clear();
  }
  if (S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) == offset_) return 0;
  std::size_t added = 0;
  for (;;) {
    const std::size_t held = partial_.size();
    partial_.resize(held + kReadSize);
    const ssize_t got = ::read(file_.get(), partial_.data() + held, kReadSize);
    const int error = errno;
    partial_.resize(held + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got > 0) {
      offset_ += static_cast<std::uint64_t>(got);
      added += add_lines(partial_, keys);
      continue;
    }
    if (got < 0 && error == EINTR) continue;
    if (got < 0 && error != EAGAIN) {
      errno = error;
      problem_ = because(path_, "cannot be read");
    }
    return added;
  }
}

}  // namespace mpsdscope

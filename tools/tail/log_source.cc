#include "tools/tail/log_source.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decode/ascii.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kPiece = std::size_t{256} << 10;

std::string reason(int error) {
  return std::generic_category().message(error);
}

// Does not wait for the writer of a named pipe.
FileDescriptor open_to_read(const std::string& path) {
  return FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

bool is_readable(int fd) {
  pollfd one{fd, POLLIN, 0};
  return poll(&one, 1, 0) > 0;
}

std::uint64_t size_of(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

bool is_same_file(int fd, const std::string& path) {
  struct stat own {};
  struct stat there {};
  if (fstat(fd, &own) != 0 || stat(path.c_str(), &there) != 0) return true;
  return own.st_dev == there.st_dev && own.st_ino == there.st_ino;
}

// "play.1.jsonl" and "play.jsonl.1" are names that files of "play.jsonl" get.
bool is_put_aside(std::string_view name, std::string_view of) {
  const auto is = [name](std::string_view before, std::string_view after) {
    const std::size_t around = before.size() + 1 + after.size();
    return name.size() > around && name.substr(0, before.size()) == before &&
           name[before.size()] == '.' && name.substr(name.size() - after.size()) == after &&
           std::all_of(name.begin() + static_cast<std::ptrdiff_t>(before.size() + 1),
                       name.end() - static_cast<std::ptrdiff_t>(after.size()), is_digit);
  };
  const std::size_t dot = std::min(of.rfind('.'), of.size());
  return is(of, "") || is(of.substr(0, dot), of.substr(dot));
}

// Files that had the name `path` after the old one and before the new one, as far as they are still
// there: they were written later than the old one.
std::vector<std::string> passed_over(const std::filesystem::path& path, int old_file,
                                     int new_file) {
  struct stat old_status {};
  std::vector<std::string> names;
  if (fstat(old_file, &old_status) != 0) return names;
  const auto time_of = [](const struct stat& status) {
    return std::pair(status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  };
  std::error_code ignored;
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  for (std::filesystem::directory_iterator at(folder, ignored), end; at != end;
       at.increment(ignored)) {
    struct stat status {};
    const std::string& name = at->path().native();
    if (!is_put_aside(at->path().filename().native(), path.filename().native()) ||
        stat(name.c_str(), &status) != 0 || time_of(status) <= time_of(old_status)) {
      continue;
    }
    if (!is_same_file(old_file, name) && !is_same_file(new_file, name)) names.push_back(name);
  }
  return names;
}

}  // namespace

LogSource::LogSource(std::string path, bool follow, std::size_t longest)
    : path_(std::move(path)), follow_(follow), lines_(longest) {}

Result<Done> LogSource::open() {
  file_ =
      path_ == "-" ? FileDescriptor(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)) : open_to_read(path_);
  if (!file_) {
    const int error = errno;
    if (error == ENOENT && follow_ && path_ != "-") {
      tell(Severity::info, path_ + " is not there yet; waiting for it");
      regular_ = true;
      return Done{};
    }
    return Error{"cannot read " + name() + ": " + reason(error)};
  }
  struct stat status {};
  fstat(file_.get(), &status);
  if (S_ISDIR(status.st_mode)) return Error{"cannot read " + name() + ": it is a directory"};
  regular_ = S_ISREG(status.st_mode) && path_ != "-";
  if (regular_) size_ = static_cast<std::uint64_t>(status.st_size);
  return Done{};
}

void LogSource::begin_at(std::uint64_t offset) {
  offset_ = offset;
  lseek(file_.get(), static_cast<off_t>(offset), SEEK_SET);
}

std::optional<std::string_view> LogSource::next() {
  while (true) {
    if (const auto line = lines_.next()) return line;
    if (ended_) {
      // The last line of what has ended may lack its end.
      if (std::exchange(gave_rest_, true)) return std::nullopt;
      const std::string_view rest = lines_.take_rest();
      return rest.empty() ? std::nullopt : std::optional(rest);
    }
    if (!read_on()) return std::nullopt;
  }
}

// False: there is nothing more now.
bool LogSource::read_on() {
  if (!file_) return follow_end();
  if (!regular_ && !is_readable(file_.get())) return false;
  const ssize_t count = ::read(file_.get(), lines_.room(kPiece), kPiece);
  if (count > 0) {
    lines_.filled(static_cast<std::size_t>(count));
    offset_ += static_cast<std::uint64_t>(count);
    return true;
  }
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (count < 0) tell(Severity::warning, "cannot read on in " + name() + ": " + reason(errno));
  if (count == 0 && regular_ && follow_) return follow_end();
  ended_ = true;
  return true;
}

bool LogSource::follow_end() {
  if (file_ && size_of(file_.get()) < offset_) return truncated();
  if (successor_ && !is_same_file(successor_.get(), path_)) successor_.reset();
  if (!successor_ && !(file_ && is_same_file(file_.get(), path_))) {
    successor_ = open_to_read(path_);
  }
  // As long as the new file is empty its writer may still be at the old one.
  if (!successor_ || size_of(successor_.get()) == 0) return false;
  if (file_ && !std::exchange(last_look_, true)) return true;
  return switch_over();
}

bool LogSource::truncated() {
  tell(Severity::info, path_ + " was truncated; it is read from its beginning");
  begin_again();
  begin_at(0);
  return true;
}

bool LogSource::switch_over() {
  tell(Severity::info,
       path_ + (file_ ? " was replaced by another file; that one is read now" : " is there now"));
  if (file_) {
    for (const std::string& name : passed_over(path_, file_.get(), successor_.get())) {
      tell(Severity::warning, name + " came and went too fast: its records are not in this list");
    }
  }
  begin_again();
  file_ = std::exchange(successor_, {});
  return true;
}

void LogSource::begin_again() {
  if (!lines_.take_rest().empty()) ++cut_;
  offset_ = 0;
  last_look_ = false;
  replaced_ = true;
}

}  // namespace mpsdscope

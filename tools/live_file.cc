#include "tools/live_file.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/diagnostics.h"
#include "tools/pretty_text.h"
#include "tools/text_sink.h"

namespace mpsdscope {
namespace {

// Secrets that wait for room on a disk; beyond it they are lost like everything else.
constexpr std::size_t kMostOwed = std::size_t{1} << 20;
// So much is tried again with every record; more only once a second.
constexpr std::size_t kMostRetried = std::size_t{16} << 10;
constexpr auto kBetweenAttempts = std::chrono::seconds(1);
constexpr std::size_t kMostQueued = std::size_t{8} << 20;  // bytes on their way to a reader
constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

std::string words_of(int error) {
  return std::generic_category().message(error);
}

// Created with its mode, without a moment of wider rights; or what is there already. Does not wait
// for the reader of a pipe.
FileDescriptor open_private(const std::string& path, bool& created) {
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  FileDescriptor file(::open(path.c_str(), kFlags | O_CREAT | O_EXCL, kOwnerOnly));
  created = static_cast<bool>(file);
  if (file || errno != EEXIST) return file;
  return FileDescriptor(::open(path.c_str(), kFlags));
}

Error cannot_open(const std::string& what, const std::string& path, int error) {
  std::string text = "cannot write " + what + " " + path + ": ";
  struct stat link {};
  if (error == ENXIO) {
    text += "nobody reads this pipe: start its reader first";
  } else if (error == ENOENT && lstat(path.c_str(), &link) == 0 && S_ISLNK(link.st_mode)) {
    text += "it is a link to a file that does not exist: make that, or name it";
  } else {
    text += words_of(error);
    if (error == ENOENT) text += ": make its directory first";
    if (error == EACCES || error == EROFS) text += ": choose a place that you may write to";
  }
  return Error{std::move(text)};
}

// Of a regular file. File systems that know no locks refuse otherwise than by EWOULDBLOCK.
Result<Done> claim(int fd, const std::string& name, const struct stat& status, bool created,
                   bool secret) {
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return Error{"cannot write " + name +
                 ": another mpsdscope writes it, or another option names it too; choose another "
                 "file"};
  }
  if ((status.st_mode & ~S_IFMT) == kOwnerOnly || fchmod(fd, kOwnerOnly) == 0) return Done{};
  const std::string why = "others may be able to read " + name + ": its mode cannot be narrowed (" +
                          words_of(errno) + ")";
  // A new one on a file system without modes is the user's to place.
  if (secret && !created) return Error{why + "; choose another file"};
  report_warning(why);
  return Done{};
}

bool ends_within_a_line(const std::string& path, off_t size) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char last = '\n';
  return size > 0 && pread(file.get(), &last, 1, size - 1) == 1 && last != '\n';
}

}  // namespace

LiveFile::LiveFile(FileDescriptor file, std::string path, std::string what)
    : file_(std::move(file)), path_(std::move(path)), what_(std::move(what)) {}

Result<LiveFile> LiveFile::open(const std::string& path, Existing existing, std::string what,
                                bool secret) {
  const bool is_stdout = path == "-";
  bool created = false;
  FileDescriptor file = is_stdout ? FileDescriptor() : open_private(path, created);
  if (!file && !is_stdout) return cannot_open(what, path, errno);
  LiveFile opened(std::move(file), is_stdout ? "standard output" : path, std::move(what));
  opened.is_stdout_ = is_stdout;
  struct stat status {};
  opened.regular_ =
      !is_stdout && fstat(opened.descriptor(), &status) == 0 && S_ISREG(status.st_mode);
  if (can_block(opened.descriptor())) {
    opened.queue_ = std::make_unique<TextQueue>(opened.descriptor(), kMostQueued);
  }
  if (!opened.regular_) return Result<LiveFile>(std::move(opened));
  const auto claimed =
      claim(opened.descriptor(), opened.what_ + " " + path, status, created, secret);
  if (!claimed) return claimed.error();
  if (existing == Existing::empty) {
    if (ftruncate(opened.descriptor(), 0) != 0) {
      return Error{"cannot empty " + opened.what_ + " " + path + ": " + words_of(errno)};
    }
  } else {
    opened.size_ = static_cast<std::uint64_t>(status.st_size);
    if (ends_within_a_line(path, status.st_size)) opened.write_first("\n");
  }
  return Result<LiveFile>(std::move(opened));
}

int LiveFile::descriptor() const {
  return is_stdout_ ? STDOUT_FILENO : file_.get();
}

void LiveFile::write(std::string_view text, std::uint64_t records) {
  int error = pay();
  if (error == 0) error = append(text, records);
  note(error, records);
}

void LiveFile::write_first(std::string_view text) {
  if (owed_.size() + text.size() > kMostOwed) return note(ENOSPC, 1);
  owed_.append(text);
  ++owed_count_;
  note(pay(), 0);
}

// Writes what is owed, if there is any. A full disk is not asked again at every packet.
int LiveFile::pay() {
  if (owed_.empty()) return 0;
  const auto now = std::chrono::steady_clock::now();
  if (owed_.size() > kMostRetried && now < next_attempt_) return ENOSPC;
  next_attempt_ = now + kBetweenAttempts;
  const int error = append(owed_, owed_count_);
  if (error != 0) return error;
  owed_.clear();
  owed_count_ = 0;
  next_attempt_ = {};
  return 0;
}

// 0 or errno.
int LiveFile::append(std::string_view text, std::uint64_t records) {
  if (text.empty()) return 0;
  if (queue_) return queue_->push(text, records);
  std::size_t written = 0;
  const int error = write_all(descriptor(), text, &written);
  if (error == 0) {
    size_ += written;
  } else if (written > 0) {
    take_back(written);
  }
  return error;
}

// The last bytes of the file are ours: it is written at its end only.
void LiveFile::take_back(std::size_t count) {
  struct stat status {};
  if (fstat(descriptor(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  const off_t before = status.st_size - static_cast<off_t>(count);
  if (before < 0 || ftruncate(descriptor(), before) != 0) return;
  // Standard output may be a file that was not opened for appending.
  static_cast<void>(lseek(descriptor(), 0, SEEK_END));
}

bool LiveFile::is_at(const std::string& path) const {
  struct stat mine {};
  struct stat there {};
  return regular_ && fstat(descriptor(), &mine) == 0 && stat(path.c_str(), &there) == 0 &&
         mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

std::uint64_t LiveFile::lost() const {
  return lost_ + (queue_ ? queue_->lost() : 0);
}

void LiveFile::note(int error, std::uint64_t records) {
  if (error != 0) lost_ += records;
  if (failing_ == (error != 0)) return;
  failing_ = error != 0;
  if (failing_) {
    lost_before_ = lost_ - records;
    report_error("cannot write " + what_ + " " + path_ + ": " +
                 (error == EAGAIN ? "its reader is too slow" : words_of(error)) +
                 "; traffic goes on, what would be written is lost until it can be again");
  } else {
    report_note(what_ + " " + path_ + " is written again; " +
                counted(lost_ - lost_before_, "record") + " lost in between");
  }
}

void LiveFile::close() {
  if (descriptor() < 0) return;
  next_attempt_ = {};
  if (const int error = pay(); error != 0) {
    note(error, owed_count_);
    owed_.clear();
  }
  if (queue_ && queue_->finish() > 0) {
    report_error(counted(queue_->lost(), "record") + " of " + what_ + " did not reach " + path_ +
                 ": " + (queue_->error() == 0 ? "nobody reads it" : words_of(queue_->error())));
  }
  if (is_stdout_) {
    is_stdout_ = false;
  } else if (::close(file_.release()) != 0) {
    report_error("cannot write the last of " + what_ + " " + path_ + ": " + words_of(errno));
  }
}

}  // namespace mpsdscope

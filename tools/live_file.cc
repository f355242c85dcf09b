#include "tools/live_file.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/diagnostics.h"
#include "tools/pretty_text.h"
#include "tools/text_sink.h"

namespace mpsdscope {
namespace {

// Secrets that wait for room on a disk; beyond it they are lost like everything else.
constexpr std::size_t kMostOwed = std::size_t{1} << 20;
constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

std::string words_of(int error) {
  return std::generic_category().message(error);
}

// Created with its mode, without a moment of wider rights; or what is there already.
FileDescriptor open_private(const std::string& path) {
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CLOEXEC;
  FileDescriptor file(::open(path.c_str(), kFlags | O_CREAT | O_EXCL, kOwnerOnly));
  if (file || errno != EEXIST) return file;
  return FileDescriptor(::open(path.c_str(), kFlags));
}

bool ends_within_a_line(const std::string& path, off_t size) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char last = '\n';
  return size > 0 && pread(file.get(), &last, 1, size - 1) == 1 && last != '\n';
}

}  // namespace

LiveFile::LiveFile(FileDescriptor file, std::string path, std::string what)
    : file_(std::move(file)), path_(std::move(path)), what_(std::move(what)) {}

Result<LiveFile> LiveFile::open(const std::string& path, Existing existing, std::string what) {
  if (path == "-") return LiveFile(FileDescriptor(), "standard output", std::move(what));
  FileDescriptor file = open_private(path);
  if (!file) return Error{"cannot write " + what + " " + path + ": " + words_of(errno)};
  struct stat status {};
  const bool regular = fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode);
  LiveFile opened(std::move(file), path, std::move(what));
  opened.regular_ = regular;
  if (!regular) return Result<LiveFile>(std::move(opened));
  // File systems without owners and modes refuse this; the file is still the user's to place.
  if ((status.st_mode & ~S_IFMT) != kOwnerOnly) {
    static_cast<void>(fchmod(opened.descriptor(), kOwnerOnly));
  }
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
  return file_ ? file_.get() : STDOUT_FILENO;
}

void LiveFile::write(std::string_view text, std::uint64_t records) {
  int error = 0;
  if (owed_.empty()) {
    error = append(text);
  } else {
    error = append(owed_ + std::string(text));
    if (error == 0) owed_.clear();
  }
  note(error, records);
}

void LiveFile::write_first(std::string_view text) {
  if (owed_.size() + text.size() <= kMostOwed) owed_.append(text);
  write({}, 0);
}

// 0 or errno.
int LiveFile::append(std::string_view text) {
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

void LiveFile::note(int error, std::uint64_t records) {
  if (error != 0) lost_ += records;
  if (failing_ == (error != 0)) return;
  failing_ = error != 0;
  if (failing_) {
    lost_before_ = lost_ - records;
    report_error("cannot write " + what_ + " " + path_ + ": " + words_of(error) +
                 "; traffic goes on, what would be written is lost until it can be again");
  } else {
    report_note(what_ + " " + path_ + " is written again; " +
                counted(lost_ - lost_before_, "record") + " lost in between");
  }
}

void LiveFile::close() {
  if (!file_) return;
  const int descriptor = file_.release();
  if (::close(descriptor) != 0) {
    report_error("cannot write the last of " + what_ + " " + path_ + ": " + words_of(errno));
  }
}

}  // namespace mpsdscope

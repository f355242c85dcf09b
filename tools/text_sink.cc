#include "tools/text_sink.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mpsdscope {
namespace {

Error cannot_open(const std::string& path, const std::string& why) {
  return Error{"cannot write " + path + ": " + why};
}

std::string words_of(int error) {
  return std::generic_category().message(error);
}

bool is_same_file(const struct stat& file, const std::string& path) {
  struct stat other {};
  return stat(path.c_str(), &other) == 0 && other.st_dev == file.st_dev &&
         other.st_ino == file.st_ino;
}

}  // namespace

TextSink::TextSink(Writer write, bool live) : write_(std::move(write)), live_(live) {
  buffer_.reserve(kFlushAt + (kFlushAt >> 2));
}

void TextSink::flush() {
  if (error_ == 0 && !buffer_.empty()) error_ = write_(buffer_);
  buffer_.clear();
}

int write_all(int fd, std::string_view text, std::size_t* written) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
      if (written) *written += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd wait{fd, POLLOUT, 0};
      poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

OutputFile::OutputFile(int fd, bool owned, std::string name)
    : fd_(fd), owned_(owned), name_(std::move(name)) {}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      owned_(std::exchange(other.owned_, false)),
      name_(std::move(other.name_)) {}

OutputFile::~OutputFile() {
  close();
}

int OutputFile::close() {
  if (!owned_ || fd_ < 0) return 0;
  return ::close(std::exchange(fd_, -1)) == 0 ? 0 : errno;
}

Result<OutputFile> OutputFile::open(const std::string& path,
                                    const std::vector<std::string>& inputs) {
  if (path.empty() || path == "-") return OutputFile(STDOUT_FILENO, false, "standard output");
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return cannot_open(path, words_of(errno));
  OutputFile file(fd, true, path);
  struct stat status {};
  if (fstat(fd, &status) != 0) return cannot_open(path, words_of(errno));
  if (!S_ISREG(status.st_mode)) return Result<OutputFile>(std::move(file));
  if (std::any_of(inputs.begin(), inputs.end(),
                  [&](const std::string& input) { return is_same_file(status, input); })) {
    return cannot_open(path, "it is one of the inputs");
  }
  // File systems without owners and modes refuse this; the file is still the user's to place.
  static_cast<void>(fchmod(fd, S_IRUSR | S_IWUSR));
  // Of an empty file too that would count: ext4 waits at the close of a file that was truncated.
  if (status.st_size > 0 && ftruncate(fd, 0) != 0) return cannot_open(path, words_of(errno));
  return Result<OutputFile>(std::move(file));
}

}  // namespace mpsdscope

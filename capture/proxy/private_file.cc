#include "capture/proxy/private_file.h"

#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/file_descriptor.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kMaxFile = std::size_t{1} << 20;

Error failure(const std::string& what, const std::string& path, int error) {
  return Error{"cannot " + what + " " + path + ": " + std::generic_category().message(error)};
}

// With what is made or kept in the CA's directory.
Error directory_failure(const std::string& what, const std::string& path, int error) {
  return Error{failure(what, path, error).message +
               ": name a directory that you may write to with --ca-dir"};
}

std::string octal(mode_t mode) {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode & 07777));
  return text;
}

// Removes a file that did not get its final name.
class Remains {
 public:
  explicit Remains(std::string path) : path_(std::move(path)) {}
  ~Remains() { ::unlink(path_.c_str()); }
  Remains(const Remains&) = delete;
  Remains& operator=(const Remains&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string temporary_name(const std::string& path) {
  std::uint64_t number = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number);
  char suffix[24];
  std::snprintf(suffix, sizeof suffix, ".%016llx", static_cast<unsigned long long>(number));
  return path + suffix;
}

int write_and_sync(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file) == 0 ? 0 : errno;
}

Result<bool> publish(const std::string& path, std::string_view text, mode_t mode, Publish how) {
  const Remains temporary(temporary_name(path));
  {
    const FileDescriptor file(::open(temporary.path().c_str(),
                                     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!file) return directory_failure("create", temporary.path(), errno);
    if (const int error = write_and_sync(file.get(), text); error != 0) {
      return directory_failure("write", temporary.path(), error);
    }
  }
  if (how == Publish::replace) {
    if (::rename(temporary.path().c_str(), path.c_str()) == 0) return true;
    return directory_failure("create", path, errno);
  }
  // Unlike rename(), link() does not put it in place of what another process was quicker to make.
  if (::link(temporary.path().c_str(), path.c_str()) == 0) return true;
  if (errno == EEXIST) return false;
  return directory_failure("create", path, errno);
}

Result<std::string> read_open_file(const FileDescriptor& file, const std::string& path) {
  std::string text(kMaxFile + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("read", path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kMaxFile) return Error{"cannot read " + path + ": it is larger than 1 MiB"};
  text.resize(size);
  return text;
}

}  // namespace

Result<Done> make_private_directory(const std::string& path) {
  for (std::size_t end = path.find('/', 1); end != std::string::npos;
       end = path.find('/', end + 1)) {
    const std::string parent = path.substr(0, end);
    if (::mkdir(parent.c_str(), 0700) != 0 && errno != EEXIST && !file_exists(parent)) {
      return directory_failure("create directory", parent, errno);
    }
  }
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return directory_failure("create directory", path, errno);
  }
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return directory_failure("open directory", path, errno);
  if (!S_ISDIR(found.st_mode))
    return Error{path + " is not a directory: name another one with --ca-dir"};
  if ((found.st_mode & 022) != 0) {
    return Error{path + " can be written to by other users (mode " + octal(found.st_mode) +
                 "), who could exchange the CA: `chmod 700 " + path +
                 "`, or name another directory with --ca-dir"};
  }
  return Done{};
}

Result<bool> publish_private_file(const std::string& path, std::string_view text, Publish how) {
  return publish(path, text, 0600, how);
}

Result<Done> publish_file(const std::string& path, std::string_view text) {
  auto published = publish(path, text, 0644, Publish::replace);
  if (!published) return published.error();
  return Done{};
}

Result<std::string> read_private_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return failure("read", path, errno);
  struct stat found {};
  if (::fstat(file.get(), &found) != 0) return failure("read", path, errno);
  if (!S_ISREG(found.st_mode)) return Error{"cannot read " + path + ": it is not a file"};
  if ((found.st_mode & 077) != 0) {
    return Error{
        path + " holds the CA's key and other users can get at it (mode " + octal(found.st_mode) +
        "): `chmod 600 " + path +
        "`; if somebody may have read it, make a new CA (`mpsdscope ca make --replace`) and remove "
        "the old one from your devices"};
  }
  // Root may use everybody's files; nobody else is to rely on a key that another user chose.
  if (const uid_t user = ::geteuid(); user != 0 && found.st_uid != user && found.st_uid != 0) {
    return Error{path +
                 " belongs to another user, who knows the CA's key: name a directory of "
                 "your own with --ca-dir"};
  }
  return read_open_file(file, path);
}

Result<std::string> read_small_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return failure("read", path, errno);
  return read_open_file(file, path);
}

bool file_exists(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0;
}

}  // namespace mpsdscope

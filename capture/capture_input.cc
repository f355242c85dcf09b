#include "capture/capture_input.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "decode/pcapng.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kMagicLength = 4;
// Small enough to stay in the processor's cache: the walk looks at a few bytes of each block.
constexpr std::size_t kScanWindow = std::size_t{64} << 10;

Error not_a_capture(const std::string& name, ByteSource& source) {
  if (!source.problem().empty()) return {name + ": " + source.problem()};
  const Bytes beginning = source.peek(8);
  if (beginning.empty()) return {name + ": empty, not a capture file"};
  std::string message = name +
                        ": not a capture file (pcap or pcapng, also gzip or zstd "
                        "compressed): begins with";
  for (const std::uint8_t byte : beginning) {
    std::array<char, 4> text{};
    std::snprintf(text.data(), text.size(), " %02x", byte);
    message += text.data();
  }
  return {message};
}

// Walks once over a pcapng file for its secrets.
void collect_secrets(ByteSource& source, KeyLog& keys) {
  SecretsScan scan;
  std::vector<std::uint8_t> buffer(kScanWindow);
  std::size_t held = 0;
  for (;;) {
    const std::size_t room = buffer.size() - held;
    const std::size_t filled = source.read(std::span(buffer).subspan(held));
    held += filled;
    const bool last = filled < room;
    const SecretsScan::Step step = scan.scan(Bytes(buffer).first(held), last, keys);
    if (last || step.wanted == 0) return;
    const auto done = static_cast<std::size_t>(std::min<std::uint64_t>(step.advance, held));
    std::copy(buffer.begin() + static_cast<std::ptrdiff_t>(done),
              buffer.begin() + static_cast<std::ptrdiff_t>(held), buffer.begin());
    held -= done;
    source.skip(step.advance - done);
    if (buffer.size() < step.wanted) buffer.resize(step.wanted);
  }
}

// A file without a name that nobody else can read, for what is in transit.
Result<FileDescriptor> temporary_file() {
  const char* folder = std::getenv("TMPDIR");
  std::string path =
      std::string(folder != nullptr && *folder != '\0' ? folder : "/tmp") + "/mpsdscope-XXXXXX";
  FileDescriptor file(::mkostemp(path.data(), O_CLOEXEC));  // mode 0600
  if (!file) {
    return Error{"cannot make a temporary file " + path + " for piped input: " +
                 std::strerror(errno) + "; set TMPDIR to a folder with room"};
  }
  ::unlink(path.c_str());
  return file;
}

bool write_all(const FileDescriptor& file, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<CaptureInput> CaptureInput::open(const std::string& path, KeyLog& keys) {
  CaptureInput input;
  const bool standard_input = path == "-";
  input.name_ = standard_input ? "standard input" : path;
  // Standard input is duplicated, so that closing ours leaves the program's open.
  FileDescriptor file(standard_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                     : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    return Error{input.name_ + ": cannot be opened: " + std::strerror(errno)};
  }
  if (S_ISDIR(status.st_mode)) {
    return Error{input.name_ + ": a folder, not a capture file; name the files in it"};
  }
  auto shared = std::make_shared<const FileDescriptor>(std::move(file));
  if (!S_ISREG(status.st_mode)) {
    input.pipe_ = decompressed(make_pipe_source(std::move(shared)));
  } else {
    // What the program that ran before us has read of standard input is gone.
    const off_t position = standard_input ? ::lseek(shared->get(), 0, SEEK_CUR) : 0;
    input.file_offset_ = position > 0 ? static_cast<std::uint64_t>(position) : 0;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    input.size_ = size - std::min(size, input.file_offset_);
    input.file_ = std::move(shared);
  }
  const Result<Done> examined = input.examine(keys);
  if (!examined) return examined.error();
  input.rereadable_ = input.pipe_ == nullptr;
  // Many files may be given: what has a name is opened again when its turn comes.
  if (!standard_input && S_ISREG(status.st_mode)) {
    input.path_ = path;
    input.file_.reset();
  }
  return input;
}

Result<Done> CaptureInput::examine(KeyLog& keys) {
  Result<std::unique_ptr<ByteSource>> file = Error{};
  if (pipe_ == nullptr) {
    file = open_source();
    if (!file) return file.error();
  }
  ByteSource& source = pipe_ != nullptr ? *pipe_ : **file;
  format_ = capture_format(source.peek(kMagicLength));
  if (format_ == CaptureFormat::none) return not_a_capture(name_, source);
  if (format_ != CaptureFormat::pcapng) return Done{};
  if (pipe_ != nullptr) return spool(keys);
  collect_secrets(source, keys);
  return Done{};
}

Result<Done> CaptureInput::spool(KeyLog& keys) {
  Result<FileDescriptor> file = temporary_file();
  if (!file) return file.error();
  std::vector<std::uint8_t> buffer(kScanWindow);
  for (bool last = false; !last;) {
    const std::size_t filled = pipe_->read(buffer);
    last = filled < buffer.size();
    if (!write_all(*file, Bytes(buffer).first(filled))) {
      return Error{name_ + ": cannot be copied to a temporary file: " + std::strerror(errno) +
                   "; set TMPDIR to a folder with room"};
    }
    size_ += filled;
  }
  copy_problem_ = pipe_->problem();
  pipe_.reset();
  file_ = std::make_shared<const FileDescriptor>(std::move(*file));
  collect_secrets(*make_file_source(file_, 0), keys);
  return Done{};
}

Result<std::unique_ptr<ByteSource>> CaptureInput::open_source() {
  std::shared_ptr<const FileDescriptor> file = file_;
  if (file == nullptr) {
    FileDescriptor opened(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened) return Error{name_ + ": cannot be opened again: " + std::strerror(errno)};
    file = std::make_shared<const FileDescriptor>(std::move(opened));
  }
  return decompressed(make_file_source(std::move(file), file_offset_));
}

Result<std::unique_ptr<CaptureReader>> CaptureInput::read(ChunkPool& pool) {
  std::unique_ptr<ByteSource> source = std::move(pipe_);
  if (source == nullptr) {
    Result<std::unique_ptr<ByteSource>> opened = open_source();
    if (!opened) return opened.error();
    source = std::move(*opened);
  }
  return std::make_unique<CaptureReader>(name_, format_, std::move(source), copy_problem_, pool);
}

}  // namespace mpsdscope

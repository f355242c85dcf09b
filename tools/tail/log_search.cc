#include "tools/tail/log_search.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>

#include <unistd.h>

#include "tools/record.h"

namespace mpsdscope {
namespace {

constexpr std::uint64_t kBlock = std::uint64_t{256} << 10;
constexpr std::uint64_t kDisorder = std::uint64_t{1} << 20;  // how far from its place a record lies
constexpr std::uint64_t kMostForATime = std::uint64_t{32} << 20;

// `size` bytes from `offset` on, fewer at the end of the file or when it cannot be read.
std::string read_at(int fd, std::uint64_t offset, std::uint64_t size) {
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count =
        pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

// The time of the first record that begins at `offset` or later, but before `limit`.
std::optional<CaptureTime> time_behind(int fd, std::uint64_t offset, std::uint64_t limit) {
  RecordReader reader;
  Record record;
  std::string text;
  bool aligned = offset == 0;
  const std::uint64_t end = std::min(limit, offset + kMostForATime);
  for (std::uint64_t at = offset; at < end; at += kBlock) {
    text += read_at(fd, at, kBlock);
    std::size_t begin = 0;
    for (std::size_t line_end = text.find('\n'); line_end != std::string::npos;
         line_end = text.find('\n', begin)) {
      const std::string_view line(text.data() + begin, line_end - begin);
      begin = line_end + 1;
      if (aligned && reader.read(line, record) && record.time) return record.time;
      aligned = true;
    }
    text.erase(0, begin);
    if (!aligned) text.clear();
  }
  return std::nullopt;
}

// The first beginning of a line from `offset` on; 0 if there is none before `size`.
std::uint64_t line_begin(int fd, std::uint64_t offset, std::uint64_t size) {
  if (offset == 0) return 0;
  for (std::uint64_t at = offset - 1; at < size; at += kBlock) {
    const std::string text = read_at(fd, at, kBlock);
    const std::size_t found = text.find('\n');
    if (found != std::string::npos && at + found < size) return at + found + 1;
    if (text.empty()) break;
  }
  return 0;
}

// Behind the last end of a line before `size`: what stands from there on is unfinished. Of an
// unfinished line that is longer than `longest` only that it is so.
std::uint64_t end_of_lines(int fd, std::uint64_t size, std::size_t longest) {
  std::uint64_t begin = size;
  while (begin > 0 && size - begin <= longest) {
    const std::uint64_t block = std::min(begin, kBlock);
    const std::string bytes = read_at(fd, begin - block, block);
    if (bytes.size() < block) return size;  // it was truncated meanwhile
    begin -= block;
    const std::size_t found = bytes.rfind('\n');
    if (found != std::string::npos) return begin + found + 1;
  }
  return begin;
}

}  // namespace

LastLines find_last_lines(int fd, std::uint64_t size, std::uint64_t count, std::uint64_t most,
                          std::size_t longest,
                          const std::function<bool(std::string_view)>& wanted) {
  LastLines last{end_of_lines(fd, size, longest), 0, false};
  std::string text;  // from `begin` on, what was not looked at yet; ends with the end of a line
  bool overlong = false;  // of the last line in `text` only the end is kept
  const std::uint64_t end = last.offset;
  std::uint64_t begin = end;
  while (begin > 0 && last.count < count) {
    if (end - begin >= most) return last.gave_up = true, last;
    const std::uint64_t block = std::min(begin, kBlock);
    const std::string bytes = read_at(fd, begin - block, block);
    if (bytes.size() < block) return last;  // it was truncated meanwhile
    begin -= block;
    if (text.empty()) {
      text.assign(bytes, 0, bytes.rfind('\n') + 1);
    } else {
      text.insert(0, bytes);
    }
    while (!text.empty() && last.count < count) {
      const std::size_t before = text.size() < 2 ? text.npos : text.rfind('\n', text.size() - 2);
      if (before == text.npos && begin > 0) break;  // its beginning lies further ahead
      const std::size_t at = before + 1;
      const std::string_view line(text.data() + at, text.size() - 1 - at);
      if (!overlong && !line.empty() && line.size() <= longest && wanted(line)) {
        ++last.count;
        last.offset = begin + at;
      }
      overlong = false;
      text.resize(at);
    }
    if (text.size() > longest + 1) {
      overlong = true;
      text = "\n";
    }
  }
  return last;
}

std::uint64_t find_time(int fd, std::uint64_t size, CaptureTime time) {
  std::uint64_t older = 0;
  std::uint64_t newer = size;
  while (newer - older > kBlock) {
    const std::uint64_t middle = older + (newer - older) / 2;
    const auto found = time_behind(fd, middle, newer);
    if (found && *found < time) {
      older = middle;
    } else {
      newer = middle;
    }
  }
  return line_begin(fd, older - std::min(older, kDisorder), size);
}

}  // namespace mpsdscope

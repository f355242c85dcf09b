#include "decode/http1_sync.h"

#include <algorithm>
#include <array>

#include <llhttp.h>

#include "decode/ascii.h"

namespace mpsdscope {
namespace {

#define MPSDSCOPE_METHOD(number, name, text) #text,
constexpr auto kMethods = std::to_array<std::string_view>({HTTP_METHOD_MAP(MPSDSCOPE_METHOD)});
#undef MPSDSCOPE_METHOD

constexpr std::string_view kVersion = "HTTP/1.";

// A start line longer than this is not looked for.
constexpr std::size_t kMaxLine = 16 * 1024;

std::string_view without_line_end(std::string_view line) {
  if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

bool is_prefix(std::string_view a, std::string_view b) {
  return a.substr(0, b.size()) == b.substr(0, a.size());
}

}  // namespace

bool is_request_line(std::string_view line) {
  line = without_line_end(line);
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return false;
  if (std::find(kMethods.begin(), kMethods.end(), line.substr(0, space)) == kMethods.end()) {
    return false;
  }
  line.remove_prefix(space + 1);
  const std::size_t last = line.rfind(' ');
  if (last == std::string_view::npos || last == 0) return false;
  const std::string_view target = line.substr(0, last);
  const std::string_view version = line.substr(last + 1);
  return version.size() == kVersion.size() + 1 && version.starts_with(kVersion) &&
         (version.back() == '0' || version.back() == '1') &&
         std::all_of(target.begin(), target.end(),
                     [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '\x7f'; });
}

bool is_status_line(std::string_view line) {
  line = without_line_end(line);
  if (!line.starts_with(kVersion) || line.size() < kVersion.size() + 5) return false;
  line.remove_prefix(kVersion.size());
  return (line[0] == '0' || line[0] == '1') && line[1] == ' ' && line[2] >= '1' && line[2] <= '9' &&
         is_digit(line[3]) && is_digit(line[4]) && (line.size() == 5 || line[5] == ' ');
}

void Http1Sync::start(bool within_chunk) {
  within_chunk_ = within_chunk;
  at_start_ = found_ = false;
  skipped_ += line_.size();
  line_.clear();
}

bool Http1Sync::may_begin(std::string_view text) const {
  if (text.empty()) return true;
  if (text.front() < 'A' || text.front() > 'Z') return false;
  if (direction_ == Direction::to_client) return is_prefix(text, kVersion);
  return std::any_of(kMethods.begin(), kMethods.end(), [&](std::string_view method) {
    return is_prefix(text, method) && (text.size() <= method.size() || text[method.size()] == ' ');
  });
}

bool Http1Sync::starts_message(std::string_view line) const {
  return direction_ == Direction::to_server ? is_request_line(line) : is_status_line(line);
}

std::size_t Http1Sync::feed(CaptureTime time, std::string_view bytes) {
  if (line_.empty() && !within_chunk_) at_start_ = true;
  within_chunk_ = false;
  std::size_t used = 0;
  while (used < bytes.size()) {
    const std::string_view rest = bytes.substr(used);
    const std::size_t newline = rest.find('\n');
    const bool ended = newline != std::string_view::npos;
    const std::string_view piece = ended ? rest.substr(0, newline + 1) : rest;
    used += piece.size();
    if (at_start_ && may_begin(piece)) line_time_ = time;
    if (line_.size() + piece.size() <= kMaxLine &&
        (at_start_ ? may_begin(piece) : !line_.empty())) {
      line_.append(piece);
      if (ended && starts_message(line_)) {
        found_ = true;
        return used;
      }
    } else {
      skipped_ += piece.size();
    }
    at_start_ = ended;
    if (ended || !may_begin(line_)) {
      skipped_ += line_.size();
      line_.clear();
    }
  }
  return used;
}

}  // namespace mpsdscope

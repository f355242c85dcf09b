// The log of a live run: JSON lines in files that rotate.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "decode/result.h"
#include "tools/filter/filter.h"
#include "tools/jsonl_messages.h"
#include "tools/live_output.h"

namespace mpsdscope {

struct LogFileOptions {
  std::string path;               // "-": standard output. Else strftime(3) conversions, in UTC, are
                                  // filled in whenever a file is opened
  std::uint64_t rotate_size = 0;  // bytes that a file may not exceed; 0: any number
  Duration rotate_time{};         // a new file at every multiple of it since 1970; 0: never
  BodyLog bodies{};
  Filter filter{};  // of the exchanges; everything by default
};

// Each file begins with its header record and is added to if it is there already. Of a rotation to
// the same name, the full file gets a number before its extension first (play.1.jsonl). What cannot
// be written is told on standard error and counted; the log goes on when it can be written again.
Result<std::unique_ptr<LiveOutput>> open_live_log(LogFileOptions options,
                                                  const std::vector<std::string>& inputs,
                                                  CaptureTime now);

// `pattern` with the conversions of strftime(3) filled in.
std::string log_file_name(const std::string& pattern, CaptureTime time);

}  // namespace mpsdscope

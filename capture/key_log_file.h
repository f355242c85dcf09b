// Key log files (SSLKEYLOGFILE): read once, or followed while they grow.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capture/file_descriptor.h"
#include "decode/bytes.h"
#include "decode/keylog.h"
#include "decode/result.h"

namespace mpsdscope {

struct KeyLogFile {
  std::size_t secrets = 0;            // added to the key log
  std::vector<std::string> warnings;  // a sentence each: lines that could not be read, no secrets
};

// Reads a file or pipe to its end into `keys`. An Error when it cannot be read.
Result<KeyLogFile> read_key_log(const std::string& path, KeyLog& keys);

// Picks up the lines that a running program appends. The file need not exist yet, and may be
// truncated or replaced by another of the same name; then it is read from its beginning.
class KeyLogFollower {
 public:
  explicit KeyLogFollower(std::string path) : path_(std::move(path)) {}

  // Adds the complete lines that came since the last call; returns the number of secrets in them.
  // Cheap when nothing came. Never waits.
  std::size_t poll(KeyLog& keys);
  // What keeps it from being read at the moment, a sentence; "" if nothing does, or if the file is
  // just not there yet.
  const std::string& problem() const { return problem_; }

 private:
  std::size_t read_on(KeyLog& keys);
  bool was_replaced() const;
  bool open();

  std::string path_;
  std::string problem_;
  FileDescriptor file_;
  std::uint64_t offset_ = 0;
  std::string partial_;  // the beginning of a line whose end has not come yet
};

}  // namespace mpsdscope

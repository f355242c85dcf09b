// Files with the traffic and the secrets of a live run, for other tools: --save and --keylog.
#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>

#include "decode/bytes.h"
#include "tools/live_file.h"

namespace mpsdscope {

// A pcapng file (capture/pcapng_writer.h). Thread-safe.
class SavedCapture {
 public:
  // Writes the head. `application`: the program that writes.
  SavedCapture(LiveFile file, std::string_view application);

  // Packet blocks of one connection, before them the secrets (lines of SSLKEYLOGFILE) that they
  // need.
  void write(std::string_view secrets, Bytes blocks, std::uint64_t packets);
  void close();
  std::uint64_t lost() const;  // packets

 private:
  mutable std::mutex mutex_;
  LiveFile file_;
};

// A key log (SSLKEYLOGFILE). Thread-safe.
class SecretsFile {
 public:
  explicit SecretsFile(LiveFile file) : file_(std::move(file)) {}

  void write(std::string_view line);  // without line end
  void close();
  std::uint64_t lost() const;  // lines

 private:
  mutable std::mutex mutex_;
  LiveFile file_;
};

}  // namespace mpsdscope

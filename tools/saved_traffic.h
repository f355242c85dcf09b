// Files with the traffic and the secrets of a live run, for other tools: --save and --keylog.
#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>
#include <utility>

#include "decode/bytes.h"
#include "tools/live_file.h"

namespace mpsdscope {

// A file that several workers write to. Thread-safe.
class SharedFile {
 public:
  void close();
  std::uint64_t lost() const;  // records

 protected:
  explicit SharedFile(LiveFile file) : file_(std::move(file)) {}
  ~SharedFile() = default;

  mutable std::mutex mutex_;
  LiveFile file_;
};

// A pcapng file (capture/pcapng_writer.h), whose records are packets.
class SavedCapture : public SharedFile {
 public:
  // Writes the head. `application`: the program that writes.
  SavedCapture(LiveFile file, std::string_view application);

  // Packet blocks of one connection, before them the secrets (lines of SSLKEYLOGFILE) that they
  // need.
  void write(std::string_view secrets, Bytes blocks, std::uint64_t packets);
};

// A key log (SSLKEYLOGFILE), whose records are lines.
class SecretsFile : public SharedFile {
 public:
  explicit SecretsFile(LiveFile file) : SharedFile(std::move(file)) {}

  void write(std::string_view line);  // without line end
};

}  // namespace mpsdscope

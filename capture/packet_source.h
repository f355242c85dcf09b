// Where packets come from: capture files or an interface. The pipeline pulls batches.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "decode/packet.h"

namespace mpsdscope {

// Packets and the memory that they point into. Movable; destroying it frees the memory.
struct PacketBatch {
  std::vector<Packet> packets;
  std::vector<std::shared_ptr<const std::vector<std::uint8_t>>> storage;
  // Live only: up to when nothing more can come, so that waiting ends without further packets.
  std::optional<CaptureTime> clock;
};

class PacketSource {
 public:
  enum class Status : std::uint8_t {
    batch,  // `batch` was filled with at least one packet
    idle,   // live only: nothing came for a while; call again
    end,    // no more packets
  };
  virtual ~PacketSource() = default;
  // Packet numbers count up from 1 over the whole source. Files: batch boundaries depend on the
  // input alone, so that everything decided at them is the same on every run.
  virtual Status next(PacketBatch& batch) = 0;

  // For the progress bar: bytes of input read so far and in all (as stored, that is, compressed);
  // total 0: unknown.
  virtual std::uint64_t bytes_read() const = 0;
  virtual std::uint64_t bytes_total() const = 0;
  // Names of the inputs by Packet::input, for a person. Empty: there is one.
  virtual std::vector<std::string> inputs() const { return {}; }
  // What went wrong so far without ending the input, a sentence each with file and offset
  // ("a.pcap: cut short in the middle of a packet at byte 81920; the 512 packets before it were
  // read"); for live capture also the kernel's drops.
  virtual std::vector<std::string> problems() const = 0;
};

}  // namespace mpsdscope

// Packets off an interface, with libpcap.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/chunk_pool.h"
#include "capture/file_descriptor.h"
#include "capture/packet_source.h"
#include "decode/result.h"

struct pcap;
struct pcap_pkthdr;

namespace mpsdscope {

struct InterfaceInfo {
  std::string name;
  std::string description;             // "" if the system has none
  std::vector<std::string> addresses;  // "192.0.2.1", "2001:db8::1"
  bool up = false;
  bool loopback = false;
};

// The interfaces that can be captured from, the likeliest first; an Error when the system does not
// tell. Without the privilege to capture the list may be empty.
Result<std::vector<InterfaceInfo>> list_interfaces();

class LiveCapture final : public PacketSource {
 public:
  static constexpr int kDefaultSnapLength = 262'144;

  // `filter` in the syntax of pcap-filter(7), "" for all packets. The Error says what to do: which
  // interfaces there are, which privilege is needed, what is wrong with the filter.
  static Result<std::unique_ptr<LiveCapture>> open(const std::string& interface,
                                                   int snap_length = kDefaultSnapLength,
                                                   const std::string& filter = "");
  ~LiveCapture() override;
  LiveCapture(const LiveCapture&) = delete;
  LiveCapture& operator=(const LiveCapture&) = delete;

  // Waits for packets for about a tenth of a second, then is idle. After stop(): what the kernel
  // already holds, then end.
  Status next(PacketBatch& batch) override;
  // Makes next() come to its end soon. For any thread and for signal handlers.
  void stop();

  // Bytes captured; the total is unknown.
  std::uint64_t bytes_read() const override { return bytes_; }
  std::uint64_t bytes_total() const override { return 0; }
  std::vector<std::string> problems() const override;
  // Packets that did not get here so far: as the system counts them, which may be 32 bits. On the
  // thread that calls next().
  struct Drops {
    std::uint64_t kernel = 0;     // not fetched in time
    std::uint64_t interface = 0;  // by the interface itself
  };
  Drops drops() const;

 private:
  LiveCapture(std::string interface, pcap* handle);
  Result<Done> activate(int snap_length);
  // Waits for packets or stop(); true: stopped.
  bool wait();
  Result<Done> set_filter(const std::string& filter);
  // libpcap's callback type; packets go into `filling_`.
  static void on_packet(unsigned char* self, const pcap_pkthdr* header, const unsigned char* bytes);
  void add(const pcap_pkthdr& header, const unsigned char* bytes);

  std::string interface_;
  pcap* handle_;
  LinkType link_ = LinkType::ethernet;
  std::int64_t nanoseconds_per_tick_ = 1000;
  ChunkPool pool_;
  PacketBatch* filling_ = nullptr;
  std::shared_ptr<Chunk> chunk_;
  std::size_t chunk_used_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t bytes_ = 0;
  FileDescriptor stop_event_;  // becomes readable, and stays so, when stop() was called
  bool drained_ = false;
  std::string failure_;
};

}  // namespace mpsdscope

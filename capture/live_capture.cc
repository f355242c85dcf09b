#include "capture/live_capture.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <utility>

#include <netinet/in.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "decode/address.h"
#include "decode/capture_file.h"

namespace mpsdscope {
namespace {

constexpr int kKernelBuffer = 64 << 20;
constexpr int kWaitMilliseconds = 100;
constexpr int kMaxBatchPackets = 8'192;
constexpr std::size_t kChunkSize = std::size_t{1} << 20;

std::string known_interfaces() {
  const Result<std::vector<InterfaceInfo>> interfaces = list_interfaces();
  std::string names;
  if (interfaces) {
    for (const InterfaceInfo& info : *interfaces) {
      names += (names.empty() ? "" : ", ") + info.name;
    }
  }
  return names.empty() ? "no interface can be captured from" : "there are: " + names;
}

// For a shell.
std::string own_path() {
  std::error_code error;
  const std::string path = std::filesystem::read_symlink("/proc/self/exe", error).string();
  return error ? "\"$(command -v mpsdscope)\"" : "'" + path + "'";
}

Error activation_error(const std::string& interface, pcap_t* handle, int status) {
  const std::string detail = ::pcap_geterr(handle);
  switch (status) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return {interface + ": no such interface; " + known_interfaces()};
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return {interface +
              ": capturing needs a privilege that this process does not have: run it as root, or "
              "give it to the program once with: sudo setcap cap_net_raw,cap_net_admin+eip " +
              own_path()};
    case PCAP_ERROR_IFACE_NOT_UP:
      return {interface + ": the interface is down; bring it up with: sudo ip link set " +
              interface + " up"};
    default:
      break;
  }
  return {interface + ": cannot capture: " + ::pcap_statustostr(status) +
          (detail.empty() ? "" : " (" + detail + ")")};
}

void add_address(const sockaddr* address, std::vector<std::string>& addresses) {
  if (address == nullptr) return;
  // The structures lie in the system's memory as bytes; copied out, not cast.
  if (address->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof in);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    addresses.push_back(IpAddress::from_bytes(bytes).to_string());
  } else if (address->sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, address, sizeof in);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    addresses.push_back(IpAddress::from_bytes(bytes).to_string());
  }
}

// Up to when everything that was on the wire has been fetched: packets carry the system's time and
// take a moment through the kernel.
CaptureTime quiet_until() {
  constexpr auto kThroughTheKernel = std::chrono::milliseconds(200);
  const auto now = std::chrono::system_clock::now() - kThroughTheKernel;
  return CaptureTime(std::chrono::duration_cast<Duration>(now.time_since_epoch()));
}

}  // namespace

Result<std::vector<InterfaceInfo>> list_interfaces() {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  pcap_if_t* first = nullptr;
  if (::pcap_findalldevs(&first, error.data()) != 0) {
    return Error{std::string("cannot list the interfaces: ") + error.data()};
  }
  const std::unique_ptr<pcap_if_t, decltype(&::pcap_freealldevs)> owner(first, &::pcap_freealldevs);
  std::vector<InterfaceInfo> interfaces;
  for (const pcap_if_t* device = first; device != nullptr; device = device->next) {
    InterfaceInfo info;
    info.name = device->name;
    info.description = device->description != nullptr ? device->description : "";
    info.up = (device->flags & PCAP_IF_UP) != 0;
    info.loopback = (device->flags & PCAP_IF_LOOPBACK) != 0;
    for (const pcap_addr_t* address = device->addresses; address != nullptr;
         address = address->next) {
      add_address(address->addr, info.addresses);
    }
    interfaces.push_back(std::move(info));
  }
  return interfaces;
}

LiveCapture::LiveCapture(std::string interface, pcap* handle)
    : interface_(std::move(interface)),
      handle_(handle),
      pool_(kChunkSize),
      stop_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

LiveCapture::~LiveCapture() {
  ::pcap_close(handle_);
}

Result<std::unique_ptr<LiveCapture>> LiveCapture::open(const std::string& interface,
                                                       int snap_length, const std::string& filter) {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  pcap_t* handle = ::pcap_create(interface.c_str(), error.data());
  if (handle == nullptr) return Error{interface + ": cannot capture: " + error.data()};
  std::unique_ptr<LiveCapture> capture(new LiveCapture(interface, handle));
  if (const Result<Done> done = capture->activate(snap_length); !done) return done.error();
  if (const Result<Done> done = capture->set_filter(filter); !done) return done.error();
  return capture;
}

Result<Done> LiveCapture::activate(int snap_length) {
  ::pcap_set_snaplen(handle_, snap_length);
  ::pcap_set_promisc(handle_, 1);
  ::pcap_set_timeout(handle_, kWaitMilliseconds);
  ::pcap_set_buffer_size(handle_, kKernelBuffer);
  ::pcap_set_tstamp_precision(handle_, PCAP_TSTAMP_PRECISION_NANO);
  const int status = ::pcap_activate(handle_);
  if (status < 0) return activation_error(interface_, handle_, status);
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  if (!stop_event_ || ::pcap_setnonblock(handle_, 1, error.data()) != 0) {
    return Error{interface_ + ": cannot capture without blocking: " + error.data()};
  }
  const bool nano = ::pcap_get_tstamp_precision(handle_) == PCAP_TSTAMP_PRECISION_NANO;
  nanoseconds_per_tick_ = nano ? 1 : 1000;
  link_ = link_type_of(static_cast<std::uint32_t>(::pcap_datalink(handle_)));
  return Done{};
}

Result<Done> LiveCapture::set_filter(const std::string& filter) {
  if (filter.empty()) return Done{};
  bpf_program program{};
  if (::pcap_compile(handle_, &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return Error{"the filter \"" + filter + "\" is not understood: " + ::pcap_geterr(handle_) +
                 "; its syntax is that of pcap-filter(7), for example: tcp port 443"};
  }
  const int status = ::pcap_setfilter(handle_, &program);
  ::pcap_freecode(&program);
  if (status != 0) {
    return Error{interface_ + ": the filter \"" + filter +
                 "\" cannot be used: " + ::pcap_geterr(handle_)};
  }
  return Done{};
}

PacketSource::Status LiveCapture::next(PacketBatch& batch) {
  batch.packets.clear();
  batch.storage.clear();
  batch.clock.reset();
  if (drained_ || !failure_.empty()) return Status::end;
  drained_ = wait();
  filling_ = &batch;
  const int status = ::pcap_dispatch(handle_, kMaxBatchPackets, &LiveCapture::on_packet,
                                     reinterpret_cast<unsigned char*>(this));
  filling_ = nullptr;
  chunk_.reset();
  if (status < 0) failure_ = interface_ + ": capturing ended: " + ::pcap_geterr(handle_);
  if (!batch.packets.empty()) return Status::batch;
  batch.clock = quiet_until();
  return drained_ || !failure_.empty() ? Status::end : Status::idle;
}

bool LiveCapture::wait() {
  // libpcap itself would wait without end on Linux when nothing comes.
  std::array<pollfd, 2> events{
      {{stop_event_.get(), POLLIN, 0}, {::pcap_get_selectable_fd(handle_), POLLIN, 0}}};
  ::poll(events.data(), events.size(), kWaitMilliseconds);
  return events[0].revents != 0;
}

void LiveCapture::stop() {
  constexpr std::uint64_t kOne = 1;
  // Cannot fail but when it was called 2^64 times before.
  static_cast<void>(::write(stop_event_.get(), &kOne, sizeof kOne) == sizeof kOne);
}

void LiveCapture::on_packet(unsigned char* self, const pcap_pkthdr* header,
                            const unsigned char* bytes) {
  reinterpret_cast<LiveCapture*>(self)->add(*header, bytes);
}

void LiveCapture::add(const pcap_pkthdr& header, const unsigned char* bytes) {
  const std::size_t length = header.caplen;
  // Packets point into the chunk, so a full one is never grown.
  if (!chunk_ || chunk_->size() - chunk_used_ < length) {
    chunk_ = pool_.take(length);
    chunk_used_ = 0;
    filling_->storage.push_back(chunk_);
  }
  std::uint8_t* const place = chunk_->data() + chunk_used_;
  if (length > 0) std::memcpy(place, bytes, length);
  chunk_used_ += length;
  bytes_ += length;
  Packet& packet = filling_->packets.emplace_back();
  const auto ticks = static_cast<std::int64_t>(header.ts.tv_usec);
  packet.time = bounded_time(static_cast<std::int64_t>(header.ts.tv_sec),
                             static_cast<std::uint64_t>(ticks * nanoseconds_per_tick_));
  packet.number = ++count_;
  packet.link = link_;
  packet.original_length = header.len;
  packet.bytes = Bytes(place, length);
}

LiveCapture::Drops LiveCapture::drops() const {
  pcap_stat counts{};
  if (::pcap_stats(handle_, &counts) != 0) return {};
  return {counts.ps_drop, counts.ps_ifdrop};
}

std::vector<std::string> LiveCapture::problems() const {
  std::vector<std::string> problems;
  if (!failure_.empty()) problems.push_back(failure_);
  const Drops drops = this->drops();
  if (drops.kernel > 0) {
    problems.push_back(interface_ + ": the kernel dropped " + std::to_string(drops.kernel) +
                       " packets because they were not fetched in time; a narrower filter helps");
  }
  if (drops.interface > 0) {
    problems.push_back(interface_ + ": the interface dropped " + std::to_string(drops.interface) +
                       " packets");
  }
  return problems;
}

}  // namespace mpsdscope

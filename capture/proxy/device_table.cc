#include "capture/proxy/device_table.h"

#include <algorithm>
#include <utility>

namespace mpsdscope {
namespace {

constexpr std::size_t kMaxDevices = 4096;
constexpr std::size_t kMaxHosts = 256;  // of one device, decrypted and pinned each

std::string key_of(const IpAddress& client) {
  return std::string(as_text(client.bytes()));
}

// Puts `host` first; the one seen longest ago goes when there are too many.
void move_to_front(std::vector<std::string>& hosts, const std::string& host) {
  if (!hosts.empty() && hosts.front() == host) return;
  auto found = std::find(hosts.begin(), hosts.end(), host);
  if (found == hosts.end()) {
    if (hosts.size() >= kMaxHosts) hosts.pop_back();
    found = hosts.insert(hosts.end(), host);
  }
  std::rotate(hosts.begin(), found, found + 1);
}

}  // namespace

DeviceTable::Device& DeviceTable::find(const IpAddress& client) {
  const std::string key = key_of(client);
  const auto found = by_address_.find(key);
  if (found != by_address_.end()) {
    devices_.splice(devices_.begin(), devices_, found->second);
    return devices_.front();
  }
  if (devices_.size() >= kMaxDevices) {
    by_address_.erase(devices_.back().key);
    devices_.pop_back();
  }
  devices_.push_front({key, {}, {}});
  devices_.front().state.client = client.to_string();
  by_address_[devices_.front().key] = devices_.begin();
  return devices_.front();
}

void DeviceTable::accepted(const IpAddress& client) {
  const std::lock_guard lock(mutex_);
  ++find(client).state.connections;
}

void DeviceTable::decrypted(const IpAddress& client, const std::string& host) {
  const std::lock_guard lock(mutex_);
  DeviceState& state = find(client).state;
  ++state.decrypted;
  if (state.refused > 0) state.decrypted_since = true;
  move_to_front(state.hosts, host);
}

void DeviceTable::tunnelled(const IpAddress& client) {
  const std::lock_guard lock(mutex_);
  ++find(client).state.tunnelled;
}

void DeviceTable::refused(const IpAddress& client, const std::string& host, std::string why) {
  const std::lock_guard lock(mutex_);
  Device& device = find(client);
  ++device.state.refused;
  device.state.refused_host = host;
  device.state.refused_why = std::move(why);
  device.state.decrypted_since = false;
  move_to_front(device.pinned, host);
}

bool DeviceTable::has_decrypted(const IpAddress& client, const std::string& host) const {
  const std::string key = key_of(client);
  const std::lock_guard lock(mutex_);
  const auto found = by_address_.find(key);
  if (found == by_address_.end()) return false;
  const auto& hosts = found->second->state.hosts;
  return std::find(hosts.begin(), hosts.end(), host) != hosts.end();
}

bool DeviceTable::is_pinned(const IpAddress& client, const std::string& host) const {
  const std::string key = key_of(client);
  const std::lock_guard lock(mutex_);
  const auto found = by_address_.find(key);
  if (found == by_address_.end()) return false;
  const auto& pinned = found->second->pinned;
  return std::find(pinned.begin(), pinned.end(), host) != pinned.end();
}

void DeviceTable::forget_pins(const IpAddress& client) {
  const std::lock_guard lock(mutex_);
  find(client).pinned.clear();
}

DeviceState DeviceTable::state(const IpAddress& client) const {
  const std::string key = key_of(client);
  const std::lock_guard lock(mutex_);
  const auto found = by_address_.find(key);
  if (found != by_address_.end()) return found->second->state;
  DeviceState unknown;
  unknown.client = client.to_string();
  return unknown;
}

}  // namespace mpsdscope

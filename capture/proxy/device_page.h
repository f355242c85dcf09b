// The page that a device's user opens: how to install the CA, the certificate to download, and
// whether the device's traffic arrives and is decrypted. Served at the proxy's own address and at
// http://mpsdscope/ through it. No outside resources, no scripts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "capture/proxy/certificate_authority.h"

namespace mpsdscope {

// The name by which the page is asked for through the proxy.
constexpr std::string_view kDevicePageHost = "mpsdscope";

// What the proxy knows of the client address that asks. Counts are since the start.
struct DeviceState {
  std::string client;              // address, "192.0.2.7"
  std::uint64_t connections = 0;   // accepted, also those that asked for this page
  std::uint64_t decrypted = 0;     // TLS connections whose handshake with the client succeeded
  std::uint64_t tunnelled = 0;     // passed on undecrypted: hosts that --intercept does not match
  std::uint64_t refused = 0;       // handshakes in which the client refused our certificate
  std::string refused_host;        // of the last one; "" if none
  std::string refused_why;         // "unknown ca (alert 48 from the client)"
  bool decrypted_since = false;    // a handshake succeeded after the last refusal
  std::vector<std::string> hosts;  // decrypted, newest first; the page shows the first 20
};

struct DeviceRequest {
  std::string_view method;
  std::string_view path;  // origin form; a query is ignored
  std::string listening;  // HOST:PORT by which this device reaches the proxy
};

class DevicePage {
 public:
  // `authority` outlives it. `intercept`: what is decrypted, to be shown.
  DevicePage(const CertificateAuthority& authority, std::vector<std::string> intercept)
      : authority_(authority), intercept_(std::move(intercept)) {}

  // A whole HTTP/1.1 response with "Connection: close". Thread-safe.
  std::string respond(const DeviceRequest& request, const DeviceState& state) const;

 private:
  std::string page(const DeviceRequest& request, const DeviceState& state) const;

  const CertificateAuthority& authority_;
  std::vector<std::string> intercept_;
};

}  // namespace mpsdscope

// A request of plain HTTP to the explicit proxy: what it asks for, and what of it is passed on.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "capture/proxy/http_body.h"
#include "capture/proxy/machine.h"
#include "capture/proxy/proxy_auth.h"
#include "capture/proxy/proxy_events.h"

namespace mpsdscope {

// Why a request is not served: the answer, and what the log says.
struct RequestRefusal {
  int status = 400;
  std::string sentence;
  ProxyEventKind kind = ProxyEventKind::client_error;
};

struct PlainRequest {
  std::string method;
  bool own_page = false;    // in origin form, or to a host that is the proxy itself
  std::string path;         // in origin form
  Destination destination;  // if it is not for the proxy itself
  std::string upstream;     // the head to pass on: without Proxy-Authorization and
                            // Proxy-Connection; to the host itself in origin form
  std::string content;      // the head as it came, without Proxy-Authorization
  BodyReader body;
  bool persistent = false;  // RFC 9112 §9.3
  bool upgrade = false;     // RFC 9110 §7.8
};

struct PlainRequestOptions {
  const ProxyAuth& auth;
  // Tells destinations that are the proxy itself; may be empty.
  const std::function<bool(const Destination&)>& is_self;
  // As in ForwarderOptions.
  const std::optional<std::string>& next_proxy;
};

// Reads a whole head. Anything that two recipients could read differently is refused.
std::optional<RequestRefusal> read_plain_request(std::string_view head,
                                                 const PlainRequestOptions& options,
                                                 PlainRequest& request);

}  // namespace mpsdscope

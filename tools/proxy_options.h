// The command line of `mpsdscope proxy`.
#pragma once

#include <string>
#include <vector>

#include "capture/proxy/proxy_options.h"
#include "capture/proxy/upstream_tls.h"
#include "tools/live_log.h"
#include "tools/shared_options.h"

namespace CLI {
class App;
}

namespace mpsdscope {

struct ProxyCommand : JudgingOptions {
  ProxyOptions proxy;                             // without `intercepts`
  std::vector<std::string> intercept;             // host patterns
  std::vector<std::string> configured_intercept;  // in place of those, if there are none
  UpstreamTlsOptions upstream;
  std::string ca_directory;  // "": the default one
  std::size_t max_certificates = 1'000;
  LogFileOptions log;  // path "": none
  bool screen = false;
  std::optional<Endpoint> metrics;
  std::string save;    // "": none
  std::string keylog;  // "": none
};

void add_proxy(CLI::App& app, ProxyCommand& command);
// What the environment and defaults add once the command line was read, and what does not go
// together: an Error is a sentence.
Result<Done> complete(ProxyCommand& command);

}  // namespace mpsdscope

// Everything that a run of the proxy writes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "capture/proxy/certificate_authority.h"
#include "decode/result.h"
#include "tools/live_output.h"
#include "tools/proxy_options.h"
#include "tools/saved_traffic.h"

namespace mpsdscope {

struct LiveFiles {
  std::vector<std::unique_ptr<LiveOutput>> outputs;  // the log, the screen
  std::unique_ptr<SavedCapture> capture;             // may be null
  std::unique_ptr<SecretsFile> secrets;              // may be null
};

// An Error when a file cannot be opened, or is one that the proxy reads.
Result<LiveFiles> open_live_files(const ProxyCommand& command,
                                  const CertificateAuthority& authority, CaptureTime now);

}  // namespace mpsdscope

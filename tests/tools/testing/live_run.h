// A live run without a proxy: the test plays the worker that tells the tap what passes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "capture/proxy/tap.h"
#include "tests/capture/temporary_folder.h"
#include "tools/live_log.h"
#include "tools/live_tap.h"

namespace mpsdscope::testing {

struct LiveRunOptions {
  bool all = true;
  bool save = true;
  unsigned workers = 1;
  Limits limits;
  std::string log = "play.jsonl";  // in the folder, or a path that begins with '/'
  std::string capture = "play.pcapng";
  LogFileOptions rotation;  // its path is not used
};

class LiveRun {
 public:
  explicit LiveRun(LiveRunOptions options = {});

  // An endpoint of 192.0.2.0/24, or of 2001:db8::/120.
  static Endpoint v4(std::uint8_t last, std::uint16_t port);
  static Endpoint v6(std::uint8_t last, std::uint16_t port);

  std::unique_ptr<ConnectionTap> connect(unsigned worker = 0);
  std::unique_ptr<ConnectionTap> connect(const Endpoint& client, const Endpoint& server,
                                         unsigned worker = 0, bool tls = false);
  // The next moment: every call of it is a millisecond later.
  CaptureTime tick() { return now += std::chrono::milliseconds(1); }

  // Ends the run: all connections must be gone.
  RunSummary finish();

  std::string path(const std::string& name) const {
    return name.front() == '/' ? name : folder.path(name);
  }
  std::string read(const std::string& name) const;
  // The exchange records of the log, without what only a live run or only a capture can know: the
  // number of the connection.
  std::vector<std::string> logged() const { return exchanges_in(read(options.log)); }
  // The same of what replay finds in the saved capture.
  std::vector<std::string> replayed(const std::string& keylog = "") const;

  static std::vector<std::string> exchanges_in(std::string_view log);

  LiveRunOptions options;
  TemporaryFolder folder;
  static constexpr CaptureTime kStart{std::chrono::seconds(1'800'000'000)};
  CaptureTime now = kStart;
  RuleSettings rules;
  std::unique_ptr<SavedCapture> capture;
  std::unique_ptr<SecretsFile> secrets;
  std::unique_ptr<Recorder> recorder;
  std::unique_ptr<LiveTap> tap;

 private:
  std::uint64_t connections_ = 0;
};

}  // namespace mpsdscope::testing

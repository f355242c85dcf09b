// What the program writes: each format is one implementation.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/proxy/proxy_server.h"
#include "decode/report.h"
#include "rules/call.h"
#include "rules/rates.h"
#include "rules/rta/rta.h"
#include "rules/stories/story.h"
#include "rules/title/conduct.h"

namespace mpsdscope {

// Of the sessions that were followed.
struct SessionCounts {
  std::uint64_t followed = 0;          // whose story is known at the end
  std::uint64_t told = 0;              // of these, those that were asked for
  std::uint64_t forgotten = 0;         // for want of room, or because they were idle for long
  std::uint64_t events_forgotten = 0;  // of all sessions
  std::uint64_t unresolved = 0;        // calls that do not tell which session they are of
};

// What a run did, for its end.
struct RunSummary {
  std::vector<std::string> inputs;    // file names, or interfaces
  std::vector<std::string> problems;  // PacketSource::problems()
  DecodeReport report;
  std::optional<CaptureTime> first_packet;
  std::optional<CaptureTime> last_packet;  // by SteppingClock: no wrong date lasts
  std::uint64_t calls = 0;                 // MPSD calls
  std::array<std::uint64_t, kRowCount> by_row{};
  std::array<std::uint64_t, kRuleCount> by_rule{};
  std::array<std::uint64_t, 4> by_severity{};  // violations, by Severity
  std::vector<TitleRates> rates;               // as of the last packet
  ConductCounts conducts{};                    // how each wait that was asked for ended
  std::uint64_t forgotten = 0;   // handles and users forgotten at the limits of memory
  std::uint64_t overflowed = 0;  // calls counted with other titles or users: no room for their own
  RtaCounts notifications;
  std::optional<SessionCounts> sessions;  // of --sessions
  std::size_t secrets = 0;                // TLS secrets that were given
  std::optional<ProxyCounters> proxy;     // of a run of the proxy; then there are no packets
};

// Receives the run in order on one thread. Everything from traffic is escaped here and secrets are
// redacted here: no implementation may print a raw byte of the capture.
class Output {
 public:
  virtual ~Output() = default;
  virtual void begin() = 0;
  // An MPSD call, or (call.mpsd false, only with --all) another exchange.
  virtual void call(const Call& call) = 0;
  // After the call that ended it, or, of those that are open, before the end.
  virtual void conduct(const Conduct& conduct) = 0;
  // Of the service's websocket: what a client was told.
  virtual void notification(const Notification& notification) = 0;
  // Live and at intervals of capture time.
  virtual void rates(CaptureTime at, const std::vector<TitleRates>& rates) = 0;
  // At the end of a run that was asked for sessions: one of them.
  virtual void session(const Story& story) = 0;
  virtual void end(const RunSummary& summary) = 0;
  // False when the output could not be written (disk full, closed pipe); `why` for a person.
  virtual bool ok(std::string& why) const = 0;
};

}  // namespace mpsdscope

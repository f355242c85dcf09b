// One record of the log, as lists, filters and screens need it: made from a call, or from a line of
// the log. Both give the same record of the same exchange.
//
// Texts are redacted and valid UTF-8, but not escaped: whoever shows one escapes it
// (tools/escape.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "capture/proxy/proxy_events.h"
#include "decode/time.h"
#include "rules/rates.h"
#include "rules/rta/notification.h"
#include "rules/title/conduct.h"
#include "rules/violation.h"
#include "tools/call_text.h"

namespace mpsdscope {

struct Story;

enum class RecordKind : std::uint8_t {
  header,
  exchange,
  conduct,
  notification,
  rates,
  event,
  summary,
  other
};
// As the log's "type"; "" for other.
std::string_view name_of(RecordKind kind);

struct Finding {
  std::string rule;
  Severity severity = Severity::info;
  std::string message, advice;
  std::vector<ExchangeRef> exchanges;  // that it rests on; times in whole microseconds
};

// What a title did after it was told to wait.
struct RecordConduct {
  std::string end;  // "honoured", "ignored", "open"
  ExchangeRef answer;
  Duration after{};
  std::optional<bool> automatic;
};

// How much of a limit was used: of a title, the most that any one of its users used.
struct RecordLimit {
  struct Window {
    std::uint64_t period_s = 0;
    std::uint64_t limit = 0;  // 0: none
    std::uint64_t calls = 0;  // within the last period
    std::uint64_t peak = 0;   // within any period
    bool at_least = false;    // the peak: more than are kept one by one
  };
  std::string name;
  Window burst, sustained;
};

// What a rates record says of a title, or of one of its users.
struct RecordRates {
  std::string user;    // XUID, "hash:<user hash>", "" unknown; of a title always ""
  bool other = false;  // of a title: all titles beyond the limit of titles
  bool exact = true;
  std::uint64_t requests = 0;
  std::uint64_t responses = 0;
  std::uint64_t throttled = 0;
  WindowRate burst;      // last 15 s
  WindowRate sustained;  // last 300 s
  std::vector<RecordLimit> limits;
};

// Head and body of a message, as far as the log holds them: without secrets.
struct MessageText {
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool cut = false;  // there was more of the body
};

// Texts are "" and numbers 0 where a record does not have them. Fields as in tools/LOG.md.
struct Record {
  RecordKind kind = RecordKind::other;
  std::string type;  // as the log writes it, also one that is newer than this program
  std::optional<CaptureTime> time;  // whole microseconds

  // exchange
  std::string host, method, uri;
  bool host_guessed = false;  // it is that of another request of the connection
  int status = 0;             // 0: no response
  std::string row, variant;   // a session call's: row "" without a response
  std::string target;         // "" : not a session call
  std::string scid, template_name, session, element, handle;
  std::optional<std::uint32_t> title_id;  // of rates too
  std::string title_name;                 // as configured where the log was written, or here
  std::string user_id, user_hash;
  std::optional<std::int64_t> retry_after_s;
  std::string etag, correlation_id;
  std::optional<ThrottleLimit> limit;
  std::optional<Duration> elapsed;  // whole microseconds
  std::string client, server;       // endpoints; `client` of events too
  std::uint64_t conn = 0;
  std::uint64_t stream = 0;
  std::string malformed;
  std::vector<std::string> defects;
  std::vector<Finding> findings;  // the log's "violations"
  // Only of a line of the log, and as set_messages() (tools/jsonl_messages.h) sets them.
  MessageText request, response;

  // conduct, with `status`, `method`, `target`, `title_id`, `user_id` and `retry_after_s` of the
  // answer that asked to wait
  RecordConduct conduct;

  // notification, with `title_id`, `uri`, `session` and what tells a session: what of it ("tap")
  // stands in `event`.
  std::optional<std::int64_t> change_number;

  // event: what happened, and how bad that is. `message` of a header: its inputs.
  std::string event, message;
  Severity event_severity = Severity::off;

  // rates: of the title, then of its users
  std::vector<RecordRates> rates;

  // session (of kind other): may be null
  std::shared_ptr<const Story> story;

  // summary
  std::uint64_t calls = 0;
  std::uint64_t exchanges = 0;
  std::array<std::uint64_t, 4> by_severity{};

  bool mpsd() const { return !target.empty(); }
  // A user as rates name one: XUID, or "hash:<user hash>".
  void set_user(std::string_view user);
  // The worst of its findings, or of the event; off: nothing is wrong.
  Severity severity() const;
};

// Of an event, as findings have one.
Severity severity_of_event(ProxyEventKind kind);

void record_of(Record& record, const Call& call);
void record_of(Record& record, const Conduct& conduct);
void record_of(Record& record, const Notification& told);
void record_of(Record& record, CaptureTime at, const TitleRates& title);
void record_of(Record& record, CaptureTime at, const ProxyEvent& event);

// Reads lines of a log. Not thread-safe.
class RecordReader {
 public:
  RecordReader();
  RecordReader(RecordReader&& other) noexcept;
  ~RecordReader();

  // False for a line that is no record: not a JSON object (RFC 8259) with a "type". Fields that are
  // not known, or hold another type of value than the log's, are passed over.
  bool read(std::string_view line, Record& record);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace mpsdscope

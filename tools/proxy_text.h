// What the proxy counted and told, in the log's JSON and in words.
#pragma once

#include <string>

#include "capture/proxy/proxy_server.h"
#include "decode/time.h"
#include "tools/json_writer.h"

namespace mpsdscope {

// "12 client connections (9 decrypted, 1 plain, 2 passed on unread), 12 KiB to the service, …"
std::string proxy_text(const ProxyCounters& counters);

// The summary record's "proxy".
void write_proxy(JsonWriter& json, const ProxyCounters& counters);

// A whole record of the log, with its line end. Host and message are redacted and escaped.
void append_event_record(std::string& out, CaptureTime time, const ProxyEvent& event);

}  // namespace mpsdscope

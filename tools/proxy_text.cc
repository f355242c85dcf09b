#include "tools/proxy_text.h"

#include "tools/call_text.h"
#include "tools/pretty_text.h"
#include "tools/progress.h"
#include "tools/redact.h"

namespace mpsdscope {

std::string proxy_text(const ProxyCounters& counters) {
  return counted(counters.accepted, "client connection") + " (" + thousands(counters.intercepted) +
         " decrypted, " + thousands(counters.plain) + " plain, " + thousands(counters.tunnelled) +
         " passed on unread), " + size_text(counters.to_server_bytes) + " to the service, " +
         size_text(counters.to_client_bytes) + " back";
}

void write_proxy(JsonWriter& json, const ProxyCounters& counters) {
  json.begin_object("proxy");
  json.number("connections", counters.accepted);
  json.number("decrypted", counters.intercepted);
  json.number("plain", counters.plain);
  json.number("tunnelled", counters.tunnelled);
  json.number("to_server_bytes", counters.to_server_bytes);
  json.number("to_client_bytes", counters.to_client_bytes);
  if (counters.cut_by_drain > 0) json.number("cut_by_drain", counters.cut_by_drain);
  json.begin_object("events");
  for (std::size_t i = 0; i < kProxyEventKinds; ++i) {
    if (counters.events[i] > 0) {
      json.number(name_of(static_cast<ProxyEventKind>(i)), counters.events[i]);
    }
  }
  json.end_object();
  json.end_object();
}

void append_event_record(std::string& out, CaptureTime time, const ProxyEvent& event) {
  JsonWriter json(out);
  json.begin_object();
  json.word("type", "event");
  json.word("ts", format_rfc3339(time));
  json.word("event", name_of(event.kind));
  if (event.conn > 0) json.number("conn", event.conn);
  if (event.conn > 0) json.word("client", event.client.to_string());
  if (!event.host.empty()) json.text("host", redacted_host(event.host));
  json.text("message", redacted_text(event.message));
  json.end_object();
  json.line_end();
}

}  // namespace mpsdscope

#include "capture/proxy/plain_request.h"

#include "capture/proxy/greeting.h"
#include "capture/proxy/http_head.h"
#include "capture/proxy/http_target.h"
#include "decode/ascii.h"

namespace mpsdscope {
namespace {

// RFC 9112 §3.2: one Host in HTTP/1.1, and (§3.2.2) the target's; a recipient that believes the
// other one would be another host's.
std::optional<RequestRefusal> check_host(const HttpHead& head, unsigned minor,
                                         const Destination& destination) {
  const std::size_t hosts = head.count("Host");
  if (hosts == 0 && minor == 0) return std::nullopt;
  if (hosts != 1)
    return RequestRefusal{400, "the request has no Host field, or several (RFC 9112 §3.2)"};
  const Result<Destination> host = parse_authority(head.field("Host"), 80);
  if (host && host->port == destination.port &&
      equals_ignoring_case(host->host, destination.host)) {
    return std::nullopt;
  }
  return RequestRefusal{
      400,
      "the Host field and the host in the request's first line differ (RFC 9112 §3.2.2): "
      "which one is meant is not guessed"};
}

// The head as it came, but with another first line, without some fields, and with lines behind it.
template <class Leaves>
std::string rewrite(const HttpHead& head, std::string_view start_line, Leaves leaves,
                    std::string_view more = "") {
  std::string text(start_line);
  text += "\r\n";
  for (const HeadField& field : head.fields) {
    if (!leaves(field.name)) text += field.line;
  }
  text += more;
  text += "\r\n";
  return text;
}

}  // namespace

std::optional<RequestRefusal> read_plain_request(std::string_view head_text,
                                                 const PlainRequestOptions& options,
                                                 PlainRequest& request) {
  const Result<HttpHead> head = parse_head(head_text);
  if (!head) return RequestRefusal{400, head.error().message};
  const Result<RequestLine> line = parse_request_line(head.value().start_line);
  if (!line) return RequestRefusal{400, line.error().message};
  Result<BodyReader> body = BodyReader::of_request(head.value(), line.value().minor);
  if (!body)
    return RequestRefusal{400, "the length of the request is ambiguous: " + body.error().message};
  request.body = *body;
  const RequestLine& asked = line.value();
  const HttpHead& fields = head.value();
  request.method = asked.method;
  request.persistent = !fields.lists("Connection", "close") &&
                       (asked.minor > 0 || fields.lists("Connection", "keep-alive"));
  request.upgrade = fields.count("Upgrade") > 0 && fields.lists("Connection", "upgrade");
  if (asked.method == "CONNECT") {
    return RequestRefusal{
        400,
        "CONNECT must be the first request of a connection to the proxy: open another "
        "connection for it"};
  }
  request.path = asked.target;
  request.own_page = asked.target.front() == '/';
  if (request.own_page) return std::nullopt;

  Result<AbsoluteTarget> target = parse_absolute_target(asked.target);
  if (!target) return RequestRefusal{400, target.error().message};
  request.path = target->path_and_query;
  if (request.path.empty() && asked.method == "OPTIONS") {
    request.path = "*";  // RFC 9112 §3.2.4
  } else if (request.path.empty() || request.path.front() == '?') {
    request.path.insert(0, 1, '/');
  }
  request.destination = std::move(target->destination);
  request.own_page =
      is_own_page(request.destination) || (options.is_self && options.is_self(request.destination));
  if (request.own_page) return std::nullopt;

  if (const auto problem = auth_problem(fields, options.auth)) {
    return RequestRefusal{407, std::string(*problem), ProxyEventKind::unauthorized};
  }
  if (auto refusal = check_host(fields, asked.minor, request.destination)) return refusal;
  const auto is_authorization = [](std::string_view name) {
    return equals_ignoring_case(name, "Proxy-Authorization");
  };
  request.content = rewrite(fields, fields.start_line, is_authorization);
  const auto is_for_us = [&](std::string_view name) {
    return is_authorization(name) || equals_ignoring_case(name, "Proxy-Connection");
  };
  if (options.next_proxy) {  // RFC 9112 §3.2.2
    request.upstream = rewrite(fields, fields.start_line, is_for_us, *options.next_proxy);
  } else {
    const char* const version = asked.minor > 0 ? " HTTP/1.1" : " HTTP/1.0";
    request.upstream = rewrite(fields, request.method + " " + request.path + version, is_for_us);
  }
  return std::nullopt;
}

}  // namespace mpsdscope

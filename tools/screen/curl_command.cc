#include "tools/screen/curl_command.h"

#include <string_view>

#include <fmt/format.h>

#include "decode/ascii.h"
#include "tools/utf8.h"

namespace mpsdscope {
namespace {

bool needs_escapes(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint code = code_point_at(text, at);
    if (!code.valid || (is_invisible_control(code.value) && code.value != '\n')) return true;
    at += code.length;
  }
  return false;
}

// $'…' of bash, ksh and zsh: every byte that is not a visible character is written out.
std::string with_escapes(std::string_view text) {
  std::string quoted = "$'";
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint code = code_point_at(text, at);
    const std::string_view bytes = text.substr(at, code.length);
    at += code.length;
    if (code.valid && !is_invisible_control(code.value)) {
      if (code.value == '\'' || code.value == '\\') quoted += '\\';
      quoted.append(bytes);
      continue;
    }
    for (const char byte : bytes) {
      quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    }
  }
  return quoted + '\'';
}

std::string quoted(std::string_view text) {
  if (needs_escapes(text)) return with_escapes(text);
  std::string safe = "'";
  for (const char c : text) c == '\'' ? safe.append("'\\''") : safe.append(1, c);
  return safe + '\'';
}

// '@' before a name would have curl read a file.
bool is_of_curl(std::string_view name) {
  return name.substr(0, 1) == ":" || name.substr(0, 1) == "@" ||
         equals_ignoring_case(name, "host") || equals_ignoring_case(name, "content-length") ||
         equals_ignoring_case(name, "transfer-encoding") ||
         equals_ignoring_case(name, "content-encoding");  // the log holds what was encoded
}

bool has_scheme(std::string_view uri) {
  return begins_ignoring_case(uri, "https://") || begins_ignoring_case(uri, "http://");
}

// To wait for no body, as -X alone does; with data curl does not take -I.
bool asks_for_head(const Record& record) {
  return record.method == "HEAD" && record.request.body.empty();
}

}  // namespace

std::string curl_command(const Record& record) {
  if (record.kind != RecordKind::exchange || record.method.empty()) return {};
  std::string command = asks_for_head(record) ? "curl -I" : "curl -X " + quoted(record.method);
  for (const auto& [name, value] : record.request.headers) {
    // curl says these itself; HTTP/2's pseudo-fields are none of a request's head.
    if (is_of_curl(name)) continue;
    command += " -H " + quoted(value.empty() ? name + ';' : name + ": " + value);
  }
  if (!record.request.body.empty()) command += " --data-raw " + quoted(record.request.body);
  const std::string uri =
      has_scheme(record.uri) ? record.uri : "https://" + record.host + record.uri;
  // Without -g brackets and braces are patterns.
  command += " -g --url " + quoted(uri);
  if (record.request.cut) command += "  # the body is not complete: the log holds no more of it";
  return command;
}

}  // namespace mpsdscope

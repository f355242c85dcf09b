#include "capture/proxy/proxy_answer.h"

namespace mpsdscope {
namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 405:
      return "Method Not Allowed";
    case 407:
      return "Proxy Authentication Required";
    case 408:
      return "Request Timeout";
    case 431:
      return "Request Header Fields Too Large";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Error";
  }
}

}  // namespace

std::string proxy_answer(int status, std::string_view sentence, bool with_body) {
  std::string body = "mpsdscope: ";
  body += sentence;
  body += '\n';
  std::string answer = "HTTP/1.1 " + std::to_string(status) + " ";
  answer += reason_of(status);
  answer += "\r\n";
  if (status == 407) {
    answer += "Proxy-Authenticate: Basic realm=\"mpsdscope\", charset=\"UTF-8\"\r\n";
  }
  answer +=
      "Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"
      "Cache-Control: no-store\r\nConnection: close\r\nContent-Length: ";
  answer += std::to_string(body.size()) + "\r\n\r\n";
  if (with_body) answer += body;
  return answer;
}

int status_of(ConnectFailure failure) {
  switch (failure) {
    case ConnectFailure::not_allowed:
      return 403;
    case ConnectFailure::timed_out:
      return 504;
    case ConnectFailure::overloaded:
      return 503;
    case ConnectFailure::no_such_host:
    case ConnectFailure::refused:
    case ConnectFailure::unreachable:
    case ConnectFailure::untrusted:
      break;
  }
  return 502;
}

}  // namespace mpsdscope

#include "capture/proxy/device_page.h"

#include <algorithm>
#include <array>
#include <utility>

#include <openssl/evp.h>

#include "capture/proxy/device_page_html.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kHostsShown = 20;

// Nothing that a client chose is markup: not even bytes that no browser should see.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c >= ' ' && c <= '~' ? c : '?';
    }
  }
  return out;
}

using Values = std::vector<std::pair<std::string_view, std::string>>;

// Puts values in for {{name}}, in one pass: what was put in is not looked at again.
std::string filled(std::string_view text, const Values& values) {
  std::string out;
  for (std::size_t open = 0; (open = text.find("{{")) != std::string_view::npos;) {
    const std::size_t close = text.find("}}", open);
    const std::string_view name = text.substr(open + 2, close - open - 2);
    const auto value = std::ranges::find(values, name, &Values::value_type::first);
    out += text.substr(0, open);
    if (value != values.end()) out += value->second;
    text.remove_prefix(close + 2);
  }
  return out += text;
}

struct Headline {
  std::string_view colour;
  std::string_view words;
  std::string advice;  // markup
};

Headline headline_of(const DeviceState& state) {
  if (!state.refused_host.empty() && !state.decrypted_since) {
    return {"bad", "This device does not trust the certificate",
            "Its traffic arrives, but it refused the certificate for <code>" +
                escaped(state.refused_host) + "</code>: " + escaped(state.refused_why) +
                ". Install the certificate (step 1), then start the game again. If it is "
                "installed, that program only accepts certificates that it knows (pinning)."};
  }
  if (state.decrypted > 0) {
    return {"good", "Traffic arrives and is decrypted",
            "This device is ready. What it does is in the log of the proxy."};
  }
  if (state.tunnelled > 0) {
    return {"warn", "Traffic arrives, nothing of it was decrypted yet",
            "Only the hosts at the end of this page are decrypted: start the game and let it call "
            "the service."};
  }
  return {"", "Nothing has arrived from this device yet",
          "Install the certificate, send the traffic through the proxy, then check again."};
}

std::string host_list(const std::vector<std::string>& hosts) {
  if (hosts.empty()) return "";
  std::string list = "<dt>Hosts</dt><dd>";
  const std::size_t shown = std::min(hosts.size(), kHostsShown);
  for (std::size_t i = 0; i < shown; ++i) list += (i > 0 ? "<br>" : "") + escaped(hosts[i]);
  if (shown < hosts.size()) list += "<br>and " + std::to_string(hosts.size() - shown) + " more";
  return list + "</dd>";
}

std::string_view common_name_in(std::string_view subject) {
  const std::size_t at = subject.find("CN=");
  if (at == std::string_view::npos) return subject;
  subject.remove_prefix(at + 3);
  return subject.substr(0, subject.find(','));
}

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address.starts_with("[::1]");
}

// The policy names the one style sheet by its digest, so that no other and no script is taken.
const std::string& security_policy() {
  static const std::string policy = [] {
    std::array<unsigned char, 32> digest{};
    std::array<unsigned char, 48> text{};
    EVP_Digest(kDevicePageStyle.data(), kDevicePageStyle.size(), digest.data(), nullptr,
               EVP_sha256(), nullptr);
    const int size = EVP_EncodeBlock(text.data(), digest.data(), digest.size());
    return "default-src 'none'; style-src 'sha256-" +
           std::string(reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(size)) +
           "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  }();
  return policy;
}

struct Answer {
  std::string_view status = "200 OK";
  std::string_view type = "text/html; charset=utf-8";
  std::string body{};
  std::string_view file{};  // to be saved under this name
};

std::string response(const Answer& answer, bool with_body) {
  std::string text = "HTTP/1.1 " + std::string(answer.status) +
                     "\r\nContent-Type: " + std::string(answer.type) +
                     "\r\nContent-Length: " + std::to_string(answer.body.size()) +
                     "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff"
                     "\r\nReferrer-Policy: no-referrer\r\nContent-Security-Policy: " +
                     security_policy() + "\r\nConnection: close\r\n";
  if (answer.status.starts_with("405")) text += "Allow: GET, HEAD\r\n";
  if (!answer.file.empty()) {
    text += "Content-Disposition: attachment; filename=\"" + std::string(answer.file) + "\"\r\n";
  }
  text += "\r\n";
  return with_body ? text + answer.body : text;
}

struct Download {
  std::string_view file;
  CertificateFormat format;
  std::string_view type;
};
// Phones offer to install what has the first type; it is what mitmproxy and others send too.
constexpr std::array<Download, 4> kDownloads{
    {{CaFiles::kPem, CertificateFormat::pem, "application/x-x509-ca-cert"},
     {CaFiles::kDer, CertificateFormat::der, "application/x-x509-ca-cert"},
     {CaFiles::kPkcs12, CertificateFormat::pkcs12, "application/x-pkcs12"},
     {CaFiles::kDevelopmentKit, CertificateFormat::der, "application/x-x509-ca-cert"}}};

}  // namespace

std::string DevicePage::page(const DeviceRequest& request, const DeviceState& state) const {
  const Headline headline = headline_of(state);
  std::string advice = headline.advice;
  if (is_loopback(request.listening)) {
    advice +=
        " This address is reached from this machine only: for other devices start the proxy with "
        "<code>--listen</code> and an address of the network.";
  }
  std::string intercept;
  for (const std::string& pattern : intercept_) {
    intercept += (intercept.empty() ? "<code>" : ", <code>") + escaped(pattern) + "</code>";
  }
  const std::string subject = authority_.subject();
  const Values values{
      {"title", escaped(headline.words)},
      {"style", std::string(kDevicePageStyle)},
      {"address", escaped(request.listening)},
      {"class", std::string(headline.colour)},
      {"headline", escaped(headline.words)},
      {"advice", std::move(advice)},
      {"client", escaped(state.client)},
      {"connections", std::to_string(state.connections)},
      {"decrypted", std::to_string(state.decrypted)},
      {"tunnelled", std::to_string(state.tunnelled)},
      {"refused", std::to_string(state.refused)},
      {"hosts", host_list(state.hosts)},
      {"subject", escaped(subject)},
      {"common_name", escaped(common_name_in(subject))},
      {"fingerprint", escaped(authority_.fingerprint())},
      {"until", escaped(format_rfc3339(authority_.not_after()).substr(0, 10))},
      {"intercept", intercept},
  };
  std::string text;
  for (const std::string_view part :
       {kDevicePageHead, kDevicePageState, kDevicePageCertificate, kDevicePageSteps}) {
    text += filled(part, values);
  }
  return text;
}

std::string DevicePage::respond(const DeviceRequest& request, const DeviceState& state) const {
  constexpr std::string_view kPlain = "text/plain; charset=utf-8";
  const bool head = request.method == "HEAD";
  if (!head && request.method != "GET") {
    return response(
        {"405 Method Not Allowed", kPlain, "This page is only read: GET or HEAD.\n", {}}, true);
  }
  const std::string_view path = request.path.substr(0, request.path.find_first_of("?#"));
  if (path == "/") return response({.body = page(request, state)}, !head);
  if (path == "/ProxyAddress.txt") {
    return response({"200 OK", kPlain, request.listening, "ProxyAddress.txt"}, !head);
  }
  for (const Download& download : kDownloads) {
    if (path.size() == download.file.size() + 1 && path.substr(1) == download.file) {
      return response(
          {"200 OK", download.type, authority_.exported(download.format), download.file}, !head);
    }
  }
  return response(
      {"404 Not Found", kPlain, "There is no such page here: / has the certificates.\n", {}},
      !head);
}

}  // namespace mpsdscope

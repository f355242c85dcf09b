#include "capture/proxy/certificate_names.h"

#include <algorithm>
#include <array>
#include <memory>

#include <arpa/inet.h>
#include <openssl/x509v3.h>

namespace mpsdscope {
namespace {

constexpr std::size_t kMaxName = 253;  // RFC 1035 §2.3.4, as text
constexpr std::size_t kMaxLabel = 63;

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel && std::ranges::all_of(label, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

// Labels separated by single dots; the last one has a letter, else it would be an address in a
// spelling that is not understood everywhere in the same way.
bool is_dns_name(std::string_view name) {
  if (name.size() > kMaxName) return false;
  for (;;) {
    const std::size_t dot = name.find('.');
    if (!is_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) break;
    name.remove_prefix(dot + 1);
  }
  return name.find_first_not_of("0123456789") != std::string_view::npos;
}

std::string address_text(std::string_view bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
  return ::inet_ntop(family, bytes.data(), text.data(), text.size()) != nullptr ? text.data() : "";
}

std::string name_of(const GENERAL_NAME& name) {
  const auto view = [](const ASN1_STRING* text) {
    return std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                            static_cast<std::size_t>(ASN1_STRING_length(text)));
  };
  if (name.type == GEN_DNS) return normalize_host(view(name.d.dNSName), Wildcards::allowed);
  if (name.type != GEN_IPADD) return "";
  const std::string_view bytes = view(name.d.iPAddress);
  return bytes.size() == 4 || bytes.size() == 16 ? address_text(bytes) : "";
}

}  // namespace

std::string address_bytes(std::string_view host) {
  const std::string text(host);  // inet_pton needs its end marked
  if (text.find('\0') != std::string::npos) return "";
  std::string bytes(16, '\0');
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
  bytes.resize(4);
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return bytes;
  return "";
}

std::string normalize_host(std::string_view host, Wildcards wildcards) {
  if (const std::string bytes = address_bytes(host); !bytes.empty()) return address_text(bytes);
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string name(host);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  std::string_view rest = name;
  if (wildcards == Wildcards::allowed && rest.starts_with("*.")) {
    rest.remove_prefix(2);
    if (rest.find('.') == std::string_view::npos) return "";
  }
  return is_dns_name(rest) && name.size() <= kMaxName ? name : "";
}

bool name_covers(std::string_view name, std::string_view host) {
  if (name == host) return !name.starts_with('*');
  if (!name.starts_with("*.") || !address_bytes(host).empty()) return false;
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && dot > 0 && host.substr(dot) == name.substr(1);
}

std::vector<std::string> names_of(const X509* certificate, std::size_t most) {
  std::vector<std::string> found;
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()) && found.size() < most; ++i) {
    std::string name = name_of(*sk_GENERAL_NAME_value(names.get(), i));
    if (!name.empty() && std::ranges::find(found, name) == found.end()) {
      found.push_back(std::move(name));
    }
  }
  return found;
}

}  // namespace mpsdscope

// The names that certificates are about: DNS names, perhaps with a wildcard, and addresses.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/types.h>

namespace mpsdscope {

enum class Wildcards : bool { refused, allowed };

// A name or address literal as certificates are compared: lower case, without the dot of the root;
// addresses in their shortest spelling, IPv6 without brackets. "" for what is neither (an empty
// label, a space, "127.1"). A wildcard is allowed as the whole leftmost label of at least three.
std::string normalize_host(std::string_view host, Wildcards wildcards = Wildcards::refused);

// 4 or 16 bytes for an address literal, else empty.
std::string address_bytes(std::string_view host);

// Does `name`, perhaps with a wildcard, cover `host` (RFC 6125 §6.4.3)? Both normalized.
bool name_covers(std::string_view name, std::string_view host);

// The first `most` DNS names and addresses of a certificate's subjectAltName, normalized, in order,
// without doubles and without what normalize_host refuses.
std::vector<std::string> names_of(const X509* certificate, std::size_t most);

}  // namespace mpsdscope

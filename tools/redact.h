// Secrets taken out of what is printed: tokens, signatures, keys. Personal data that the log exists
// to show (user ids) stays.
#pragma once

#include <string>
#include <string_view>

#include "tools/byte_scan.h"
#include "tools/credential.h"

namespace mpsdscope {

inline constexpr std::string_view kRedacted = "REDACTED";

// Characters without which a URI, or a name, holds nothing to redact but personal data: most of the
// service's have none of them.
using UriMark = IsOneOf<'?', '#', '%', '=', ':', ' ', kTokenBegin.back()>;
using NameMark = IsOneOf<'%', '=', ':', ' ', kTokenBegin.back()>;

// Header fields whose values are never written: credentials, signatures, cookies, tokens.
bool is_secret_field(std::string_view name);
// Parameters of queries and forms whose values are never written. `name` may be percent-encoded.
bool is_secret_parameter(std::string_view name);

// A request target or URI: values of secret parameters in the query and fragment, user information
// (RFC 3986 §3.2.1), and whatever looks like a token anywhere, become REDACTED.
void append_redacted_uri(std::string& out, std::string_view uri);

// Parameters as a query has them (RFC 3986 §3.4), or a form that was sent (URL Standard §5.1).
void append_redacted_form(std::string& out, std::string_view form);

// Free text (a message that may quote traffic): what looks like a credential becomes REDACTED:
// "XBL3.0 x=hash;token", "Bearer …", "Basic …", a JSON Web Token (RFC 7519) wherever it stands.
void append_redacted_text(std::string& out, std::string_view text);
std::string redacted_text(std::string_view text);

// A name of a capture (of a session, a method, an entity-tag, …): as free text, and where a
// credential hides under percent-encoding nothing of it is left. Ordinary names cost a look at each
// byte.
void append_redacted_name(std::string& out, std::string_view name);
// Holds nothing that append_redacted_name() would have to look at: it is appended as it is.
bool is_plain_name(std::string_view name);
std::string redacted_name(std::string_view name);

// A host, or a TLS server name, in any case; a host with its port: as a name, and no user
// information. A JSON Web Token is one in lower case too.
void append_redacted_host(std::string& out, std::string_view host);
std::string redacted_host(std::string_view host);

// A user hash of an Authorization field is a decimal number; anything else in its place may be
// the credential itself.
bool is_user_hash(std::string_view text);

}  // namespace mpsdscope

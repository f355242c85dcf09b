// Secrets taken out of the content of messages, as tools/redact.h takes them out of texts.
#pragma once

#include <string>
#include <string_view>

namespace mpsdscope {

// JSON (RFC 8259), also cut or damaged: values of members whose name tells a secret, whatever they
// are, and what looks like a credential in any other text, however it is escaped, become REDACTED;
// everything else stays as it is written. Any other content is free text. With personal data
// masked, that too.
std::string redacted_body(std::string_view body);

}  // namespace mpsdscope

// Secrets taken out of XML, and of what looks like it (SOAP with security tokens, SAML).
#pragma once

#include <string>
#include <string_view>

namespace mpsdscope {

// All text within an element whose local name tells a secret becomes REDACTED, whatever elements
// stand in between, up to its own end tag; all else is as free text (redact.h). What is cut, or no
// XML after all, hides rather too much.
std::string redacted_xml(std::string_view xml);

}  // namespace mpsdscope

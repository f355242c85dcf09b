// Text of a capture made safe for a terminal and for JSON. Every output goes through one of these.
#pragma once

#include <string>
#include <string_view>

namespace mpsdscope {

// For a terminal or a text file: printable characters pass; everything else is written out:
// \n \r \t, other controls and unseen characters \u{202e}, bytes that are not UTF-8 \xff, a
// backslash
// \\. What is appended takes one or two columns per character and never moves the cursor.
void append_printable(std::string& out, std::string_view text);
std::string printable(std::string_view text);

// A JSON string (RFC 8259 §7) with its quotes, always valid UTF-8. A byte that is not UTF-8 becomes
// U+FFFD; controls (C0, DEL, C1) and unseen characters (bidirectional overrides and the like)
// become \u escapes, so the line is safe to look at too, and loses nothing.
void append_json_string(std::string& out, std::string_view text);

}  // namespace mpsdscope

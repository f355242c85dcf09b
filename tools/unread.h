// TLS that could not be read, in words: what it was, why, and what to do about it. And what else a
// person must hear when the data goes to a file or a program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/engine.h"
#include "tools/output.h"

namespace mpsdscope {

// What a user can do about connections that could not be read. `secrets`: how many were given.
std::string advice_for(TlsFailure failure, std::size_t secrets);

// "host.example: 3 TLS connections not read, no key: give the key log …". Redacted, printable.
std::string unread_text(const DecodeReport::Undecrypted& connection, std::uint64_t count,
                        std::size_t secrets);

// Whether a host is the service's, by its patterns.
bool is_service_host(const std::string& name, const RuleSettings& settings);

// True if TLS of the service, by its host patterns, or of who knows which host, or packets of an
// unsupported link type could not be read:
// calls may not have been seen.
bool service_unread(const RunSummary& summary, const RuleSettings& settings);

// One sentence each: that there were no calls and what there was instead, and the service's
// connections that could not be read. Empty if all is well.
std::vector<std::string> warnings_of(const RunSummary& summary, const RuleSettings& settings);

}  // namespace mpsdscope

// Stories of calls for the rules with memory, as transcripts: one call a line, in the order of
// completion, with what the title's side is found to do at its end.
//
//   BEGIN END USER METHOD TARGET STATUS [OPTION…] [! RULE…] [~ CONDUCT…]
//
// Times in milliseconds. USER: a letter, by X-Xbl-Debug; #NAME, by user hash; - unknown. TARGET: s,
// s2 (sessions), s/… (an element), h (a session by handle), handles, query, batch, or a path.
// STATUS: - for no response. Options: wait=SECONDS, etag=E, if=E (If-Match, * too), new
// (If-None-Match: *), sig=TEXT, conn=N, title=N (0: unknown), dry, old (no contract version),
// contract=TEXT, body=TEXT, host=NAME, at=MS (decided), learn=XUID (the user hash is that of this
// XUID). What is expected: rules of the title's side; conduct as END or END->END for a correction,
// with :auto or :new where the Signature tells.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "rules/engine.h"

namespace mpsdscope::testing {

// Settings in which these rules alone are on.
RuleSettings only(std::initializer_list<Rule> rules);

// One line without what is expected.
ExchangePtr exchange_of(std::string_view line);

// The story with what was found instead of what is expected: equal if all is as expected.
std::string judged(std::string_view story, const RuleSettings& settings = {});

// The messages and advices of all findings of the title's side, a line each.
std::string messages(std::string_view story, const RuleSettings& settings = {});

}  // namespace mpsdscope::testing

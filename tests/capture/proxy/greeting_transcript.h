// Plays what a client says to a Greeting, whole and in pieces of every size.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "capture/proxy/greeting.h"

namespace mpsdscope::testing {

struct Greeted {
  std::string outcome;  // "reading", "host port", "plain", "refused: problem"
  std::string answer;
  std::string rest;  // what was not taken, and what is held for a Forwarder

  bool operator==(const Greeted&) const = default;
};

inline std::string describe(const Greeting& greeting) {
  switch (greeting.state()) {
    case Greeting::State::reading:
      return "reading";
    case Greeting::State::plain:
      return "plain";
    case Greeting::State::refused:
      return "refused: " + greeting.problem();
    case Greeting::State::connect:
      break;
  }
  return greeting.destination().host + " " + std::to_string(greeting.destination().port);
}

inline Greeted greet(Greeting& greeting, std::string_view said, std::size_t piece) {
  ByteQueue out;
  while (!said.empty() && greeting.state() == Greeting::State::reading) {
    const std::string part(said.substr(0, piece));
    const std::size_t taken = greeting.read(as_bytes(part), out);
    said.remove_prefix(taken);
    if (taken < part.size()) break;
  }
  Greeted done{describe(greeting), std::string(as_text(out.view())), std::string(said)};
  if (greeting.state() == Greeting::State::refused) done.rest.clear();  // of no use any more
  if (greeting.state() == Greeting::State::plain) {
    done.rest.insert(0, as_text(greeting.held()));
  }
  return done;
}

}  // namespace mpsdscope::testing

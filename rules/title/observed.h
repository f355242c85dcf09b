// A call as the rules with memory look at it.
#pragma once

#include "rules/call.h"
#include "rules/stepping_clock.h"
#include "rules/title/who.h"

namespace mpsdscope {

struct Observed {
  const Call& call;
  Who who;
  ExchangeRef ref;
  bool begun = false;       // the request was seen, and when it began can be believed
  CaptureTime begin{};      // of the request: its first byte
  CaptureTime answered{};   // when the answer was there: what waits and pauses are counted from
  CaptureTime completed{};  // the same, but never before what was seen until then: where the clock
                            // was set back, what was under way counts as begun before
  SteppingClock clock{};    // with this call

  CaptureTime now() const { return clock.settled(); }  // by which memory ages
  bool method_is(std::string_view method) const { return call.exchange->request.method == method; }
  // Is this from before the clock was set back, or from a wrong date?
  bool is_ahead(CaptureTime time) const { return clock.is_ahead(time); }
  int status() const {
    return call.exchange->response.present ? call.exchange->response.status : 0;
  }
  bool succeeded() const { return status() >= 200 && status() < 300; }
  bool dry_run() const { return is_dry_run(call); }
  // Changes a session or a part of it.
  bool writes() const {
    return call.target.within_session() && (method_is("PUT") || method_is("DELETE")) && !dry_run();
  }
  bool reads() const { return call.target.within_session() && method_is("GET"); }
};

}  // namespace mpsdscope

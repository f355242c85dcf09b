// What a decoder's exchanges become: examined calls. One per decoder, single-threaded.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "decode/exchange.h"
#include "decode/limits.h"
#include "decode/report.h"
#include "rules/engine.h"

namespace mpsdscope {

// Settings, limits and report outlive it.
class Examiner final : public ExchangeSink {
 public:
  // `all`: keep the exchanges of other hosts too.
  Examiner(const RuleSettings& rules, bool all, const Limits& limits, DecodeReport& report)
      : rules_(rules), all_(all), limits_(limits), report_(report) {}

  // Calls are appended there from now on; it outlives the decoding that fills it. All are there
  // after examine_waiting().
  void collect_in(std::vector<CallPtr>& calls) { calls_ = &calls; }
  // The capture clock, which tells when an exchange is decided.
  void set_clock(CaptureTime clock) { clock_ = clock; }

  // Takes calls back that were given out before, to use their memory again. Empties `calls`. Begins
  // the next round, for which Limits::max_call_texts_total counts.
  void recycle(std::vector<CallPtr>& calls);

  ExchangePtr make_exchange() override;
  bool wants_bodies(const Exchange& exchange) override;
  bool wants_response_body(const Exchange& exchange) override;
  bool wants_messages(const Exchange& upgrade) override;
  void on_exchange(ExchangePtr exchange) override;

  // Exchanges wait until there are some. To decode and to examine one needs more code than the
  // processor's cache for that holds; of many, one after the other, only the first waits for it.
  void examine_waiting();

 private:
  void examine_one(ExchangePtr exchange);
  void on_message(ExchangePtr exchange);
  void free_call(CallPtr call);
  void bound(Call& call);
  struct Host {
    std::string authority;
    std::string name;                    // the host alone, in lower case
    std::optional<bool> mpsd;            // as is_mpsd_host() says
    std::uint64_t* exchanges = nullptr;  // their number in the report, once there was one
  };
  Host& host_of(const std::string& authority);
  bool is_service(const Exchange& exchange, const Host& host) const;

  const RuleSettings& rules_;
  bool all_;
  const Limits& limits_;
  DecodeReport& report_;
  CaptureTime clock_{};
  std::vector<CallPtr>* calls_ = nullptr;
  // Used before, at most as many as were under way at once; the calls without exchanges.
  std::vector<CallPtr> free_calls_;
  std::vector<ExchangePtr> free_exchanges_;
  std::vector<ExchangePtr> waiting_;
  std::size_t waiting_bytes_ = 0;  // of their heads and bodies
  std::size_t texts_ = 0;          // beyond what is ordinary, of the calls of this round
  Host last_host_;
};

}  // namespace mpsdscope

// What HTTP/1 and HTTP/2 share: beginning an exchange, keeping its bodies within the limits, and
// handing it over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "decode/context.h"
#include "decode/exchange.h"

namespace mpsdscope {

// An exchange that is still being read.
struct OpenExchange {
  ExchangePtr exchange;
  bool keep_bodies = false;    // what wants_bodies said
  bool keep_response = false;  // what wants_response_body said
  bool request_done = false;   // nothing more of the request will come
  bool response_done = false;  // nothing more of the response will come
  std::size_t held = 0;        // bytes accounted for in ExchangeBuilder::held()
};

class ExchangeBuilder {
 public:
  // Context and info outlive it.
  ExchangeBuilder(DecodeContext& context, ConnectionInfo& info);

  OpenExchange begin() const;
  // Once, when the request's head is read, or as much of it as there is: completes scheme and
  // authority from the connection and asks the sink for its wish.
  void request_head(OpenExchange& open);
  // Once, for a response whose request is not known, when its head is read: likewise.
  void response_head(OpenExchange& open);
  // Content of a message. What goes beyond a limit is counted only.
  void request_body(OpenExchange& open, std::string_view piece);
  void response_body(OpenExchange& open, std::string_view piece);
  // Accounts for a head that stays in memory until the exchange is handed over.
  void hold(OpenExchange& open, std::size_t bytes);
  // Removes the content codings, numbers the exchange and gives it to the sink. One without a
  // request, of a host that nobody knows yet, waits for the next request that names one.
  void hand_over(OpenExchange open, std::uint32_t stream);
  // No more requests come.
  void end_requests();
  // Gives an exchange to another builder of the connection, which hold()s it.
  OpenExchange hand_on(OpenExchange open) {
    held_ -= open.held;
    return open;
  }
  // Forgets an exchange that is none after all.
  void discard(OpenExchange open) { held_ -= open.held; }

  // Counts a syntax error and names it on the exchange; the first one stays.
  void malformed(Exchange& exchange, Defect defect, std::string reason);
  // Likewise, of a head that is larger than we read: not the sender's fault.
  void head_over_limit(Exchange& exchange, Defect malformed, std::string reason);
  // Names why a message's end is ambiguous; does nothing if there is no reason.
  void ambiguous(Exchange& exchange, Defect defect, std::string_view reason);

  std::size_t held() const { return held_; }
  DecodeContext& context() { return context_; }
  ConnectionInfo& info() { return info_; }

 private:
  struct Placeless {
    OpenExchange open;
    std::uint32_t stream;
  };
  static constexpr std::size_t kMostPlaceless = 16;

  void give_on(OpenExchange open, std::uint32_t stream);
  void give_on_placeless();
  void complete_unread(HttpRequest& request) const;
  void append(OpenExchange& open, std::string& body, std::string_view piece, Defect cut);
  void decode(std::string& body, const FieldLines& fields, bool complete, Exchange& exchange,
              Defect undecoded);

  DecodeContext& context_;
  ConnectionInfo& info_;
  std::string scheme_, authority_;  // of the last request that named one
  std::vector<Placeless> placeless_;
  bool requests_ended_ = false;
  std::size_t body_budget_;  // bytes of all bodies of the connection held at once
  std::size_t held_ = 0;
};

// RFC 3986 §3.2: "user@host:port" without its userinfo.
std::string_view without_userinfo(std::string_view authority);

}  // namespace mpsdscope

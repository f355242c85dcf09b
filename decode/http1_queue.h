// The requests of an HTTP/1.x connection that wait for their responses, and which of them a
// response belongs to.
//
// RFC 9112 §9.3.2: responses come in the order of the requests. Without loss, the oldest request
// without a final response is the one. Lost bytes of either direction put that in doubt, and a
// response is never given to a request on a guess. Events come in causal order (StreamSink): what
// answers lost bytes comes after the notice of their loss. The rules, applied when a response
// begins:
//
// 1. Lost request bytes may hide whole requests. Requests read before the loss stay certain: while
//    the responses are unbroken, the oldest of them is the one. Requests read behind it are in
//    doubt.
// 2. Lost response bytes may hide whole responses: all that waited then may have been answered.
// 3. In doubt, a client that was never seen to have two requests waiting is taken to send a
//    request only after the response to the one before. Then the response belongs to the newest
//    request, those before it were answered (or lost), and certainty returns. Not so
//    - when request bytes were lost behind the newest request: another one may be newer,
//    - when a request was surely lost and neither a response without a request nor lost response
//      bytes can account for its response: the unbroken next response is the lost one's,
//    - when more than one request waits that no lost bytes can have answered: the client pipelines.
// 4. In doubt, for a client that pipelines: certainty does not return. Its requests end with
//    response_unseen (or response_gap), the responses with request_missing.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "decode/exchange_builder.h"

namespace mpsdscope {

struct PendingRequest : OpenExchange {
  bool head = false;            // method is HEAD: its response has no content
  bool upgrade = false;         // CONNECT or Upgrade: what follows depends on the response
  bool answering = false;       // its final response is being read
  bool maybe_answered = false;  // lost response bytes may hold its response
};

class Http1Queue {
 public:
  std::size_t size() const { return requests_.size() - first_; }
  bool empty() const { return size() == 0; }
  PendingRequest& oldest() { return requests_[first_]; }
  PendingRequest& newest() { return requests_.back(); }
  PendingRequest& at(std::size_t i) { return requests_[first_ + i]; }

  void push(PendingRequest request);
  PendingRequest pop_oldest();
  // Takes one out at a limit: the oldest that is not being answered. From then on all is in doubt.
  PendingRequest evict();

  // Bytes of a direction were lost. `surely`: they hold at least the start of a request.
  void requests_lost(bool surely);
  void responses_lost();

  struct Match {
    bool matched;         // after giving up, the response is the oldest request's
    std::size_t give_up;  // so many of the oldest have no response of their own
  };
  // A response begins. The caller pops the requests to give up before anything else.
  Match match_response();

  // Request `i` can still get its response.
  bool certain(std::size_t i) { return i < certain_ && !at(i).maybe_answered; }
  // Rule 4 holds: nothing that waits, but for a response under way, will be matched.
  bool hopeless() { return pipelines_ && !empty() && !certain(0); }

 private:
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
  Match unmatched();
  void settle();

  std::vector<PendingRequest> requests_;
  std::size_t first_ = 0;
  std::size_t certain_ = kAll;  // so many of the oldest have no lost request before them
  bool lost_behind_newest_ = false;
  bool surely_lost_ = false;
  bool pipelines_ = false;       // two requests were seen to wait at once
  bool lost_accounted_ = false;  // a response without a request, or lost response bytes
};

}  // namespace mpsdscope

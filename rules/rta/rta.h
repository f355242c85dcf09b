// Real-Time Activity (RTA): who is subscribed to changes of sessions, and what they were told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/bounded_map.h"
#include "rules/call.h"
#include "rules/rta/notification.h"
#include "rules/title/subscriptions.h"

namespace mpsdscope {

// Is the websocket that the exchange (status 101) opens one of RTA? By subprotocol
// (rta.xboxlive.com.V1, .V2), whatever the host, so that test servers are known too; by host where
// the answer names none.
bool is_rta(const Exchange& upgrade);

struct RtaLimits {
  std::size_t max_connections = 16'384;  // websockets remembered
  std::size_t max_asked = 16;            // subscriptions of a connection that wait for an answer
  std::size_t max_active = 256;          // subscriptions of a connection
  std::size_t max_members = 32'768;      // users in sessions whose connection is remembered
};

struct RtaCounts {
  std::uint64_t messages = 0;
  std::uint64_t subscriptions = 0;  // answered with success
  std::uint64_t taps = 0;
};

// Single-threaded. Messages and calls in order of completion, complete in their identity.
class Rta final : public Subscriptions {
 public:
  explicit Rta(const RtaLimits& limits = {});

  // A message of a websocket, or its end. What it told: notifications().
  void hear(const Call& message);
  const std::vector<Notification>& notifications() const { return notifications_; }

  // A call of the service: it may name the connection by which its member is told of changes.
  void learn(const Call& call);

  // Since when the user of the call is told of changes of the call's session: the websocket is
  // open, its subscription to /connections/ was answered, and the user's member in the session
  // carries its connection id. nullopt: not, as far as was seen.
  std::optional<CaptureTime> subscribed_since(const Call& call) const override;

  const RtaCounts& counts() const { return counts_; }
  // Connections and members forgotten at the limits of memory.
  std::uint64_t forgotten() const {
    return connections_.evicted() + by_id_.evicted() + members_.evicted() + names_.evicted();
  }

 private:
  struct Question {
    std::int64_t number = 0;
    std::string uri;
  };
  struct Subscription {
    std::int64_t number = 0;
    bool connections = false;  // to /connections/
  };
  struct Connection {
    std::string user;
    std::optional<std::uint32_t> title_id;
    std::vector<Question> asked;  // without an answer so far
    std::vector<Subscription> active;
    std::string id;                    // as answered, "" unknown
    std::optional<CaptureTime> since;  // of the subscription to /connections/, while it is active
  };
  // Who is a member of which session with which connection id.
  struct Member {
    std::string connection_id;  // in lower case
    CaptureTime since{};
    bool over = false;  // the user has left since, or taken the connection away
  };

  void hear_client(const Call& message, Connection& connection);
  void hear_server(const Call& message, Connection& connection);
  void answered(const Call& message, Connection& connection);
  void connected(const Call& message, Connection& connection);
  void unsubscribe(const Call& message, Connection& connection);
  void tapped(const Call& message, Connection& connection);
  void closed(const Call& message, const std::string& key);
  Notification& tell(Notification::Kind kind, const Call& message, const Connection& connection);

  RtaLimits limits_;
  BoundedMap<Connection> connections_;  // by conn and stream
  BoundedMap<std::string> by_id_;       // key of connections_ by connection id in lower case
  BoundedMap<Member> members_;          // by session key and user
  BoundedMap<SessionName> names_;       // as calls spelled them, by session key
  std::vector<Notification> notifications_;
  RtaCounts counts_;
};

}  // namespace mpsdscope

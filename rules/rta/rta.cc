#include "rules/rta/rta.h"

#include <algorithm>
#include <utility>

#include "decode/ascii.h"
#include "rules/host_pattern.h"
#include "rules/identity.h"
#include "rules/own_member.h"
#include "rules/user_name.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kSubprotocol = "rta.xboxlive.com";
constexpr std::string_view kHost = "rta.xboxlive.com";
constexpr std::string_view kConnections = "/connections/";

constexpr std::size_t kMaxSessionKey = 512;  // bytes; longer names are none of the service's

std::string key_of(const Exchange& exchange) {
  return std::to_string(exchange.conn) + '/' + std::to_string(exchange.stream);
}

std::string member_key(std::string_view session, std::string_view user) {
  return std::string(session) + '\n' + std::string(user);
}

std::string user_of(const Call& call) {
  std::string user;
  name_user(call, user);
  return user;
}

bool is_of_connections(std::string_view uri) {
  return uri.size() >= kConnections.size() &&
         equals_ignoring_case(uri.substr(uri.size() - kConnections.size()), kConnections);
}

template <class Subscriptions>
auto find_number(Subscriptions& subscriptions, std::optional<std::int64_t> number) {
  return std::find_if(subscriptions.begin(), subscriptions.end(),
                      [number](const auto& one) { return number && one.number == *number; });
}

}  // namespace

bool is_rta(const Exchange& upgrade) {
  if (const auto subprotocol = upgrade.response.fields.find(FieldName::sec_websocket_protocol)) {
    return begins_ignoring_case(*subprotocol, kSubprotocol);
  }
  return equals_ignoring_case(bare_host(upgrade.request.authority), kHost);
}

Rta::Rta(const RtaLimits& limits)
    : limits_(limits),
      connections_(limits.max_connections),
      by_id_(limits.max_connections),
      members_(limits.max_members),
      names_(limits.max_members) {}

void Rta::hear(const Call& message) {
  notifications_.clear();
  const std::string key = key_of(*message.exchange);
  if (message.exchange->kind == Exchange::Kind::end_of_messages) return closed(message, key);
  ++counts_.messages;
  if (message.rta.kind == RtaMessage::Kind::none) return;
  Connection* const connection = connections_.obtain(key);
  if (connection == nullptr) return;
  // An XUID is known sooner or later than the hash, and better.
  if (std::string user = user_of(message); connection->user.empty() || is_xuid(user)) {
    connection->user = std::move(user);
  }
  message.rta.from_server ? hear_server(message, *connection) : hear_client(message, *connection);
}

void Rta::hear_client(const Call& message, Connection& connection) {
  const RtaMessage& rta = message.rta;
  if (rta.kind == RtaMessage::Kind::unsubscribe) return unsubscribe(message, connection);
  if (rta.kind != RtaMessage::Kind::subscribe || !rta.sequence) return;
  if (connection.asked.size() >= limits_.max_asked) {
    connection.asked.erase(connection.asked.begin());
  }
  connection.asked.push_back({*rta.sequence, rta.uri});
}

void Rta::hear_server(const Call& message, Connection& connection) {
  switch (message.rta.kind) {
    case RtaMessage::Kind::subscribe:
      return answered(message, connection);
    case RtaMessage::Kind::event:
      return tapped(message, connection);
    case RtaMessage::Kind::resync:
      tell(Notification::Kind::resync, message, connection);
      return;
    default:
      return;
  }
}

void Rta::answered(const Call& message, Connection& connection) {
  const RtaMessage& rta = message.rta;
  Question question;
  if (const auto asked = find_number(connection.asked, rta.sequence);
      asked != connection.asked.end()) {
    question = std::move(*asked);
    connection.asked.erase(asked);
  }
  const bool accepted = rta.code == 0;
  if (accepted) {
    ++counts_.subscriptions;
    // The question may not have been seen.
    const bool connections = is_of_connections(question.uri) || !rta.connection_id.empty();
    if (rta.subscription && connection.active.size() < limits_.max_active) {
      connection.active.push_back({*rta.subscription, connections});
    }
    if (!rta.connection_id.empty()) connected(message, connection);
  }
  Notification& told = tell(accepted ? Notification::Kind::subscribed : Notification::Kind::refused,
                            message, connection);
  told.uri = std::move(question.uri);
  if (!accepted) told.code = rta.code;
}

void Rta::connected(const Call& message, Connection& connection) {
  connection.id = message.rta.connection_id;
  connection.since = message.exchange->completed();
  if (std::string* key = by_id_.obtain(lower_case(connection.id))) *key = key_of(*message.exchange);
}

void Rta::unsubscribe(const Call& message, Connection& connection) {
  const auto active = find_number(connection.active, message.rta.subscription);
  if (active == connection.active.end()) return;
  tell(Notification::Kind::unsubscribed, message, connection);
  if (active->connections) connection.since.reset();
  connection.active.erase(active);
}

void Rta::tapped(const Call& message, Connection& connection) {
  for (const ShoulderTap& tap : message.rta.taps) {
    ++counts_.taps;
    Notification& told = tell(Notification::Kind::tap, message, connection);
    told.session = parse_session_key(tap.resource);
    told.branch = tap.branch;
    told.change_number = tap.change_number;
    if (!told.title_id) told.title_id = title_id_of_scid(told.session.scid);
    const std::string session = session_key(told.session);
    if (const SessionName* name = names_.find(session)) told.session = *name;
    const Member* const member = members_.find(member_key(session, connection.user));
    told.member = member != nullptr && !connection.id.empty() &&
                  member->connection_id == lower_case(connection.id);
  }
}

void Rta::closed(const Call& message, const std::string& key) {
  Connection* const connection = connections_.find(key);
  if (connection == nullptr) return;
  if (!connection->active.empty()) tell(Notification::Kind::closed, message, *connection);
  connection->active.clear();
  connection->asked.clear();
  connection->since.reset();
}

Notification& Rta::tell(Notification::Kind kind, const Call& message,
                        const Connection& connection) {
  const Exchange& exchange = *message.exchange;
  Notification told;
  told.kind = kind;
  told.at = exchange.completed();
  told.conn = exchange.conn;
  told.stream = exchange.stream;
  told.user = connection.user;
  told.title_id = connection.title_id;
  told.connection_id = connection.id;
  return notifications_.emplace_back(std::move(told));
}

void Rta::learn(const Call& call) {
  if (!call.target.within_session() || is_dry_run(call) || !call.exchange->response.present ||
      call.exchange->response.status / 100 != 2) {
    return;
  }
  const bool leaves = leaves_session(call) || call.variant == Variant204::session_deleted;
  const auto told = leaves ? std::optional(std::string_view()) : own_connection(call);
  if (!told) return;
  const std::string session = session_key(call.target);
  const std::string user = user_of(call);
  if (session.empty() || session.size() > kMaxSessionKey || user.empty()) return;
  if (told->empty()) {
    // Only the change itself may still be told.
    if (Member* const known = members_.find(member_key(session, user))) known->over = true;
    return;
  }
  Member* const member = members_.obtain(member_key(session, user));
  if (member == nullptr) return;
  std::string lower = lower_case(*told);
  if (member->connection_id != lower || member->over) {
    *member = {std::move(lower), call.exchange->completed(), false};
  }
  if (SessionName* name = names_.obtain(session)) {
    *name = {call.target.scid, call.target.template_name, call.target.session};
  }
  // The websocket is this user's, whatever its own opening told.
  const std::string* const key = by_id_.find(member->connection_id);
  Connection* const connection = key == nullptr ? nullptr : connections_.find(*key);
  if (connection == nullptr) return;
  if (!is_xuid(connection->user)) connection->user = user;
  if (!connection->title_id) connection->title_id = call.title_id;
}

std::optional<CaptureTime> Rta::subscribed_since(const Call& call) const {
  if (counts_.subscriptions == 0) return std::nullopt;
  const std::string session = session_key(call.target);
  const std::string user = user_of(call);
  if (session.empty() || user.empty()) return std::nullopt;
  const Member* const member = members_.find(member_key(session, user));
  const std::string* const key = member == nullptr ? nullptr : by_id_.find(member->connection_id);
  const Connection* const connection = key == nullptr ? nullptr : connections_.find(*key);
  if (connection == nullptr || !connection->since || member->over) return std::nullopt;
  return std::max(*connection->since, member->since);
}

}  // namespace mpsdscope

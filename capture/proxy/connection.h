// A client connection with its two sockets: it feeds the machine, does what the machine wants, and
// keeps its times.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capture/proxy/event_loop.h"
#include "capture/proxy/proxy_socket.h"
#include "capture/proxy/relay_machine.h"
#include "capture/proxy/resolver.h"

namespace mpsdscope {

class Worker;

class Connection {
 public:
  // `worker` outlives it.
  Connection(Worker& worker, const RelayClient& client, FileDescriptor socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  // At the end of a turn, if it asked for that: what the client is to get may be sent now.
  void answer();
  // About once a second.
  void check_time();
  // Nothing seems to be under way: what was said last was said by upstream, a while ago, and the
  // tap knows of no answer that is not complete.
  bool is_quiet() const;
  // Closes it now, for the end of the program.
  void cut();
  const IpAddress& client() const { return client_info_.peer.address; }
  std::uint64_t number() const { return client_info_.conn; }
  void on_resolved(const Result<Resolver::Addresses>& addresses);

 private:
  void service();
  void go_on_reading();
  bool may_read_client();
  bool read_client();
  bool read_upstream();
  // After every call of the machine: sends and tells the tap, takes up wishes. False: it is over.
  bool carry_out();
  bool send_to_client();

  void begin_connect();
  void stop_resolving();
  void try_next_address();
  void check_connect();
  void connect_failed(ConnectFailure failure, const std::string& why);
  void drop_upstream();

  void linger();
  bool last_words_said();
  void go_on_lingering();
  void end();

  Worker& worker_;
  const RelayClient client_info_;
  ProxySocket client_;
  ProxySocket upstream_;
  RelayMachine machine_;

  Destination target_;               // of the connection attempt
  std::vector<Endpoint> addresses_;  // to be tried, the next one last
  ConnectFailure failure_{};         // of the last attempt
  std::string failure_words_;
  Endpoint upstream_peer_;
  Endpoint upstream_local_;  // as known to the loop guard

  EventLoop::SteadyTime active_;  // last byte either way
  std::size_t reads_ = 0;         // since check_time()
  EventLoop::SteadyTime connect_since_;
  EventLoop::SteadyTime errand_since_;
  std::uint64_t errand_ = 0;   // of the machine
  bool asked_ = false;         // the last byte came from the client
  bool answer_asked_ = false;  // of the worker
  bool resolving_ = false;
  std::uint64_t query_ = 0;  // of the resolver, for target_
  bool lingering_ = false;
  bool aborting_ = false;  // lingering, with an RST at the end of it
  bool ended_ = false;
};

}  // namespace mpsdscope

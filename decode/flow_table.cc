#include "decode/flow_table.h"

#include <algorithm>
#include <list>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "decode/flat_index.h"
#include "decode/flow_key.h"
#include "decode/protocol_selector.h"
#include "decode/tcp_connection.h"

namespace mpsdscope {
namespace {

// How long a closed connection is remembered, so that late duplicates do not look like a new one
// (twice the maximum segment lifetime that systems use in practice).
constexpr Duration kRememberClosed = std::chrono::seconds(60);

}  // namespace

struct FlowTable::State {
  struct Flow {
    FlowKey key;
    std::uint32_t number = 0;  // in `places`
    TcpConnection connection;
    std::size_t buffered = 0;
    bool closed = false;
    std::optional<CaptureTime> timer;

    Flow(const FlowKey& flow_key, State& state, const TcpSegment& first)
        : key(flow_key), connection(state.context, state.make_stream, first) {}
  };
  using Flows = std::list<Flow>;  // most recently used first
  using Timer = std::tuple<CaptureTime, std::uint64_t, Flow*>;

  State(DecodeContext& decode_context, StreamFactory factory)
      : context(decode_context), make_stream(std::move(factory)) {}

  DecodeContext& context;
  StreamFactory make_stream;
  Flows open;
  Flows closed;
  FlatIndex by_key;
  Slab<Flows::iterator> places;
  std::set<Timer> timers;  // at most one per flow
  std::size_t buffered = 0;
  CaptureTime now{};
  std::uint64_t keys_seen = 0;

  Flow* find(const TcpSegment& segment);
  Flow& make(const TcpSegment& segment);
  void touch(Flows::iterator flow);
  void update(Flow& flow);
  void set_timer(Flow& flow, std::optional<CaptureTime> at);
  void remove(Flow& flow);
  void end(Flow& flow, Counter why);
  bool is_timer_due() const {
    return !timers.empty() && std::get<CaptureTime>(*timers.begin()) <= now;
  }
  void run_timers();
  void enforce_memory(const Flow& current);
};

FlowTable::FlowTable(DecodeContext& context)
    : FlowTable(context, [&context](ConnectionInfo& info) {
        return make_protocol_selector(context, info);
      }) {}
FlowTable::FlowTable(DecodeContext& context, StreamFactory make_stream)
    : state_(std::make_unique<State>(context, std::move(make_stream))) {}
FlowTable::~FlowTable() = default;

std::size_t FlowTable::size() const {
  return state_->places.used();
}

void FlowTable::on_segment(const TcpSegment& segment) {
  State& s = *state_;
  s.now = std::max(s.now, segment.time);
  if (s.is_timer_due()) s.run_timers();
  State::Flow* flow = s.find(segment);
  if (!flow) {
    // Bare acknowledgments and resets of unknown connections tell nothing.
    const bool opens = (segment.flags & TcpFlags::syn) || !segment.payload.empty();
    if (!opens || (segment.flags & TcpFlags::rst)) return;
    flow = &s.make(segment);
  }
  if (flow->connection.on_segment(segment, s.now)) s.update(*flow);
  if (s.buffered > s.context.limits.max_buffered_total) s.enforce_memory(*flow);
}

// The flow of a segment, most recently used from now on; an older one on the same ports is ended.
FlowTable::State::Flow* FlowTable::State::find(const TcpSegment& segment) {
  // A request and its response tend to come one after the other.
  if (!open.empty() && open.front().key.is_of(segment) &&
      !open.front().connection.is_reuse(segment)) {
    return &open.front();
  }
  const std::uint32_t found = by_key.find(FlowKeyHash()(segment), [&](std::uint32_t number) {
    return places[number]->key.is_of(segment);
  });
  if (found == FlatIndex::kNone) return nullptr;
  Flow& flow = *places[found];
  if (flow.connection.is_reuse(segment)) {
    flow.connection.finish(now, StreamEnd::unknown);
    remove(flow);
    return nullptr;
  }
  touch(places[found]);
  return &flow;
}

FlowTable::State::Flow& FlowTable::State::make(const TcpSegment& segment) {
  if (places.used() >= context.limits.max_flows) {
    if (!closed.empty()) {
      remove(closed.back());
    } else {
      end(open.back(), Counter::flows_evicted);
    }
  }
  Flow& flow = open.emplace_front(FlowKey::of(segment), *this, segment);
  flow.number = places.take();
  places[flow.number] = open.begin();
  by_key.insert(FlowKeyHash()(segment), flow.number);
  return flow;
}

void FlowTable::State::touch(Flows::iterator flow) {
  Flows& list = flow->closed ? closed : open;
  if (flow != list.begin()) list.splice(list.begin(), list, flow);
}

// Takes note of what handling a segment changed: memory, closing, what is waited for.
void FlowTable::State::update(Flow& flow) {
  const std::size_t held = flow.connection.buffered();
  buffered += held - flow.buffered;
  flow.buffered = held;
  if (flow.connection.closed() && !flow.closed) {
    flow.closed = true;
    closed.splice(closed.begin(), open, places[flow.number]);
    set_timer(flow, now + kRememberClosed);
  } else if (!flow.closed && flow.connection.waits()) {
    const CaptureTime deadline = flow.connection.deadline();
    // A timer that is too early does no harm: it is set again when it comes.
    if (!flow.timer || deadline < *flow.timer) set_timer(flow, deadline);
  }
}

void FlowTable::State::set_timer(Flow& flow, std::optional<CaptureTime> at) {
  const std::uint64_t conn = flow.connection.conn();
  if (flow.timer) timers.erase({*flow.timer, conn, &flow});
  flow.timer = at;
  if (at) timers.emplace(*at, conn, &flow);
}

void FlowTable::State::remove(Flow& flow) {
  set_timer(flow, std::nullopt);
  buffered -= flow.buffered;
  by_key.erase(FlowKeyHash()(flow.key), flow.number);
  places.give_back(flow.number);
  (flow.closed ? closed : open).erase(places[flow.number]);
}

void FlowTable::State::end(Flow& flow, Counter why) {
  context.report.add(why);
  flow.connection.finish(now, StreamEnd::unknown);
  remove(flow);
}

void FlowTable::State::run_timers() {
  while (is_timer_due()) {
    Flow& flow = *std::get<Flow*>(*timers.begin());
    set_timer(flow, std::nullopt);
    if (flow.closed) {
      remove(flow);
      continue;
    }
    flow.connection.give_up_overdue(now);
    update(flow);
  }
}

// The flows that hold most go first, the current one last: it would come back at once. Some room is
// made at once, because looking for them means looking at all.
void FlowTable::State::enforce_memory(const Flow& current) {
  const std::size_t limit = context.limits.max_buffered_total;
  std::vector<Flow*> holders;
  for (Flow& flow : open) {
    if (&flow != &current && flow.buffered > 0) holders.push_back(&flow);
  }
  std::sort(holders.begin(), holders.end(), [](const Flow* a, const Flow* b) {
    return std::pair(b->buffered, a->connection.conn()) <
           std::pair(a->buffered, b->connection.conn());
  });
  for (Flow* flow : holders) {
    if (buffered <= limit - limit / 8) return;
    end(*flow, Counter::flows_evicted_memory);
  }
}

void FlowTable::advance(CaptureTime now) {
  State& s = *state_;
  s.now = std::max(s.now, now);
  s.run_timers();
  const std::uint64_t generation = s.context.keys.generation();
  if (!s.context.keys_may_grow || generation == s.keys_seen) return;
  s.keys_seen = generation;
  for (State::Flows* flows : {&s.open, &s.closed}) {
    for (State::Flow& flow : *flows) {
      flow.connection.on_tick(s.now);
      s.update(flow);
    }
  }
}

void FlowTable::finish(CaptureTime now) {
  State& s = *state_;
  s.now = std::max(s.now, now);
  std::vector<State::Flow*> flows;
  for (State::Flow& flow : s.open) flows.push_back(&flow);
  std::sort(flows.begin(), flows.end(), [](const State::Flow* a, const State::Flow* b) {
    return a->connection.conn() < b->connection.conn();
  });
  for (State::Flow* flow : flows) {
    flow->connection.finish(s.now, StreamEnd::unknown);
    s.remove(*flow);
  }
  while (!s.closed.empty()) s.remove(s.closed.back());
}

}  // namespace mpsdscope

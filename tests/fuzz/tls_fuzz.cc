// TLS records, whole and in parts.
//
// Input: a first byte of flags (1: keys may grow and come at the end; 2: one-sided), the key log's
// text, a zero byte, then events: a byte (bit 0 direction; bits 1–2: 0 or 1 data, 2 gap, 3 end) and
// two bytes of length. Data is as long as the length says or the input has; a gap has it as length.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "decode/context.h"
#include "decode/tls.h"

namespace mpsdscope {
namespace {

struct Heard {
  std::array<std::string, 2> text;
  std::array<int, 2> ends{};
  std::array<std::size_t, 2> gaps{};
};

class Ear final : public StreamSink {
 public:
  explicit Ear(Heard& heard) : heard_(heard) {}
  void on_data(Direction d, CaptureTime, Bytes bytes) override {
    if (bytes.empty() || heard_.ends[index_of(d)] > 0) std::abort();
    heard_.text[index_of(d)] += as_text(bytes);
  }
  void on_gap(Direction d, CaptureTime, std::uint64_t) override {
    if (heard_.ends[index_of(d)] > 0) std::abort();
    ++heard_.gaps[index_of(d)];
  }
  void on_end(Direction d, CaptureTime, StreamEnd) override {
    if (++heard_.ends[index_of(d)] > 1) std::abort();
  }
  std::size_t buffered_bytes() const override { return 0; }

 private:
  Heard& heard_;
};

class NoExchanges final : public ExchangeSink {
 public:
  bool wants_bodies(const Exchange&) override { return false; }
  void on_exchange(ExchangePtr) override {}
};

struct Event {
  Direction direction;
  enum class Kind { data, gap, end } kind;
  std::uint16_t length;
  Bytes bytes;
};

std::vector<Event> read_events(ByteReader input) {
  std::vector<Event> events;
  while (input.remaining() > 0 && events.size() < 4'096) {
    const std::uint8_t head = input.u8();
    const std::uint16_t length = input.u16();
    const auto kinds = {Event::Kind::data, Event::Kind::data, Event::Kind::gap, Event::Kind::end};
    Event event{static_cast<Direction>(head & 1), kinds.begin()[head >> 1 & 3], length, {}};
    if (event.kind == Event::Kind::data) {
      event.bytes = input.take(std::min<std::size_t>(length, input.remaining()));
    }
    events.push_back(event);
  }
  return events;
}

struct Outcome {
  Heard heard;
  DecodeReport report;
};

Outcome decode(std::uint8_t flags, std::string_view keylog, const std::vector<Event>& events,
               std::size_t part) {
  Outcome outcome;
  KeyLog keys;
  const bool late = (flags & 1) != 0;
  if (!late) keys.add_text(keylog);
  Limits limits;
  limits.max_buffered_per_flow = 100'000;
  NoExchanges sink;
  DecodeContext context{keys, late, limits, outcome.report, sink};
  ConnectionInfo info;
  info.one_sided = (flags & 2) != 0;
  {
    const auto stream = make_tls_connection(context, info, std::make_unique<Ear>(outcome.heard));
    std::array<bool, 2> ended{};
    const auto end = [&](Direction d, StreamEnd how) {
      if (ended[index_of(d)]) return;
      ended[index_of(d)] = true;
      stream->on_end(d, {}, how);
    };
    for (const Event& event : events) {
      if (ended[index_of(event.direction)]) continue;
      if (event.kind == Event::Kind::gap) stream->on_gap(event.direction, {}, event.length);
      if (event.kind == Event::Kind::end) {
        end(event.direction, event.length % 2 == 0 ? StreamEnd::closed : StreamEnd::reset);
      }
      Bytes rest = event.bytes;
      while (!rest.empty()) {
        const Bytes now = rest.first(std::min(part, rest.size()));
        const std::vector<std::uint8_t> exact(now.begin(), now.end());
        stream->on_data(event.direction, {}, exact);
        rest = rest.subspan(now.size());
      }
      // Held data, two partial records and a hello.
      if (stream->buffered_bytes() > 100'000 + 256'000 + 2 * 90'000) std::abort();
    }
    if (late) keys.add_text(keylog);
    stream->on_tick({});
    end(Direction::to_server, StreamEnd::unknown);
    end(Direction::to_client, StreamEnd::unknown);
  }
  const DecodeReport& report = outcome.report;
  if (report[Counter::tls_connections] != 1) std::abort();
  if (report[Counter::tls_decrypted] + report[Counter::tls_undecrypted] != 1) std::abort();
  if (report[Counter::tls_undecrypted] == 1 && report.undecrypted.size() != 1) std::abort();
  if (outcome.heard.ends != std::array{1, 1}) std::abort();
  return outcome;
}

}  // namespace
}  // namespace mpsdscope

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mpsdscope;
  ByteReader input(Bytes(data, size));
  const std::uint8_t flags = input.u8();
  const std::string_view rest = as_text(input.rest());
  const std::string_view keylog = rest.substr(0, rest.find('\0'));
  input.skip(std::min(keylog.size() + 1, rest.size()));
  const std::vector<Event> events = read_events(input);

  const Outcome whole = decode(flags, keylog, events, 65'536);
  // What is held counts with each event, so the cap may bite earlier in smaller parts.
  if ((flags & 1) != 0) return 0;
  for (const std::size_t part : {1u, 97u}) {
    const Outcome parts = decode(flags, keylog, events, part);
    if (parts.heard.text != whole.heard.text || parts.heard.gaps != whole.heard.gaps) std::abort();
    if (parts.report.counters != whole.report.counters) std::abort();
  }
  return 0;
}

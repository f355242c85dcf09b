// Feeds a recording to the TLS decoder and keeps what comes out.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "decode/context.h"
#include "decode/tls.h"
#include "tests/decode/testing/tls_recorder.h"

namespace mpsdscope::testing {

// What the plaintext sink was told, by direction.
struct Heard {
  std::string text;
  std::vector<std::size_t> gaps;  // lengths of text before each
  std::vector<StreamEnd> ends;
};

class NoExchanges final : public ExchangeSink {
 public:
  bool wants_bodies(const Exchange&) override { return false; }
  void on_exchange(ExchangePtr) override {}
};

// One decoder with its surroundings.
class TlsPlayer {
 public:
  explicit TlsPlayer(bool keys_may_grow = false)
      : context_{keys, keys_may_grow, limits, report, sink_} {
    info.server = {IpAddress::from_bytes(std::array<std::uint8_t, 4>{192, 0, 2, 1}), 443};
  }

  void open() { stream_ = make_tls_connection(context_, info, std::make_unique<Ear>(*this)); }
  void data(Direction direction, Bytes bytes) {
    if (!stream_) open();
    // An exact-size copy, so that a sanitizer sees a read past the end.
    const std::unique_ptr<std::uint8_t[]> copy(new std::uint8_t[bytes.size()]);
    std::copy(bytes.begin(), bytes.end(), copy.get());
    stream_->on_data(direction, {}, {copy.get(), bytes.size()});
  }
  void gap(Direction direction, std::uint64_t length) {
    if (!stream_) open();
    stream_->on_gap(direction, {}, length);
  }
  void end(Direction direction, StreamEnd how = StreamEnd::closed) {
    if (!stream_) open();
    stream_->on_end(direction, {}, how);
  }
  void tick() { stream_->on_tick({}); }
  void destroy() { stream_.reset(); }
  std::size_t buffered() const { return stream_->buffered_bytes(); }
  void end_both(StreamEnd how = StreamEnd::closed) {
    end(Direction::to_server, how);
    end(Direction::to_client, how);
  }

  // Every piece in parts of at most `part` bytes, 0 for whole. Parts of a few bytes are for its
  // ends: the middle of a long piece is all alike.
  void play(const std::vector<Piece>& pieces, std::size_t part = 0) {
    constexpr std::size_t kEnd = 1'000;
    constexpr std::size_t kMiddlePart = 97;
    for (const Piece& piece : pieces) {
      const Bytes whole(piece.bytes);
      for (std::size_t at = 0; at < whole.size();) {
        const bool middle = at >= kEnd && at + kEnd < whole.size();
        std::size_t size = part == 0 ? whole.size() : part;
        if (middle) size = std::max(size, kMiddlePart);
        const Bytes now = whole.subspan(at, std::min(size, whole.size() - at));
        data(piece.direction, now);
        at += now.size();
      }
    }
  }
  void play_random(const std::vector<Piece>& pieces, unsigned seed) {
    std::mt19937 random(seed);
    for (const Piece& piece : pieces) {
      Bytes rest(piece.bytes);
      while (!rest.empty()) {
        const std::size_t most = random() % 4 == 0 ? 9 : random() % 4 == 1 ? 100 : 3'000;
        const Bytes now = rest.first(std::min(1 + random() % most, rest.size()));
        data(piece.direction, now);
        rest = rest.subspan(now.size());
      }
    }
  }

  const Heard& heard(Direction direction) const { return heard_[index_of(direction)]; }

  KeyLog keys;
  Limits limits;
  DecodeReport report;
  ConnectionInfo info;

 private:
  class Ear final : public StreamSink {
   public:
    explicit Ear(TlsPlayer& owner) : owner_(owner) {}
    void on_data(Direction d, CaptureTime, Bytes bytes) override {
      owner_.heard_[index_of(d)].text += as_text(bytes);
    }
    void on_gap(Direction d, CaptureTime, std::uint64_t) override {
      Heard& heard = owner_.heard_[index_of(d)];
      heard.gaps.push_back(heard.text.size());
    }
    void on_end(Direction d, CaptureTime, StreamEnd end) override {
      owner_.heard_[index_of(d)].ends.push_back(end);
    }
    std::size_t buffered_bytes() const override { return 0; }

   private:
    TlsPlayer& owner_;
  };

  NoExchanges sink_;
  DecodeContext context_;
  std::array<Heard, 2> heard_;
  std::unique_ptr<StreamSink> stream_;
};

}  // namespace mpsdscope::testing

#include "decode/message_inflater.h"

#include <algorithm>
#include <array>

#include <zlib.h>

namespace mpsdscope {
namespace {

constexpr int kRawWindow = -15;  // a larger window than the sender's reads all it sends
constexpr std::string_view kTail("\x00\x00\xff\xff", 4);  // §7.2.2: what the sender took off

}  // namespace

struct MessageInflater::State {
  z_stream stream{};
  bool ok = inflateInit2(&stream, kRawWindow) == Z_OK;
  ~State() {
    if (ok) inflateEnd(&stream);
  }
};

MessageInflater::MessageInflater(bool takeover)
    : state_(std::make_unique<State>()), takeover_(takeover) {}

MessageInflater::~MessageInflater() = default;

MessageInflater::Outcome MessageInflater::inflate(std::string_view compressed, std::size_t most,
                                                  std::string& out) {
  out.clear();
  if (!state_->ok) return Outcome::damaged;
  z_stream& stream = state_->stream;
  if (!takeover_) inflateReset(&stream);
  std::array<char, 4'096> piece;
  for (std::string_view input : {compressed, kTail}) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream.avail_in = static_cast<uInt>(input.size());
    bool full = true;
    while (stream.avail_in > 0 || full) {
      stream.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream.avail_out = static_cast<uInt>(piece.size());
      const int result = ::inflate(&stream, Z_SYNC_FLUSH);
      if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END) {
        return Outcome::damaged;
      }
      const std::size_t produced = piece.size() - stream.avail_out;
      if (produced > most - out.size()) return Outcome::over_limit;
      out.append(piece.data(), produced);
      full = stream.avail_out == 0;
      // §7.2.3.4: a block may be marked as the last one; more follow all the same.
      if (result == Z_STREAM_END) inflateResetKeep(&stream);
      if (result == Z_BUF_ERROR && !full) break;
    }
  }
  return Outcome::inflated;
}

}  // namespace mpsdscope

#include "decode/websocket_reader.h"

#include <algorithm>

#include "decode/recycle.h"

namespace mpsdscope {
namespace {

// RFC 6455 §5.2
constexpr std::uint8_t kFin = 0x80, kRsv1 = 0x40, kRsv2And3 = 0x30, kOpcode = 0x0F;
constexpr std::uint8_t kMasked = 0x80, kLength = 0x7F;
constexpr std::size_t kLength16 = 126, kLength64 = 127;
constexpr std::size_t kMaxControl = 125;  // §5.5

}  // namespace

WebsocketReader::WebsocketReader(Direction direction, bool compression, std::size_t max_message)
    : from_client_(direction == Direction::to_server),
      compression_(compression),
      max_message_(max_message) {}

WebsocketReader::Step WebsocketReader::read(CaptureTime time, Bytes bytes) {
  const std::size_t size = bytes.size();
  while (true) {
    if (!in_payload_) {
      if (bytes.empty()) return {size, Outcome::more};
      if (!read_head(time, bytes)) return {size - bytes.size(), Outcome::error};
      if (!in_payload_) continue;
    }
    const auto piece =
        bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), remaining_)));
    take_payload(piece);
    bytes = bytes.subspan(piece.size());
    if (remaining_ > 0) return {size, Outcome::more};
    const Outcome outcome = end_frame();
    if (outcome != Outcome::more) return {size - bytes.size(), outcome};
  }
}

// Gathers the head of a frame; false if it is none.
bool WebsocketReader::read_head(CaptureTime time, Bytes& bytes) {
  if (head_size_ == 0) frame_begin_ = time;
  while (head_size_ < head_needed_ && !bytes.empty()) {
    head_[head_size_++] = bytes.front();
    bytes = bytes.subspan(1);
    if (head_size_ != 2) continue;
    const std::size_t length = head_[1] & kLength;
    head_needed_ = 2 +
                   (length == kLength16   ? 2
                    : length == kLength64 ? 8
                                          : 0) +
                   ((head_[1] & kMasked) != 0 ? 4 : 0);
  }
  return head_size_ < head_needed_ || decode_head();
}

bool WebsocketReader::decode_head() {
  ByteReader reader(Bytes(head_).first(head_size_));
  const std::uint8_t first = reader.u8();
  const std::uint8_t second = reader.u8();
  std::uint64_t length = second & kLength;
  if (length == kLength16) {
    length = reader.u16();
  } else if (length == kLength64) {
    length = reader.u64();
  }
  const bool masked = (second & kMasked) != 0;
  const Bytes mask = masked ? reader.take(mask_.size()) : Bytes();
  std::copy(mask.begin(), mask.end(), mask_.begin());
  head_size_ = 0;
  head_needed_ = 2;
  return begin_frame(first, masked, length);
}

bool WebsocketReader::begin_frame(std::uint8_t first, bool masked, std::uint64_t length) {
  // §5.1: a client masks every frame, a server none. §5.2: the highest bit of a length is 0.
  if (masked != from_client_ || length >> 63 != 0 || (first & kRsv2And3) != 0) return false;
  const auto opcode = static_cast<Opcode>(first & kOpcode);
  final_ = (first & kFin) != 0;
  const bool rsv1 = (first & kRsv1) != 0;
  control_ = opcode == Opcode::close || opcode == Opcode::ping || opcode == Opcode::pong;
  closes_ = opcode == Opcode::close;
  if (control_ && (!final_ || rsv1 || length > kMaxControl)) return false;
  if (!control_ && !begin_data_frame(opcode, rsv1)) return false;
  in_payload_ = true;
  remaining_ = length;
  at_ = 0;
  return true;
}

// §5.4: continuation frames follow a first one, and nothing else does until the last.
bool WebsocketReader::begin_data_frame(Opcode opcode, bool rsv1) {
  if (opcode == Opcode::continuation) return in_message_ && !rsv1;
  if (opcode != Opcode::text && opcode != Opcode::binary) return false;
  if (in_message_ || (rsv1 && !compression_)) return false;
  opcode_ = opcode;
  compressed_ = rsv1;
  in_message_ = true;
  lost_ = false;
  recycle(payload_);
  begin_ = frame_begin_;
  return true;
}

void WebsocketReader::take_payload(Bytes piece) {
  remaining_ -= piece.size();
  if (control_ || lost_ || piece.size() > max_message_ - payload_.size()) {
    if (!control_ && !lost_) {
      lost_ = true;
      recycle(payload_);
    }
    at_ += piece.size();
    return;
  }
  const std::size_t begin = payload_.size();
  payload_.append(as_text(piece));
  if (!from_client_) return;
  for (std::size_t i = begin; i < payload_.size(); ++i) {
    payload_[i] = static_cast<char>(static_cast<std::uint8_t>(payload_[i]) ^ mask_[at_++ & 3]);
  }
}

bool WebsocketReader::lose(std::uint64_t length) {
  if (!in_payload_ || length == 0 || length > remaining_) return false;
  remaining_ -= length;
  at_ += length;
  if (!control_) {
    lost_ = true;
    recycle(payload_);
  }
  return true;
}

WebsocketReader::Outcome WebsocketReader::end_frame() {
  in_payload_ = false;
  if (control_) return closes_ ? Outcome::close : Outcome::more;
  if (!final_) return Outcome::more;
  in_message_ = false;
  return lost_ ? Outcome::dropped : Outcome::message;
}

}  // namespace mpsdscope

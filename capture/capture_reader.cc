#include <algorithm>
#include <utility>

#include "capture/capture_input.h"

namespace mpsdscope {

CaptureReader::CaptureReader(std::string name, CaptureFormat format,
                             std::unique_ptr<ByteSource> source, std::string copy_problem,
                             ChunkPool& pool)
    : name_(std::move(name)),
      source_(std::move(source)),
      copy_problem_(std::move(copy_problem)),
      parser_(make_capture_parser(format)),
      pool_(pool),
      chunk_(std::make_shared<Chunk>()) {}

bool CaptureReader::next(std::size_t max_packets, std::vector<Packet>& packets,
                         std::shared_ptr<Chunk>& chunk) {
  const std::size_t before = packets.size();
  while (!ended_) {
    CaptureStep step = parser_->parse(window(), before + max_packets, packets);
    begin_ += step.consumed;
    offset_ += step.consumed;
    if (packets.size() > before) {
      packets_ += packets.size() - before;
      chunk = chunk_;
      return true;
    }
    if (!step.damage.empty()) {
      end_with("damaged at byte " + std::to_string(offset_) + ": " + step.damage);
    } else if (!fill_window(step.wanted)) {
      // A read error is told as such; otherwise an end within something is a file cut short.
      if (!source_problem().empty()) {
        end_with(source_problem() + ", at byte " + std::to_string(offset_));
      } else if (!window().empty() || !parser_->may_end()) {
        end_with("cut short in the middle of a packet or block at byte " + std::to_string(offset_));
      }
      ended_ = true;
    }
  }
  chunk_ = std::make_shared<Chunk>();
  begin_ = end_ = 0;
  return false;
}

bool CaptureReader::fill_window(std::size_t wanted) {
  if (source_ended_) return false;
  // Packets still point into the old chunk: the rest of it moves to the front of another.
  const Bytes rest = window();
  std::shared_ptr<Chunk> chunk = pool_.take(wanted);
  std::copy(rest.begin(), rest.end(), chunk->begin());
  const std::span<std::uint8_t> room = std::span(*chunk).subspan(rest.size());
  const std::size_t filled = source_->read(room);
  source_ended_ = filled < room.size();
  end_ = rest.size() + filled;
  begin_ = 0;
  chunk_ = std::move(chunk);
  return end_ >= wanted;
}

void CaptureReader::end_with(const std::string& what) {
  problem_ = name_ + ": " + what + (source_->compressed() ? " of the decompressed data; " : "; ");
  problem_ += packets_ == 0 ? "no packet could be read"
                            : "the " + std::to_string(packets_) + " packets before it were read";
  ended_ = true;
}

}  // namespace mpsdscope

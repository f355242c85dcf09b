// Memory for packets: chunks that come back to be filled again, instead of fresh pages each time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace mpsdscope {

using Chunk = std::vector<std::uint8_t>;

class ChunkPool {
 public:
  // Chunks of `chunk_size` are kept for reuse, at most `max_idle` of them.
  explicit ChunkPool(std::size_t chunk_size, std::size_t max_idle = 16);

  std::size_t chunk_size() const { return chunk_size_; }
  // A chunk of at least `size` and of at least chunk_size() bytes, contents unspecified. When its
  // last owner lets go, on whatever thread, it returns to the pool, also after the pool is gone.
  std::shared_ptr<Chunk> take(std::size_t size = 0);

 private:
  struct Idle;
  std::size_t chunk_size_;
  std::shared_ptr<Idle> idle_;
};

}  // namespace mpsdscope

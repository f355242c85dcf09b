#include "capture/chunk_pool.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace mpsdscope {

struct ChunkPool::Idle {
  std::mutex mutex;
  std::vector<std::unique_ptr<Chunk>> chunks;
  std::size_t chunk_size = 0;
  std::size_t max_idle = 0;

  void give_back(std::unique_ptr<Chunk> chunk) {
    if (chunk->size() != chunk_size) return;
    const std::lock_guard lock(mutex);
    if (chunks.size() < max_idle) chunks.push_back(std::move(chunk));
  }
};

ChunkPool::ChunkPool(std::size_t chunk_size, std::size_t max_idle)
    : chunk_size_(chunk_size), idle_(std::make_shared<Idle>()) {
  idle_->chunk_size = chunk_size;
  idle_->max_idle = max_idle;
  idle_->chunks.reserve(max_idle);
}

std::shared_ptr<Chunk> ChunkPool::take(std::size_t size) {
  std::unique_ptr<Chunk> chunk;
  if (size <= chunk_size_) {
    const std::lock_guard lock(idle_->mutex);
    if (!idle_->chunks.empty()) {
      chunk = std::move(idle_->chunks.back());
      idle_->chunks.pop_back();
    }
  }
  if (!chunk) chunk = std::make_unique<Chunk>(std::max(size, chunk_size_));
  return {chunk.release(),
          [idle = idle_](Chunk* used) { idle->give_back(std::unique_ptr<Chunk>(used)); }};
}

}  // namespace mpsdscope

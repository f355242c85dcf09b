#include "capture/capture_files.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>

#include "capture/capture_input.h"

namespace mpsdscope {
namespace {

// What threads hand to each other moves from one processor's cache to another's, and what a batch
// becomes has to fit there: half and twice the size were no faster.
constexpr std::size_t kChunkSize = std::size_t{1} << 18;
constexpr std::size_t kMinChunkSize = std::size_t{64} << 10;
constexpr std::size_t kMaxChunksTotal = std::size_t{64} << 20;  // when all files are read at once
constexpr std::size_t kMaxBatchPackets = 8'192;
constexpr std::size_t kMaxBatchBytes = kChunkSize;

// A single file: a chunk of it is a batch.
class SingleFile final : public PacketSource {
 public:
  static Result<std::unique_ptr<PacketSource>> open(CaptureInput input) {
    std::unique_ptr<SingleFile> source(new SingleFile);
    Result<std::unique_ptr<CaptureReader>> reader = input.read(source->pool_);
    if (!reader) return reader.error();
    source->reader_ = std::move(*reader);
    source->total_ = input.size();
    return std::unique_ptr<PacketSource>(std::move(source));
  }

  Status next(PacketBatch& batch) override {
    batch.packets.clear();
    batch.storage.clear();
    batch.packets.reserve(last_count_ + last_count_ / 8);
    std::shared_ptr<Chunk> chunk;
    if (!reader_->next(kMaxBatchPackets, batch.packets, chunk)) return Status::end;
    last_count_ = batch.packets.size();
    batch.storage.push_back(std::move(chunk));
    return Status::batch;
  }

  std::uint64_t bytes_read() const override { return reader_->stored_bytes_read(); }
  std::uint64_t bytes_total() const override { return total_; }
  std::vector<std::string> problems() const override {
    if (reader_->problem().empty()) return {};
    return {reader_->problem()};
  }

 private:
  SingleFile() = default;

  ChunkPool pool_{kChunkSize};
  std::unique_ptr<CaptureReader> reader_;
  std::uint64_t total_ = 0;
  std::size_t last_count_ = 0;
};

// Several files, merged by time. A file is opened when its first packet's turn comes and closed at
// its end, so that a long series of files costs no more memory than those that overlap.
class MergedFiles final : public PacketSource {
 public:
  static Result<std::unique_ptr<PacketSource>> open(std::vector<CaptureInput> inputs,
                                                    std::vector<std::string> problems) {
    std::unique_ptr<MergedFiles> source(new MergedFiles(inputs.size()));
    source->problems_ = std::move(problems);
    for (CaptureInput& input : inputs) {
      const Result<Done> added = source->add(std::move(input));
      if (!added) return added.error();
    }
    return std::unique_ptr<PacketSource>(std::move(source));
  }

  Status next(PacketBatch& batch) override;

  std::uint64_t bytes_read() const override {
    std::uint64_t sum = closed_bytes_;
    for (const File& file : files_) {
      if (file.reader) sum += file.reader->stored_bytes_read();
    }
    return sum;
  }
  std::uint64_t bytes_total() const override { return total_; }
  std::vector<std::string> problems() const override { return problems_; }
  std::vector<std::string> inputs() const override {
    std::vector<std::string> names;
    for (const File& file : files_) names.push_back(file.input.name());
    return names;
  }

 private:
  struct File {
    explicit File(CaptureInput opened) : input(std::move(opened)) {}
    CaptureInput input;
    std::unique_ptr<CaptureReader> reader;  // null: not begun, or at its end
    std::vector<Packet> packets;            // read ahead
    std::size_t next = 0;                   // of packets
    std::shared_ptr<Chunk> chunk;           // that they point into
    std::uint64_t chunk_in_batch = 0;       // the last batch that was given the chunk
  };
  // The earliest packet of a file; the smallest is the next one to go.
  using Head = std::pair<CaptureTime, std::size_t>;

  explicit MergedFiles(std::size_t count)
      : pool_(std::clamp(kMaxChunksTotal / count, kMinChunkSize, kChunkSize)) {
    files_.reserve(count);
  }

  Result<Done> add(CaptureInput input);
  bool begin(File& file);
  bool read_on(File& file);
  void push(Head head);
  std::size_t pop();

  ChunkPool pool_;
  std::vector<File> files_;
  std::vector<Head> heads_;  // a heap
  std::uint64_t batches_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t total_ = 0;
  bool total_known_ = true;
  std::uint64_t closed_bytes_ = 0;
  std::vector<std::string> problems_;
};

Result<Done> MergedFiles::add(CaptureInput input) {
  total_known_ = total_known_ && input.size() > 0;
  total_ = total_known_ ? total_ + input.size() : 0;
  File& file = files_.emplace_back(std::move(input));
  Result<std::unique_ptr<CaptureReader>> reader = file.input.read(pool_);
  if (!reader) return reader.error();
  file.reader = std::move(*reader);
  if (!read_on(file)) return Done{};
  push({file.packets.front().time, files_.size() - 1});
  if (file.input.rereadable()) {
    file.reader.reset();
    file.packets = {};
    file.chunk.reset();
  }
  return Done{};
}

// Opens a file anew whose first packet was looked at before.
bool MergedFiles::begin(File& file) {
  Result<std::unique_ptr<CaptureReader>> reader = file.input.read(pool_);
  if (!reader) {
    problems_.push_back(reader.error().message);
    return false;
  }
  file.reader = std::move(*reader);
  return read_on(file);
}

bool MergedFiles::read_on(File& file) {
  file.packets.clear();
  file.next = 0;
  if (file.reader->next(kMaxBatchPackets, file.packets, file.chunk)) {
    file.chunk_in_batch = 0;
    return true;
  }
  if (!file.reader->problem().empty()) problems_.push_back(file.reader->problem());
  closed_bytes_ += file.reader->stored_bytes_read();
  file.reader.reset();
  file.packets = {};
  file.chunk.reset();
  return false;
}

void MergedFiles::push(Head head) {
  heads_.push_back(head);
  std::push_heap(heads_.begin(), heads_.end(), std::greater<>());
}

std::size_t MergedFiles::pop() {
  std::pop_heap(heads_.begin(), heads_.end(), std::greater<>());
  const std::size_t index = heads_.back().second;
  heads_.pop_back();
  return index;
}

PacketSource::Status MergedFiles::next(PacketBatch& batch) {
  batch.packets.clear();
  batch.storage.clear();
  ++batches_;
  std::size_t bytes = 0;
  while (!heads_.empty() && batch.packets.size() < kMaxBatchPackets && bytes < kMaxBatchBytes) {
    const std::size_t index = pop();
    File& file = files_[index];
    if (file.packets.empty() && !begin(file)) continue;
    // As long as this file stays the earliest, without a look at the heap.
    do {
      if (file.chunk_in_batch != batches_) {
        file.chunk_in_batch = batches_;
        batch.storage.push_back(file.chunk);
      }
      Packet& packet = batch.packets.emplace_back(file.packets[file.next++]);
      packet.number = ++count_;
      packet.input = static_cast<std::uint16_t>(index);
      bytes += packet.bytes.size();
      if (file.next == file.packets.size() && !read_on(file)) break;
    } while (batch.packets.size() < kMaxBatchPackets && bytes < kMaxBatchBytes &&
             (heads_.empty() || Head{file.packets[file.next].time, index} < heads_.front()));
    if (!file.packets.empty()) push({file.packets[file.next].time, index});
  }
  return batch.packets.empty() ? Status::end : Status::batch;
}

bool is_empty(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) &&
         std::filesystem::file_size(path, error) == 0 && !error;
}

}  // namespace

Result<std::unique_ptr<PacketSource>> open_capture_files(const std::vector<std::string>& paths,
                                                         KeyLog& keys) {
  if (paths.empty()) return Error{"no capture file was given"};
  if (std::count(paths.begin(), paths.end(), "-") > 1) {
    return Error{"standard input (-) can be given only once"};
  }
  std::vector<CaptureInput> inputs;
  inputs.reserve(paths.size());
  std::vector<std::string> problems;
  for (const std::string& path : paths) {
    Result<CaptureInput> input = CaptureInput::open(path, keys);
    if (input) {
      inputs.push_back(std::move(*input));
    } else if (is_empty(path) && problems.size() + 1 < paths.size()) {
      problems.push_back(input.error().message);
    } else {
      return input.error();
    }
  }
  if (inputs.size() == 1 && problems.empty()) return SingleFile::open(std::move(inputs.front()));
  return MergedFiles::open(std::move(inputs), std::move(problems));
}

}  // namespace mpsdscope

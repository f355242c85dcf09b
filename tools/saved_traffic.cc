#include "tools/saved_traffic.h"

#include <string>
#include <utility>
#include <vector>

#include "capture/pcapng_writer.h"

namespace mpsdscope {

SavedCapture::SavedCapture(LiveFile file, std::string_view application)
    : SharedFile(std::move(file)) {
  std::vector<std::uint8_t> head;
  pcapng::append_head(head, application);
  file_.write_first(as_text(head));
}

void SavedCapture::write(std::string_view secrets, Bytes blocks, std::uint64_t packets) {
  std::vector<std::uint8_t> block;
  if (!secrets.empty()) pcapng::append_secrets(block, secrets);
  const std::lock_guard lock(mutex_);
  if (!block.empty()) file_.write_first(as_text(block));
  file_.write(as_text(blocks), packets);
}

void SharedFile::close() {
  const std::lock_guard lock(mutex_);
  file_.close();
}

std::uint64_t SharedFile::lost() const {
  const std::lock_guard lock(mutex_);
  return file_.lost();
}

void SecretsFile::write(std::string_view line) {
  std::string record(line);
  record += '\n';
  const std::lock_guard lock(mutex_);
  file_.write(record, 1);
}

}  // namespace mpsdscope

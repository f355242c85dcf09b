#include <algorithm>

#include "decode/pcapng.h"

namespace mpsdscope {
namespace {

constexpr std::uint32_t kDecryptionSecretsBlock = 10;
constexpr std::uint32_t kTlsKeyLog = 0x544c534b;
constexpr std::size_t kBlockHeader = 8;
constexpr std::size_t kBlockOverhead = 12;
constexpr std::size_t kSecretsHeader = 8;  // secrets type, secrets length
// A key log of 200,000 connections; a larger one does not come in a single block.
constexpr std::size_t kMaxSecretsBlock = std::size_t{64} << 20;

}  // namespace

void SecretsScan::add_secrets(Bytes body, bool whole, KeyLog& keys) const {
  if (body.size() < kSecretsHeader || order_.u32(body.data()) != kTlsKeyLog) return;
  const std::size_t claimed = order_.u32(body.data() + 4);
  Bytes text = body.subspan(kSecretsHeader);
  text = text.first(std::min(claimed, text.size()));
  // A last line may do without its end, but not where the file was cut.
  if (!whole && text.size() < claimed) {
    const auto end = std::find(text.rbegin(), text.rend(), std::uint8_t{'\n'});
    text = text.first(static_cast<std::size_t>(text.rend() - end));
  }
  keys.add_text(as_text(text));
}

SecretsScan::Step SecretsScan::scan(Bytes window, bool last, KeyLog& keys) {
  Step step;
  while (step.advance < window.size()) {
    const Bytes rest = window.subspan(static_cast<std::size_t>(step.advance));
    step.wanted = kBlockOverhead;
    if (rest.size() < kBlockOverhead) return step;
    const std::uint32_t type = order_.u32(rest.data());
    if (type == kSectionHeaderBlock) order_ = FileOrder(rest[8] == 0x1a);
    const std::uint32_t length = order_.u32(rest.data() + 4);
    if (length < kBlockOverhead || length % 4 != 0) return {step.advance, 0};
    if (type == kDecryptionSecretsBlock && length <= kMaxSecretsBlock) {
      const bool whole = rest.size() >= length;
      if (!whole && !last) {
        step.wanted = length;
        return step;
      }
      add_secrets(rest.first(whole ? length - 4 : rest.size()).subspan(kBlockHeader), whole, keys);
    }
    step.advance += length;
  }
  step.wanted = kBlockOverhead;
  return step;
}

}  // namespace mpsdscope

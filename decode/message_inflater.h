// Decompresses the messages of one direction of a websocket: permessage-deflate (RFC 7692 §7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mpsdscope {

class MessageInflater {
 public:
  enum class Outcome : std::uint8_t { inflated, over_limit, damaged };

  // `takeover`: the window of a message goes on in the next one (§7.1.1).
  explicit MessageInflater(bool takeover);
  ~MessageInflater();

  // Replaces `out`, which gets at most `most` bytes. Without takeover every message starts anew;
  // with it none can be read after one that was not inflated.
  Outcome inflate(std::string_view compressed, std::size_t most, std::string& out);

  // What a window and its state take.
  static constexpr std::size_t kMemory = std::size_t{44} << 10;

 private:
  struct State;
  std::unique_ptr<State> state_;
  bool takeover_;
};

}  // namespace mpsdscope

// The terminal: paints what changed of a grid, reads keys. Gives it back as it was, also when the
// program crashes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "decode/result.h"
#include "tools/screen/grid.h"
#include "tools/screen/layout.h"
#include "tools/screen/screen_key.h"

namespace mpsdscope {

// One at a time; used by one thread.
class CursesTerminal {
 public:
  // Standard output must be a terminal; keys come from standard input, or, if that is none, from
  // the controlling terminal. Without `colour`: bold, dim and reversed only.
  static Result<std::unique_ptr<CursesTerminal>> open(bool colour);
  ~CursesTerminal();
  CursesTerminal(const CursesTerminal&) = delete;
  CursesTerminal& operator=(const CursesTerminal&) = delete;

  // As the terminal says now; what was painted is painted again if it changed.
  ScreenSize size();
  void paint(const Grid& grid);
  // All of it at the next painting.
  void forget();
  // Asks the terminal to tell of the mouse, or no more.
  void take_mouse(bool on);
  // Of the last key, if that was keys::kMouse: what it did, if it means anything here.
  std::optional<MouseEvent> mouse() const;
  // Without waiting. keys::kUnknown for what means nothing here.
  std::optional<Key> read_key();
  // Asks the terminal to put text into the clipboard (OSC 52). Terminals may refuse or not know it.
  void copy(std::string_view text);
  int key_fd() const;

 private:
  struct State;
  explicit CursesTerminal(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// OSC 52 with the text in base64 (RFC 4648 §4).
std::string clipboard_sequence(std::string_view text);

}  // namespace mpsdscope

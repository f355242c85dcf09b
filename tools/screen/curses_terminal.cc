#include "tools/screen/curses_terminal.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <langinfo.h>
#include <openssl/evp.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/screen/crash_restore.h"
#include "tools/terminal.h"

// Last: it defines macros with everyday names.
#define NCURSES_NOMACROS
#include <ncursesw/curses.h>
#include <ncursesw/term.h>
// term.h has more of them.
#undef lines
#undef columns

namespace mpsdscope {
namespace {

// As few as every terminal has; 0 is the default, which has pair 0.
constexpr std::array<short, 7> kColours{COLOR_RED,     COLOR_GREEN, COLOR_YELLOW, COLOR_BLUE,
                                        COLOR_MAGENTA, COLOR_CYAN,  COLOR_WHITE};

struct CursesStyle {
  attr_t attributes;
  short pair;  // index into kColours, plus 1
};

CursesStyle style_in_colour(Style style) {
  switch (style) {
    case Style::plain:
      return {A_NORMAL, 0};
    case Style::bold:
      return {A_BOLD, 0};
    case Style::dim:
      return {A_DIM, 0};
    case Style::red:
      return {A_NORMAL, 1};
    case Style::green:
      return {A_NORMAL, 2};
    case Style::yellow:
      return {A_NORMAL, 3};
    case Style::blue:
      return {A_NORMAL, 4};
    case Style::magenta:
      return {A_NORMAL, 5};
    case Style::cyan:
      return {A_NORMAL, 6};
    case Style::bold_red:
      return {A_BOLD, 1};
    case Style::bold_green:
      return {A_BOLD, 2};
  }
  return {A_NORMAL, 0};
}

struct KeyCode {
  int code;
  Key key;
};
constexpr std::array<KeyCode, 17> kKeyCodes{{{KEY_UP, keys::kUp},
                                             {KEY_MOUSE, keys::kMouse},
                                             {KEY_DOWN, keys::kDown},
                                             {KEY_LEFT, keys::kLeft},
                                             {KEY_RIGHT, keys::kRight},
                                             {KEY_PPAGE, keys::kPageUp},
                                             {KEY_NPAGE, keys::kPageDown},
                                             {KEY_HOME, keys::kHome},
                                             {KEY_END, keys::kEnd},
                                             {KEY_DC, keys::kRemove},
                                             {KEY_BTAB, keys::kBackTab},
                                             {KEY_ENTER, keys::kEnter},
                                             {KEY_BACKSPACE, keys::kBackspace},
                                             {KEY_FIND, keys::kHome},
                                             {KEY_SELECT, keys::kEnd},
                                             {KEY_SF, keys::kDown},
                                             {KEY_SR, keys::kUp}}};

Key key_of_code(wint_t code) {
  for (const KeyCode& known : kKeyCodes) {
    if (static_cast<wint_t>(known.code) == code) return known.key;
  }
  return keys::kUnknown;
}

Key key_of_character(wint_t character) {
  if (character == '\r') return keys::kEnter;
  if (character == 0x08) return keys::kBackspace;
  return static_cast<Key>(character);
}

std::optional<MouseEvent> read_mouse() {
  MEVENT event{};
  if (getmouse(&event) != OK || event.x < 0 || event.y < 0) return std::nullopt;
  MouseEvent did{MouseEvent::Kind::press, static_cast<std::size_t>(event.y),
                 static_cast<std::size_t>(event.x)};
  if ((event.bstate & BUTTON4_PRESSED) != 0) {
    did.kind = MouseEvent::Kind::wheel_up;
  } else if ((event.bstate & BUTTON5_PRESSED) != 0) {
    did.kind = MouseEvent::Kind::wheel_down;
  } else if ((event.bstate & BUTTON1_PRESSED) == 0) {
    return std::nullopt;
  }
  return did;
}

// Text is UTF-8 whatever the environment says; only characters and their widths depend on this.
void use_utf8() {
  if (std::setlocale(LC_CTYPE, "") != nullptr &&
      std::string_view(nl_langinfo(CODESET)) == "UTF-8") {
    return;
  }
  std::setlocale(LC_CTYPE, "C.UTF-8");
}

void append_capability(std::string& out, const char* capability) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): terminfo's mark of one that was cancelled.
  if (capability != nullptr && capability != reinterpret_cast<char*>(-1)) out += capability;
}

// Ends all that curses turned on, whatever it had drawn.
std::string restoring_sequence() {
  std::string sequence;
  append_capability(sequence, exit_attribute_mode);
  append_capability(sequence, keypad_local);
  // As curses asks for it (xterm's modes 1000 and 1006).
  if (key_mouse != nullptr) sequence += "\x1b[?1000l\x1b[?1006l";
  append_capability(sequence, cursor_normal);
  append_capability(sequence, exit_ca_mode);
  return sequence;
}

}  // namespace

struct CursesTerminal::State {
  FILE* out = nullptr;
  FILE* in = nullptr;
  SCREEN* screen = nullptr;
  bool colour = false;
  bool mouse = false;  // is asked for
  std::optional<MouseEvent> did;
  std::optional<CrashRestore> crash;
  Grid painted;
  ScreenSize size;

  ~State() {
    if (screen) {
      endwin();
      crash.reset();
      delscreen(screen);
    }
    if (out) std::fclose(out);
    if (in) std::fclose(in);
  }

  FILE* dup_open(int fd, const char* mode) const {
    const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    return copy < 0 ? nullptr : fdopen(copy, mode);
  }

  void put(std::size_t row, std::size_t column, const GridCell& cell) const {
    const CursesStyle style = style_in_colour(cell.ink.style);
    attr_t attributes = style.attributes;
    if (cell.ink.reversed) attributes |= A_REVERSE;
    cchar_t character{};
    const wchar_t text[] = {static_cast<wchar_t>(cell.code), 0};
    setcchar(&character, text, attributes, colour ? style.pair : short{0}, nullptr);
    mvadd_wch(static_cast<int>(row), static_cast<int>(column), &character);
  }
};

CursesTerminal::CursesTerminal(std::unique_ptr<State> state) : state_(std::move(state)) {}
CursesTerminal::~CursesTerminal() = default;

Result<std::unique_ptr<CursesTerminal>> CursesTerminal::open(bool colour) {
  if (!is_terminal(STDOUT_FILENO)) {
    return Error{"--screen needs a terminal: standard output is none"};
  }
  const char* type = std::getenv("TERM");
  if (type == nullptr || *type == '\0') {
    return Error{"--screen needs to know the terminal: the variable TERM is not set"};
  }
  use_utf8();
  auto state = std::make_unique<State>();
  state->out = state->dup_open(STDOUT_FILENO, "w");
  state->in =
      is_terminal(STDIN_FILENO) ? state->dup_open(STDIN_FILENO, "r") : std::fopen("/dev/tty", "re");
  if (!state->out || !state->in) {
    return Error{"--screen needs a terminal that keys can be read from"};
  }
  int error = 0;
  if (setupterm(type, fileno(state->out), &error) != OK) {
    return Error{"--screen does not know the terminal '" + std::string(type) +
                 "': set TERM, or install ncurses-term"};
  }
  state->crash.emplace(fileno(state->out), restoring_sequence());
  set_escdelay(25);  // milliseconds; the keys of a slow line come as one piece all the same
  state->screen = newterm(type, state->out, state->in);
  if (!state->screen) {
    return Error{"--screen cannot use the terminal '" + std::string(type) + "'"};
  }
  cbreak();
  noecho();
  nonl();
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  intrflush(stdscr, FALSE);
  curs_set(0);
  mouseinterval(0);  // a press is a press, not the beginning of a click
  leaveok(stdscr, TRUE);
  if (colour && has_colors()) {
    start_color();
    use_default_colors();
    for (std::size_t i = 0; i < kColours.size(); ++i) {
      init_pair(static_cast<short>(i + 1), kColours[i], -1);
    }
    state->colour = true;
  }
  return std::unique_ptr<CursesTerminal>(new CursesTerminal(std::move(state)));
}

ScreenSize CursesTerminal::size() {
  winsize window{};
  ScreenSize size{80, 24};
  if (ioctl(fileno(state_->out), TIOCGWINSZ, &window) == 0 && window.ws_col > 0) {
    size = {window.ws_col, window.ws_row};
  }
  size.width = std::min(size.width, Grid::kLongestSide);
  size.height = std::min(size.height, Grid::kLongestSide);
  if (!(size == state_->size)) {
    state_->size = size;
    resizeterm(static_cast<int>(size.height), static_cast<int>(size.width));
    forget();
  }
  return size;
}

void CursesTerminal::forget() {
  state_->painted = Grid();
  clearok(stdscr, TRUE);
}

void CursesTerminal::paint(const Grid& grid) {
  const Grid& before = state_->painted;
  const bool all = before.width() != grid.width() || before.height() != grid.height();
  if (all) werase(stdscr);
  for (std::size_t row = 0; row < grid.height(); ++row) {
    for (std::size_t column = 0; column < grid.width(); ++column) {
      const GridCell& cell = grid.at(row, column);
      // The right half of a wide character comes with its left one.
      if (cell.code == 0 || (!all && cell == before.at(row, column))) continue;
      state_->put(row, column, cell);
    }
  }
  state_->painted = grid;
  wrefresh(stdscr);
}

void CursesTerminal::take_mouse(bool on) {
  if (state_->mouse == on) return;
  state_->mouse = on;
  mousemask(on ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, nullptr);
}

std::optional<MouseEvent> CursesTerminal::mouse() const {
  return state_->did;
}

std::optional<Key> CursesTerminal::read_key() {
  wint_t input = 0;
  switch (get_wch(&input)) {
    case OK:
      return key_of_character(input);
    case KEY_CODE_YES:
      if (input == KEY_MOUSE) state_->did = read_mouse();
      return key_of_code(input);
    default:
      return std::nullopt;
  }
}

void CursesTerminal::copy(std::string_view text) {
  const std::string sequence = clipboard_sequence(text);
  std::fwrite(sequence.data(), 1, sequence.size(), state_->out);
  std::fflush(state_->out);
}

int CursesTerminal::key_fd() const {
  return fileno(state_->in);
}

std::string clipboard_sequence(std::string_view text) {
  std::string base64((text.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  base64.resize(static_cast<std::size_t>(length));
  return "\x1b]52;c;" + base64 + '\x07';
}

}  // namespace mpsdscope

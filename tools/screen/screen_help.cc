#include "tools/screen/screen_help.h"

#include <array>
#include <string_view>

#include "tools/text_width.h"

namespace mpsdscope {
namespace {

struct KeyHelp {
  std::string_view keys;
  std::string_view meaning;
};
constexpr std::array<KeyHelp, 18> kKeys{{
    {"up down, k j", "previous, next record; in other panes a line up, down"},
    {"b, space", "a page up, down (also PgUp, PgDn)"},
    {"g, G", "to the first, to the last (also Home, End)"},
    {"f", "follow: the newest record stays selected; moving away ends it"},
    {"p", "pause: the list stands still; everything is counted and kept on"},
    {"/", "filter: row:429 and user:28146; empty lists all again"},
    {"a", "list all, or only what the filter matches"},
    {"n, N", "next, previous match of the filter"},
    {"e, E", "next, previous violation"},
    {"tab", "next pane: log, titles, detail (Shift-Tab: the one before)"},
    {"enter, right, l", "the selected exchange in detail"},
    {"esc, left, h", "back to the log"},
    {"y", "copy the request as a curl command, secrets redacted"},
    {"m", "what the status line said: files, connections, troubles"},
    {"M", "the mouse scrolls and selects here, or is the terminal's (default)"},
    {"Ctrl-L", "draw everything again"},
    {"?", "this help"},
    {"q", "quit"},
}};
constexpr std::size_t kKeyColumn = 18;
constexpr std::array<std::string_view, 3> kNotes{
    {"Terms of filters: mpsdscope help filters.",
     "429/15s: share of 429s among the responses of the last 15 s; 5 MIN: the same in slices of "
     "10 s.",
     "BURST, SUST.: of the limits of 15 s and 300 s for each user and title, the greatest share "
     "that a user takes. Calls of the session directory are counted as they come, searches with "
     "them (its limits: 30 "
     "and 300, unless configured or said otherwise); other limits as the log tells, about once a "
     "minute, ≥ where there were more than it counts one by one. LIMIT: which one it is."}};

}  // namespace

std::vector<TextLine> screen_help_lines(std::size_t width) {
  TextLines lines(width, kKeyColumn);
  for (const KeyHelp& key : kKeys) lines.field(key.keys, key.meaning);
  lines.empty_line();
  for (const std::string_view note : kNotes) lines.paragraph(0, Style::dim, note);
  return lines.take();
}

std::string screen_keys_text() {
  std::string text = "Keys of the screen:";
  for (const KeyHelp& key : kKeys) {
    text += "\n  ";
    append_left(text, key.keys, kKeyColumn);
    text += key.meaning;
  }
  return text + '\n';
}

}  // namespace mpsdscope

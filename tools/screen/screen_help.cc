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
constexpr std::array<KeyHelp, 17> kKeys{{
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
    {"Ctrl-L", "draw everything again"},
    {"?", "this help"},
    {"q", "quit"},
}};
constexpr std::size_t kKeyColumn = 18;

}  // namespace

std::vector<TextLine> screen_help_lines() {
  std::vector<TextLine> lines;
  for (const KeyHelp& key : kKeys) {
    std::string keys;
    append_left(keys, key.keys, kKeyColumn);
    lines.push_back({{keys, Style::bold}, {std::string(key.meaning)}});
  }
  lines.emplace_back();
  lines.push_back({{"Filters: mpsdscope help filters", Style::dim}});
  lines.push_back({{"A user's share is of 30 calls in 15 s and 300 in 300 s, the limits of the"}});
  lines.push_back({{"session directory for each user and title; searches are counted with them."}});
  return lines;
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

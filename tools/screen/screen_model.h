// What the screen shows and how keys change it. No terminal, no clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/screen/layout.h"
#include "tools/screen/log_list.h"
#include "tools/screen/prompt.h"
#include "tools/screen/screen_feed.h"
#include "tools/screen/screen_key.h"
#include "tools/screen/text_lines.h"

namespace mpsdscope {

// What a key asks of whoever runs the screen.
struct ScreenEffect {
  bool quit = false;
  bool redraw = false;  // all of it: something else wrote to the terminal
  std::string copy;     // for the clipboard, "" : nothing
};

// Lines over the panes.
struct Popup {
  enum class Kind { help, messages, copied };
  Kind kind = Kind::help;
  std::string title;
  std::string text;  // what was copied
  std::vector<TextLine> lines;
  std::size_t first = 0;
};

class ScreenModel {
 public:
  explicit ScreenModel(const RecordStore::Bounds& bounds = {});

  void resize(ScreenSize size);
  // `since_start`: of a clock that never runs backwards; `behind`: how much later it is now than
  // the newest record.
  void take(ScreenBatch batch, Duration since_start, std::optional<Duration> behind);
  ScreenEffect key(Key key);
  // The wheel scrolls the pane beneath it; a press gives it the focus, and selects the record.
  void mouse(const MouseEvent& event);
  // Filters as typed in the prompt; false: it stays as it was.
  bool set_filter(const std::string& text);

  ScreenSize size() const { return size_; }
  const Layout& layout() const { return layout_; }
  Pane focus() const { return focus_; }
  // Else it is the terminal's, for selecting text.
  bool takes_mouse() const { return takes_mouse_; }
  const LogList& list() const { return list_; }
  const std::string& filter_text() const { return filter_text_; }
  const Prompt& prompt() const { return prompt_; }
  const std::optional<Popup>& popup() const { return popup_; }

  const std::vector<TitleLine>& titles() const { return titles_; }
  std::size_t first_title() const { return first_title_; }
  // Of the selected record, as wide as the detail pane.
  const std::vector<TextLine>& detail() const { return detail_; }
  std::size_t first_detail() const { return first_detail_; }

  const Totals& totals() const { return totals_; }
  std::uint64_t dropped() const { return dropped_; }
  const std::string& source() const { return source_; }
  bool ended() const { return ended_; }
  double records_per_second() const { return rate_; }
  const std::optional<Duration>& behind() const { return behind_; }
  // The latest message, for some seconds.
  const std::optional<std::pair<Severity, std::string>>& message() const { return message_; }

 private:
  struct Sample {
    Duration at;
    std::uint64_t records;
  };

  void lay_out();
  void update_rate(Duration now);
  void update_detail();
  void say(Severity severity, std::string text);
  ScreenEffect popup_key(Key key);
  void prompt_key(Key key);
  // False: it means nothing there.
  bool list_key(Key key);
  bool pane_key(Key key);
  bool scroll_key(Key key, std::size_t& first, std::size_t lines, std::size_t rows);
  ScreenEffect command_key(Key key);
  ScreenEffect copy();
  void open_popup(Popup::Kind kind, std::string title, std::string text = {});
  void lay_out_popup();
  std::optional<Pane> pane_at(std::size_t row, std::size_t column) const;
  void focus_on(Pane pane);
  void next_pane(int by);

  ScreenSize size_;
  Pane focus_ = Pane::log;
  bool takes_mouse_ = false;
  Layout layout_;
  LogList list_;
  std::string filter_text_;
  Prompt prompt_;
  std::optional<Popup> popup_;

  std::vector<TitleLine> titles_;
  std::size_t first_title_ = 0;
  std::vector<TextLine> detail_;
  std::size_t detail_fixed_ = 0;  // lines of it that are not of the session
  std::size_t first_detail_ = 0;
  struct DetailOf {
    std::uint64_t number = 0, end = 0;
    std::size_t width = 0;
    bool operator==(const DetailOf&) const = default;
  };
  std::optional<DetailOf> detail_of_;

  Totals totals_;
  std::uint64_t dropped_ = 0;
  std::string source_;
  bool ended_ = false;
  std::deque<Sample> samples_;
  double rate_ = 0;
  std::optional<Duration> behind_;
  Duration now_{};
  std::optional<std::pair<Severity, std::string>> message_;
  Duration message_until_{};
  std::deque<std::pair<Severity, std::string>> messages_;  // the latest ones
};

}  // namespace mpsdscope

// What keys do to the screen.
#include <algorithm>

#include "tools/escape.h"
#include "tools/screen/curl_command.h"
#include "tools/screen/screen_help.h"
#include "tools/screen/screen_model.h"

namespace mpsdscope {

ScreenEffect ScreenModel::key(Key key) {
  if (key == Key::redraw) return {false, true, {}};
  if (prompt_.is_open()) {
    prompt_key(key);
    return {};
  }
  if (popup_) return popup_key(key);
  const ScreenEffect effect = command_key(key);
  update_detail();
  return effect;
}

void ScreenModel::prompt_key(Key key) {
  if (prompt_.key(key) != Prompt::Outcome::accepted) return;
  if (set_filter(prompt_.text())) prompt_.close();
}

ScreenEffect ScreenModel::popup_key(Key key) {
  if (key == key_of('q') || key == Key::escape || key == Key::enter || key == key_of('?')) {
    popup_.reset();
    return {};
  }
  const std::size_t rows = size_.height > 4 ? size_.height - 4 : 1;
  scroll_key(key, popup_->first, popup_->lines.size(), rows);
  return {};
}

bool ScreenModel::list_key(Key key) {
  const auto page = static_cast<std::ptrdiff_t>(std::max<std::size_t>(list_.rows(), 2) - 1);
  switch (key) {
    case Key::up:
    case key_of('k'):
      return list_.move(-1), true;
    case Key::down:
    case key_of('j'):
      return list_.move(1), true;
    case Key::page_up:
    case key_of('b'):
      return list_.move(-page), true;
    case Key::page_down:
    case key_of(' '):
      return list_.move(page), true;
    case Key::home:
    case key_of('g'):
      return list_.to_begin(), true;
    case Key::end:
    case key_of('G'):
      return list_.to_end(), true;
    default:
      return false;
  }
}

bool ScreenModel::scroll_key(Key key, std::size_t& first, std::size_t lines, std::size_t rows) {
  const std::size_t last = lines - std::min(lines, rows);
  const std::size_t page = std::max<std::size_t>(rows, 2) - 1;
  switch (key) {
    case Key::up:
    case key_of('k'):
      first -= std::min<std::size_t>(first, 1);
      break;
    case Key::down:
    case key_of('j'):
      ++first;
      break;
    case Key::page_up:
    case key_of('b'):
      first -= std::min(first, page);
      break;
    case Key::page_down:
    case key_of(' '):
      first += page;
      break;
    case Key::home:
    case key_of('g'):
      first = 0;
      break;
    case Key::end:
    case key_of('G'):
      first = last;
      break;
    default:
      return false;
  }
  first = std::min(first, last);
  return true;
}

ScreenEffect ScreenModel::copy() {
  const auto selected = list_.selected();
  std::string command = selected ? curl_command(list_.store()[*selected]) : "";
  if (command.empty()) {
    say(Severity::info, "nothing to copy: no request is selected");
    return {};
  }
  TextLines lines(size_.width - std::min<std::size_t>(size_.width, 4));
  lines.paragraph(0, Style::plain, printable(command));
  lines.empty_line();
  lines.paragraph(0, Style::dim,
                  "Sent to the terminal's clipboard, if it lets programs write there. Secrets are "
                  "REDACTED: put your own in.");
  popup_.emplace(Popup{"curl", lines.take()});
  return {false, false, std::move(command)};
}

ScreenEffect ScreenModel::command_key(Key key) {
  const bool taken = focus_ == Pane::log ? list_key(key)
                     : focus_ == Pane::detail
                         ? scroll_key(key, first_detail_, detail_.size(), layout_.detail.height - 1)
                         : scroll_key(key, first_title_, titles_.size(), layout_.titles.height - 1);
  if (taken) return {};
  switch (key) {
    case key_of('q'):
      return {true, false, {}};
    case Key::tab:
      next_pane(1);
      break;
    case Key::back_tab:
      next_pane(-1);
      break;
    case Key::enter:
    case Key::right:
    case key_of('l'):
      focus_on(Pane::detail);
      break;
    case Key::escape:
    case Key::left:
    case key_of('h'):
      focus_on(Pane::log);
      break;
    case key_of('/'):
      prompt_.open(filter_text_);
      break;
    case key_of('a'):
      list_.show_all(!list_.shows_all());
      break;
    case key_of('n'):
      if (!list_.to_match(1)) say(Severity::info, "no further match");
      break;
    case key_of('N'):
      if (!list_.to_match(-1)) say(Severity::info, "no match before this one");
      break;
    case key_of('e'):
      if (!list_.to_problem(1)) say(Severity::info, "no further violation");
      break;
    case key_of('E'):
      if (!list_.to_problem(-1)) say(Severity::info, "no violation before this one");
      break;
    case key_of('f'):
      list_.follow(!list_.follows());
      break;
    case key_of('p'):
      list_.pause(!list_.paused());
      break;
    case key_of('y'):
      return copy();
    case key_of('?'):
      popup_.emplace(Popup{"keys", screen_help_lines()});
      break;
    default:
      break;
  }
  return {};
}

}  // namespace mpsdscope

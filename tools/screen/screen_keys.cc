// What keys do to the screen.
#include <algorithm>
#include <utility>

#include "tools/screen/curl_command.h"
#include "tools/screen/screen_model.h"

namespace mpsdscope {
namespace {

constexpr int kWheelLines = 3;  // of a notch

}  // namespace

ScreenEffect ScreenModel::key(Key key) {
  if (key == keys::kRedraw) return {false, true, {}};
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
  if (key == U'q' || key == keys::kEscape || key == keys::kEnter || key == U'?') {
    popup_.reset();
    return {};
  }
  const std::size_t rows = size_.height > 2 ? size_.height - 2 : 1;  // within the frame
  scroll_key(key, popup_->first, popup_->lines.size(), rows);
  return {};
}

bool ScreenModel::list_key(Key key) {
  const auto page = static_cast<std::ptrdiff_t>(std::max<std::size_t>(list_.rows(), 2) - 1);
  switch (key) {
    case keys::kUp:
    case U'k':
      return list_.move(-1), true;
    case keys::kDown:
    case U'j':
      return list_.move(1), true;
    case keys::kPageUp:
    case U'b':
      return list_.move(-page), true;
    case keys::kPageDown:
    case U' ':
      return list_.move(page), true;
    case keys::kHome:
    case U'g':
      return list_.to_begin(), true;
    case keys::kEnd:
    case U'G':
      return list_.to_end(), true;
    default:
      return false;
  }
}

bool ScreenModel::scroll_key(Key key, std::size_t& first, std::size_t lines, std::size_t rows) {
  const std::size_t last = lines - std::min(lines, rows);
  const std::size_t page = std::max<std::size_t>(rows, 2) - 1;
  first = std::min(first, last);
  switch (key) {
    case keys::kUp:
    case U'k':
      first -= std::min<std::size_t>(first, 1);
      break;
    case keys::kDown:
    case U'j':
      ++first;
      break;
    case keys::kPageUp:
    case U'b':
      first -= std::min(first, page);
      break;
    case keys::kPageDown:
    case U' ':
      first += page;
      break;
    case keys::kHome:
    case U'g':
      first = 0;
      break;
    case keys::kEnd:
    case U'G':
      first = last;
      break;
    default:
      return false;
  }
  first = std::min(first, last);
  return true;
}

// Of the panes that scroll.
bool ScreenModel::pane_key(Key key) {
  const auto rows = [](const Area& area, std::size_t headings) {
    return area.height - std::min(area.height, headings);
  };
  if (focus_ == Pane::detail) {
    return scroll_key(key, first_detail_, detail_.size(), rows(layout_.detail, 1));
  }
  return scroll_key(key, first_title_, titles_.size(), rows(layout_.titles, 2));
}

ScreenEffect ScreenModel::copy() {
  const auto selected = list_.selected();
  std::string command = selected ? curl_command(list_.store()[*selected]) : "";
  if (command.empty()) {
    say(Severity::info, "nothing to copy: no request is selected");
    return {};
  }
  open_popup(Popup::Kind::copied, "curl", command);
  return {false, false, std::move(command)};
}

std::optional<Pane> ScreenModel::pane_at(std::size_t row, std::size_t column) const {
  for (const Pane pane : {Pane::log, Pane::titles, Pane::detail}) {
    const Area& area = layout_.of(pane);
    if (row >= area.top && row - area.top < area.height && column >= area.left &&
        column - area.left < area.width) {
      return pane;
    }
  }
  return std::nullopt;
}

void ScreenModel::mouse(const MouseEvent& event) {
  const auto pane = pane_at(event.row, event.column);
  if (prompt_.is_open() || !pane) return;
  if (event.kind == MouseEvent::Kind::press) {
    if (popup_) return;
    focus_on(*pane);
    const std::size_t heading = layout_.log.top + 1;
    const std::size_t index = list_.top() + event.row - heading;
    if (*pane == Pane::log && event.row >= heading && index < list_.size()) {
      list_.move(static_cast<std::ptrdiff_t>(index) -
                 static_cast<std::ptrdiff_t>(list_.selected_index()));
    }
  } else {
    const Key key = event.kind == MouseEvent::Kind::wheel_up ? keys::kUp : keys::kDown;
    const Pane focused = std::exchange(focus_, *pane);
    for (int i = 0; i < kWheelLines; ++i) {
      if (popup_) {
        popup_key(key);
      } else if (*pane == Pane::log) {
        list_key(key);
      } else {
        pane_key(key);
      }
    }
    focus_ = focused;
  }
  update_detail();
}

ScreenEffect ScreenModel::command_key(Key key) {
  if (focus_ == Pane::log ? list_key(key) : pane_key(key)) return {};
  switch (key) {
    case U'q':
      return {true, false, {}};
    case keys::kTab:
      next_pane(1);
      break;
    case keys::kBackTab:
      next_pane(-1);
      break;
    case keys::kEnter:
    case keys::kRight:
    case U'l':
      focus_on(Pane::detail);
      break;
    case keys::kEscape:
    case keys::kLeft:
    case U'h':
      focus_on(Pane::log);
      break;
    case U'/':
      prompt_.open(filter_text_);
      break;
    case U'a':
      list_.show_all(!list_.shows_all());
      break;
    case U'n':
      if (!list_.to_match(1)) say(Severity::info, "no further match");
      break;
    case U'N':
      if (!list_.to_match(-1)) say(Severity::info, "no match before this one");
      break;
    case U'e':
      if (!list_.to_problem(1)) say(Severity::info, "no further violation");
      break;
    case U'E':
      if (!list_.to_problem(-1)) say(Severity::info, "no violation before this one");
      break;
    case U'f':
      list_.follow(!list_.follows());
      break;
    case U'p':
      list_.pause(!list_.paused());
      break;
    case U'y':
      return copy();
    case U'm':
      open_popup(Popup::Kind::messages, "messages");
      break;
    case U'M':
      takes_mouse_ = !takes_mouse_;
      say(Severity::info, takes_mouse_ ? "the mouse scrolls and selects; M gives it back"
                                       : "the mouse is the terminal's");
      break;
    case U'?':
      open_popup(Popup::Kind::help, "keys");
      break;
    default:
      break;
  }
  return {};
}

}  // namespace mpsdscope

// What stands over the panes: help, messages, what was copied.
#include <algorithm>

#include "tools/escape.h"
#include "tools/screen/screen_help.h"
#include "tools/screen/screen_model.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kFrame = 4;  // columns of the frame and its margins

}  // namespace

void ScreenModel::open_popup(Popup::Kind kind, std::string title, std::string text) {
  popup_.emplace(Popup{kind, std::move(title), std::move(text), {}, 0});
  lay_out_popup();
  // The latest message is the last one.
  if (kind == Popup::Kind::messages) popup_->first = popup_->lines.size();
}

void ScreenModel::lay_out_popup() {
  const std::size_t width = std::max<std::size_t>(size_.width, kFrame + 1) - kFrame;
  TextLines lines(width);
  switch (popup_->kind) {
    case Popup::Kind::help:
      popup_->lines = screen_help_lines(width);
      return;
    case Popup::Kind::copied:
      lines.paragraph(0, Style::plain, printable(popup_->text));
      lines.empty_line();
      lines.paragraph(0, Style::dim,
                      "Sent to the terminal's clipboard, if it lets programs write there. Secrets "
                      "are REDACTED: put your own in.");
      break;
    case Popup::Kind::messages:
      for (const auto& [severity, text] : messages_) {
        const bool quiet = severity == Severity::info || severity == Severity::off;
        lines.paragraph(0, quiet ? Style::plain : style_of(severity), printable(text));
      }
      if (messages_.empty()) lines.paragraph(0, Style::dim, "No message yet.");
  }
  popup_->lines = lines.take();
}

}  // namespace mpsdscope

#include "tools/pretty_sessions.h"

#include <algorithm>

#include <fmt/format.h>

#include "rules/call.h"
#include "tools/escape.h"
#include "tools/pretty_text.h"
#include "tools/redact.h"
#include "tools/story_text.h"
#include "tools/text_width.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kTimeWidth = 12;
constexpr std::size_t kWidestUser = 16;  // an XUID
constexpr std::size_t kLeastWhat = 24;
constexpr std::size_t kGap = 2;

Style style_of(StoryEventKind kind) {
  switch (kind) {
    case StoryEventKind::created:
    case StoryEventKind::deleted:
      return Style::bold;
    case StoryEventKind::conflict:
      return Style::yellow;
    case StoryEventKind::refused:
    case StoryEventKind::failed:
    case StoryEventKind::unanswered:
      return Style::red;
    case StoryEventKind::throttled:
      return Style::magenta;
    case StoryEventKind::dry_run:
      return Style::dim;
    case StoryEventKind::told:
      return Style::cyan;
    default:
      return Style::plain;
  }
}

class SessionText {
 public:
  SessionText(std::string& out, const PrettyOptions& options, const Story& story)
      : out_(out), options_(options), story_(story), paint_(options.colour) {
    for (const StoryEvent& event : story.events) {
      user_ = std::max(user_, columns_of(user_text(event.actor.user)));
      etag_ = std::max(etag_, columns_of(short_etag(event.etag)));
    }
    user_ = std::min(user_, kWidestUser);
    const std::size_t used = indent_of_what() + (etag_ > 0 ? kGap + etag_ : 0);
    const std::size_t left = options.width - std::min(options.width, used);
    narrow_ = left < kLeastWhat;
    if (!narrow_) {
      what_ = left;
      return;
    }
    what_ = options.width - std::min(options.width - 1, 2 * kIndent);
    const std::size_t before = kIndent + kTimeWidth + kGap;
    user_ = std::min(user_, options.width - std::min(options.width - 1, before));
  }

  void append() {
    append_heading(out_, options_, "Session " + name(story_.name.session));
    append_facts();
    std::string date;
    for (const StoryEvent& event : story_.events) {
      if (std::string day = date_of(event.at); day != date) {
        date = std::move(day);
        line(date, Style::dim);
      }
      append_event(event);
    }
  }

 private:
  static std::string name(std::string_view text) { return printable(redacted_name(text)); }
  std::size_t indent_of_what() const { return kIndent + kTimeWidth + kGap + user_ + kGap; }
  void line(std::string_view text, Style style = Style::plain) {
    append_paragraph(out_, options_, kIndent, style, text);
  }

  void append_facts() {
    line(fmt::format("template {}, scid {}", name(story_.name.template_name),
                     name(story_.name.scid)),
         Style::dim);
    if (!story_.existed) return line("no answer showed that it exists", Style::dim);
    const auto when = [](const char* what, CaptureTime at, const Actor& by) {
      return fmt::format("{} {} by {}", what, time_of_day(at), user_text(by.user));
    };
    std::string text = story_.created_at ? when("created", *story_.created_at, story_.created_by)
                                         : "created before it was first seen";
    text += ", " + (story_.deleted_at ? when("deleted", *story_.deleted_at, story_.deleted_by)
                                      : std::string("not deleted"));
    text += ", " + counted(story_.changes, "change");
    line(text);
    std::vector<std::string> writers;
    for (const Writer& writer : story_.writers) {
      const auto title = writer.actor.title_id;
      writers.push_back(fmt::format("{} ({}{})", user_text(writer.actor.user),
                                    title ? format_title_id(*title) + ", " : "",
                                    counted(writer.writes, "write")));
    }
    if (!writers.empty()) line("written by " + joined(writers));
    append_conflicts();
    if (story_.dropped > 0) {
      line(counted(story_.dropped, "earlier event") + " left out: too many, or too old",
           Style::yellow);
    }
  }

  void append_conflicts() {
    std::uint64_t all = 0;
    std::vector<std::string> ends;
    for (std::size_t i = 0; i < story_.resolutions.size(); ++i) {
      if (story_.resolutions[i] == 0) continue;
      all += story_.resolutions[i];
      ends.push_back(fmt::format("{} {}", thousands(story_.resolutions[i]),
                                 short_text(static_cast<Resolution>(i))));
    }
    if (all > 0) line(counted(all, "conflict") + ": " + joined(ends), Style::yellow);
  }

  void append_event(const StoryEvent& event) {
    const std::vector<std::string> lines = wrap_words(event_text(event), options_.wrap ? what_ : 0);
    const std::string etag = short_etag(event.etag);
    out_.append(kIndent, ' ');
    paint_.append(out_, Style::dim, time_of_day(event.at));
    out_.append(kGap, ' ');
    append_left(out_, cut_begin(user_text(event.actor.user), user_), narrow_ ? 0 : user_ + kGap);
    if (narrow_) break_line();
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (i > 0) break_line();
      paint_.append(out_, style_of(event.kind), lines[i]);
      if (i > 0 || etag.empty() || narrow_) continue;
      const std::size_t columns = columns_of(lines[i]);
      out_.append(std::max(what_, columns) - columns + kGap, ' ');
      paint_.append(out_, Style::dim, etag);
    }
    if (narrow_ && !etag.empty()) {
      break_line();
      paint_.append(out_, Style::dim, cut_middle(etag, what_));
    }
    out_ += '\n';
  }

  void break_line() { out_.append("\n").append(narrow_ ? 2 * kIndent : indent_of_what(), ' '); }

  std::string& out_;
  const PrettyOptions& options_;
  const Story& story_;
  Paint paint_;
  std::size_t user_ = 1;
  std::size_t etag_ = 0;
  std::size_t what_ = 0;
  bool narrow_ = false;  // what happened stands below time and user
};

}  // namespace

void append_session(std::string& out, const PrettyOptions& options, const Story& story) {
  SessionText(out, options, story).append();
}

}  // namespace mpsdscope

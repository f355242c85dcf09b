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
constexpr std::size_t kWidestEtag = 38;  // a GUID in quotes
constexpr std::size_t kLeastEtag = 9;
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
      etag_ = std::max(etag_, columns_of(etag_text(event)));
    }
    user_ = std::min(user_, kWidestUser);
    etag_ = std::min(etag_, kWidestEtag);
    const auto left = [&] {
      const std::size_t used = kIndent + kTimeWidth + kGap + user_ + kGap + etag_ + kGap;
      return options.width - std::min(options.width, used);
    };
    // The entity-tag gives way to what happened: its end tells it from others.
    if (left() < options.width / 3) {
      const std::size_t missing = options.width / 3 - left();
      etag_ = std::max(std::min(etag_, kLeastEtag), etag_ - std::min(etag_, missing));
    }
    what_ = std::max(left(), kLeastWhat);
    narrow_ = left() < kLeastWhat;
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
  static std::string etag_text(const StoryEvent& event) { return name(event.etag); }
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
    const std::string user = cut_begin(user_text(event.actor.user), user_);
    const std::string etag = cut_middle(etag_text(event), etag_);
    out_.append(kIndent, ' ');
    paint_.append(out_, Style::dim, time_of_day(event.at));
    out_.append(kGap, ' ');
    append_left(out_, user, user_);
    if (narrow_) {
      out_ += '\n';
      for (const std::string& text : lines) append_what(event, text, 2 * kIndent);
      return;
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::size_t indent = i == 0 ? kGap : kIndent + kTimeWidth + kGap + user_ + kGap;
      out_.append(indent, ' ');
      paint_.append(out_, style_of(event.kind), lines[i]);
      if (i == 0 && !etag.empty()) {
        const std::size_t columns = columns_of(lines[i]);
        out_.append(std::max(what_, columns) - columns + kGap, ' ');
        paint_.append(out_, Style::dim, etag);
      }
      out_ += '\n';
    }
  }

  void append_what(const StoryEvent& event, std::string_view text, std::size_t indent) {
    out_.append(indent, ' ');
    paint_.append(out_, style_of(event.kind), text);
    out_ += '\n';
  }

  std::string& out_;
  const PrettyOptions& options_;
  const Story& story_;
  Paint paint_;
  std::size_t user_ = 1;
  std::size_t etag_ = 0;
  std::size_t what_ = 0;
  bool narrow_ = false;  // what happened stands on lines of its own
};

}  // namespace

void append_session(std::string& out, const PrettyOptions& options, const Story& story) {
  SessionText(out, options, story).append();
}

}  // namespace mpsdscope

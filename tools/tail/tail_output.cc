#include "tools/tail/tail_output.h"

#include <algorithm>
#include <utility>

#include "tools/escape.h"
#include "tools/pretty_text.h"
#include "tools/run_capture.h"
#include "tools/terminal.h"
#include "tools/utf8.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kRows = 24;

bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f;
}

}  // namespace

TailOutput::TailOutput(const OutputOptions& options, int fd)
    : options_(options),
      fd_(fd),
      format_(format_of(options, fd)),
      terminal_(is_terminal(fd)),
      sink_([fd](std::string_view text) { return write_all(fd, text); }, false),
      pretty_(pretty_options(options, fd)),
      lines_(pretty_) {
  fit();
}

// The terminal may have another size by now.
void TailOutput::fit() {
  if (!terminal_) return;
  rows_ = terminal_height(fd_, kRows);
  const PrettyOptions now = pretty_options(options_, fd_);
  if (now.width == pretty_.width) return;
  pretty_ = now;
  lines_ = PrettyLines(pretty_);
}

void TailOutput::list(LogEntry& entry) {
  if (format_ == Format::jsonl) {
    append_log_line(sink_.text(), entry.line);
    sink_.commit();
  } else if (terminal_ && entry.fresh) {
    frame_.push_back(std::move(entry.record));
    if (frame_.size() <= rows_) return;
    frame_.pop_front();
    ++hidden_;
  } else {
    append(entry.record);
  }
}

void TailOutput::append(const Record& record) {
  lines_.append(sink_.text(), record);
  sink_.commit();
}

Duration TailOutput::until_due(CaptureTime now) const {
  if (!terminal_ || drawn_ == CaptureTime::min()) return {};
  return std::max(Duration::zero(), drawn_ + kFrame - now);
}

void TailOutput::draw(CaptureTime now) {
  fit();
  if (hidden_ > 0) {
    append_paragraph(sink_.text(), pretty_, 0, Style::yellow,
                     "… " + counted(hidden_, "record") +
                         " more than can be read, not shown; --filter lists fewer");
  }
  for (const Record& record : frame_) append(record);
  frame_.clear();
  hidden_ = 0;
  sink_.flush();
  drawn_ = now;
}

void append_log_line(std::string& out, std::string_view line) {
  if (std::none_of(line.begin(), line.end(), needs_escape)) {
    out.append(line) += '\n';
    return;
  }
  for (std::size_t at = 0; at < line.size();) {
    const CodePoint code = code_point_at(line, at);
    const std::string_view bytes = line.substr(at, code.length);
    if (code.valid && !is_invisible_control(code.value)) {
      out.append(bytes);
    } else if (code.value < 0x20) {
      out += ' ';  // whitespace between tokens: within a string it would be no JSON
    } else {
      std::string quoted;
      append_json_string(quoted, bytes);
      out.append(quoted, 1, quoted.size() - 2);
    }
    at += code.length;
  }
  out += '\n';
}

}  // namespace mpsdscope
